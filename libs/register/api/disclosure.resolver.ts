import {
  Args,
  Field,
  GraphQLISODateTime,
  ID,
  InputType,
  Mutation,
  ObjectType,
  Query,
  registerEnumType,
  Resolver,
} from '@nestjs/graphql';
import {
  Access,
  afterId,
  ConnectionOf,
  CurrentParty,
  fromGlobalId,
  PageArgs,
  pageOf,
  toConnection,
  toGlobalId,
  type Actor,
} from '@aceso/platform/graphql';
import type { DisclosureRow } from '../access/disclosure-rows';
import { DISCLOSURE_DAYS, DisclosureService } from '../access/disclosure.service';
import { toFilter, toHandle } from './record.type';

export enum DisclosureKindCode {
  COURT_ORDER = 'court-order',
  PUBLIC_HEALTH = 'public-health',
  ACCESS_BODY = 'access-body',
}

registerEnumType(DisclosureKindCode, {
  name: 'DisclosureKind',
  description: 'What law a disclosure without consent rests on.',
  valuesMap: {
    COURT_ORDER: { description: 'A court has ordered it.' },
    PUBLIC_HEALTH: { description: 'A duty to report to a health authority.' },
    ACCESS_BODY: { description: 'A permit of a health data access body.' },
  },
});

@InputType('DisclosureInput', { description: 'What law makes the instance hand over.' })
export class DisclosureInput {
  @Field(() => String, { nullable: true, description: 'The source record of the patient, as statements name it.' })
  sourceRecord?: string | null;

  @Field(() => ID, { nullable: true, description: 'Or the id of the patient.' })
  patient?: string | null;

  @Field(() => DisclosureKindCode, { description: 'What it rests on.' })
  kind: DisclosureKindCode;

  @Field(() => String, { description: 'File number of the order or name of the law; no name of a person.' })
  reference: string;

  @Field(() => [String], { nullable: true, description: 'FHIR resource types that are named; all without it.' })
  types?: string[] | null;
}

@ObjectType('Disclosure', { description: 'What left, or is to leave, outside the consent of its patient.' })
export class DisclosureType {
  @Field(() => ID, { description: 'Opaque id.' })
  id: string;

  @Field(() => DisclosureKindCode, { description: 'What it rests on.' })
  kind: DisclosureKindCode;

  @Field(() => String, { description: 'File number of the order or name of the law.' })
  reference: string;

  @Field(() => [String], { nullable: true, description: 'FHIR resource types; all when null.' })
  types: string[] | null;

  @Field(() => ID, { description: 'The officer who proposed it.' })
  proposedBy: string;

  @Field(() => GraphQLISODateTime, { description: 'When it was proposed.' })
  proposedAt: Date;

  @Field(() => ID, { nullable: true, description: 'The officer who approved it; null until then.' })
  approvedBy: string | null;

  @Field(() => GraphQLISODateTime, { nullable: true, description: 'When it was approved; null until then.' })
  approvedAt: Date | null;
}

@ObjectType({ description: 'Disclosures outside consent, newest first.' })
export class DisclosureConnection extends ConnectionOf(DisclosureType, 'Disclosure') {}

/** Disclosures outside consent: two officers, and the patient looks on. */
@Resolver()
export class DisclosureResolver {
  constructor(private readonly service: DisclosureService) {}

  @Access('officer')
  @Mutation(() => ID, {
    description:
      'Proposes a disclosure outside consent: nothing leaves until another officer approves it. The patient sees it at once.',
  })
  async proposeDisclosure(
    @CurrentParty() actor: Actor,
    @Args('input', { type: () => DisclosureInput, description: 'What, of whom, and why.' }) input: DisclosureInput,
  ): Promise<string> {
    const { sourceRecord, patient, kind, reference, types } = input;
    const of = toHandle({ ...(sourceRecord && { sourceRecord }), ...(patient && { patient }) });
    const named = toFilter({ types: types ?? null }).types ?? null;
    return toGlobalId('Disclosure', (await this.service.propose(actor, { of, kind, reference, types: named })).id);
  }

  @Access('officer')
  @Mutation(() => Boolean, {
    description: `Approves what another officer proposed; for ${DISCLOSURE_DAYS} days both may fetch \`/disclosures/{id}\`.`,
  })
  async approveDisclosure(
    @CurrentParty() actor: Actor,
    @Args('id', { type: () => ID, description: 'Opaque id.' }) id: string,
  ): Promise<boolean> {
    await this.service.approve(actor, fromGlobalId('Disclosure', id));
    return true;
  }

  @Access('patient', 'officer')
  @Query(() => DisclosureConnection, {
    name: 'disclosures',
    description: 'Disclosures outside consent: about the acting patient, or all for a compliance officer.',
  })
  async listed(@CurrentParty() actor: Actor, @Args() args: PageArgs): Promise<DisclosureConnection> {
    const page = pageOf(args);
    const rows = await this.service.list(actor, { limit: page.limit + 1, after: afterId(page) });
    return toConnection(rows, page, { cursorOf: ({ id }) => [id], toNode: toDisclosureType });
  }
}

function toDisclosureType(row: DisclosureRow): DisclosureType {
  const { id, kind, reference, types, proposedBy, proposedAt, approvedBy, approvedAt } = row;
  return {
    id: toGlobalId('Disclosure', id),
    kind: kind as DisclosureKindCode,
    reference,
    types: types && [...types],
    proposedBy: toGlobalId('Party', proposedBy),
    proposedAt,
    approvedBy: approvedBy && toGlobalId('Party', approvedBy),
    approvedAt,
  };
}
