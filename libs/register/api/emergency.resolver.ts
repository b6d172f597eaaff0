import { Args, ID, Mutation, Query, Resolver } from '@nestjs/graphql';
import {
  Access,
  afterId,
  CurrentParty,
  fromGlobalId,
  PageArgs,
  pageOf,
  toConnection,
  toGlobalId,
  type Actor,
} from '@aceso/platform/graphql';
import {
  EMERGENCY_HOURS,
  EMERGENCY_REVIEW_HOURS,
  EMERGENCY_TEXT_LENGTH_MAX,
  EMERGENCY_TEXT_LENGTH_MIN,
  EmergencyService,
  type Emergency,
} from '../access/emergency.service';
import type { EmergencyPage } from '../access/emergency-rows';
import {
  EmergencyConnection,
  EmergencyDecisionCode,
  EmergencyOpenedType,
  EmergencyReasonCode,
  PatientHandleInput,
  toHandle,
  type EmergencyType,
} from './record.type';

/** Break-glass: physicians open it, patients see it, officers review it. */
@Resolver()
export class EmergencyResolver {
  constructor(private readonly emergencies: EmergencyService) {}

  @Access('physician')
  @Mutation(() => EmergencyOpenedType, {
    description:
      `Breaks the glass: the acting physician may read for ${EMERGENCY_HOURS} hours unless a rule of the patient forbids it. ` +
      `The patient sees it at once; it is reviewed within ${EMERGENCY_REVIEW_HOURS} hours.`,
  })
  async openEmergency(
    @CurrentParty() actor: Actor,
    @Args('of', { type: () => PatientHandleInput, description: 'The patient.' }) of: PatientHandleInput,
    @Args('reason', { type: () => EmergencyReasonCode, description: 'Why.' }) reason: EmergencyReasonCode,
    @Args('text', {
      type: () => String,
      description: `The same in words, ${EMERGENCY_TEXT_LENGTH_MIN} to ${EMERGENCY_TEXT_LENGTH_MAX} characters.`,
    })
    text: string,
  ): Promise<EmergencyOpenedType> {
    const { id, expiresAt } = await this.emergencies.open(actor, { handle: toHandle(of), reason, text });
    return { id: toGlobalId('Emergency', id), expiresAt };
  }

  @Access('patient')
  @Query(() => EmergencyConnection, {
    description: 'Emergencies in which somebody read the acting patient, newest first.',
  })
  async myEmergencies(@CurrentParty() actor: Actor, @Args() args: PageArgs): Promise<EmergencyConnection> {
    return this.list(actor, args, 'own');
  }

  @Access('officer')
  @Query(() => EmergencyConnection, { description: 'Emergencies that wait for their review, the oldest first.' })
  async emergenciesToReview(@CurrentParty() actor: Actor, @Args() args: PageArgs): Promise<EmergencyConnection> {
    return this.list(actor, args, 'unreviewed');
  }

  @Access('officer')
  @Mutation(() => Boolean, { description: 'Records what the acting officer finds; the patient sees it.' })
  async reviewEmergency(
    @CurrentParty() actor: Actor,
    @Args('id', { type: () => ID, description: 'Opaque id.' }) id: string,
    @Args('decision', { type: () => EmergencyDecisionCode, description: 'What is found.' })
    decision: EmergencyDecisionCode,
  ): Promise<boolean> {
    await this.emergencies.review(actor, fromGlobalId('Emergency', id), decision);
    return true;
  }

  private async list(actor: Actor, args: PageArgs, of: EmergencyPage['of']): Promise<EmergencyConnection> {
    const page = pageOf(args);
    const rows = await this.emergencies.list(actor, { of, limit: page.limit + 1, after: afterId(page) });
    return toConnection(rows, page, { cursorOf: ({ id }) => [id], toNode: toEmergencyType });
  }
}

function toEmergencyType({ id, physicianId, providerId, reason, decision, ...rest }: Emergency): EmergencyType {
  const { text, openedAt, expiresAt, reviewDueAt } = rest;
  return {
    id: toGlobalId('Emergency', id),
    physician: toGlobalId('Party', physicianId),
    provider: toGlobalId('Party', providerId),
    reason: reason as EmergencyReasonCode,
    decision: decision as EmergencyDecisionCode | null,
    text,
    openedAt,
    expiresAt,
    reviewDueAt,
  };
}
