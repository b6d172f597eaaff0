import { Field, GraphQLISODateTime, ID, Int, ObjectType, registerEnumType } from '@nestjs/graphql';
import { ConnectionOf, toGlobalId } from '@aceso/platform/graphql';
import type { Licence } from '../licence-list';
import type { LicenceAnswer } from '../licence.service';
import type { LicenceProposal, LicenceStep } from '../data/licence-rows';

export enum LicenceStateType {
  ISSUED = 'issued',
  SUSPENDED = 'suspended',
  APPEALED = 'appealed',
  REINSTATED = 'reinstated',
  REVOKED = 'revoked',
}
registerEnumType(LicenceStateType, {
  name: 'LicenceState',
  description: 'Where a licence stands. A freeze that has ended by itself was none: the state before it stands again.',
  valuesMap: {
    ISSUED: { description: 'Issued, at the registration or by two officers anew.' },
    SUSPENDED: { description: 'Frozen: its party writes nothing, and nothing leaves to or from it.' },
    APPEALED: { description: 'Frozen, and its party asked for a second look.' },
    REINSTATED: { description: 'Given back by two officers.' },
    REVOKED: { description: 'Ended by two officers.' },
  },
});

@ObjectType('LicenceStep', { description: 'One step of a licence; no step is ever changed.' })
export class LicenceStepType {
  @Field(() => Int, { description: 'Counted from 1; an appeal names it.' })
  number: number;

  @Field(() => LicenceStateType, { description: 'The state after it.' })
  state: LicenceStateType;

  @Field(() => GraphQLISODateTime, { description: 'When it was taken.' })
  at: Date;

  @Field(() => GraphQLISODateTime, {
    nullable: true,
    description: 'When the freeze of one officer ends by itself; null where only two officers end it.',
  })
  until: Date | null;

  @Field(() => String, { nullable: true, description: 'Why, as a word of the list in the reference of statements.' })
  reason: string | null;
}

@ObjectType('LicenceProposal', { description: 'What an officer proposed and another one has to confirm.' })
export class LicenceProposalType {
  @Field(() => String, { description: 'Digest of the statement: what a confirmation names.' })
  statement: string;

  @Field(() => LicenceStateType, { description: 'The proposed state.' })
  step: LicenceStateType;

  @Field(() => String, { description: 'Why.' })
  reason: string;

  @Field(() => ID, { description: 'The officer, who does not confirm it.' })
  proposedBy: string;

  @Field(() => GraphQLISODateTime, { description: 'Until when it can be confirmed.' })
  expiresAt: Date;
}

@ObjectType('Licence', {
  description: 'What a party may be here: a provider, physician or research center by licence.',
})
export class LicenceType {
  @Field(() => ID, { description: 'The party.' })
  party: string;

  @Field(() => String, { description: 'provider, physician, research-center; person for a patient who was frozen.' })
  kind: string;

  @Field(() => LicenceStateType, { description: 'Where it stands now.' })
  state: LicenceStateType;

  @Field(() => Boolean, { description: 'Whether the party may act now.' })
  active: boolean;

  @Field(() => [LicenceStepType], { description: 'The newest steps, the newest first, at most 20.' })
  steps: LicenceStepType[];

  @Field(() => [LicenceProposalType], { description: 'What waits for a second officer; officers alone see it.' })
  proposals: LicenceProposalType[];
}

@ObjectType({ description: 'Licences, by party.' })
export class LicenceConnection extends ConnectionOf(LicenceType, 'Licence') {}

@ObjectType('LicenceAnswer', { description: 'What became of a statement about a licence.' })
export class LicenceAnswerType {
  @Field(() => ID, { description: 'The party.' })
  party: string;

  @Field(() => String, { description: 'Digest of the statement.' })
  statement: string;

  @Field({
    description:
      'False while it waits for a second officer: as every step but a freeze does, and a freeze soon after one that nobody confirmed.',
  })
  inEffect: boolean;
}

/** A licence as its party and officers see it. */
export function toLicenceType({ partyId, kind, state, active, steps, proposals }: Licence): LicenceType {
  return {
    party: toGlobalId('Party', partyId),
    kind,
    state: state as LicenceStateType,
    active,
    steps: steps.map(toStepType),
    proposals: proposals.map(toProposalType),
  };
}

function toStepType({ number, state, at, until, reason }: LicenceStep): LicenceStepType {
  return { number, state: state as LicenceStateType, at, until, reason };
}

function toProposalType({ digest, step, reason, proposedBy, expiresAt }: LicenceProposal): LicenceProposalType {
  const officer = toGlobalId('Party', proposedBy);
  return { statement: digest, step: step as LicenceStateType, reason, proposedBy: officer, expiresAt };
}

export function toLicenceAnswerType({ partyId, statement, inEffect }: LicenceAnswer): LicenceAnswerType {
  return { party: toGlobalId('Party', partyId), statement, inEffect };
}
