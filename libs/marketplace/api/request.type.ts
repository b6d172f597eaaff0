import { canonicalJson } from '@aceso/kernel';
import { Field, GraphQLISODateTime, ID, Int, ObjectType } from '@nestjs/graphql';
import { ConnectionOf, MoneyType, toGlobalId, toMoneyType } from '@aceso/platform/graphql';
import type { Decision, Quote, RequestState } from '../domain';
import type { RequestView } from '../request-catalogue';
import { Decisions, RequestStates } from './states';

@ObjectType('RequestDecision', { description: "A compliance officer's decision on the newest version." })
export class RequestDecisionType {
  @Field(() => Decisions, { description: 'What was decided.' })
  decision: Decision;

  @Field(() => String, { description: 'Why.' })
  reason: string;

  @Field(() => GraphQLISODateTime, { description: 'When.' })
  decidedAt: Date;
}

@ObjectType('Quote', { description: 'A firm price: what is not spent comes back.' })
export class QuoteType {
  @Field(() => Int, { description: 'Most persons that would be paid for.' })
  personsMax: number;

  @Field(() => MoneyType, { description: 'Price of one included person.' })
  unit: MoneyType;

  @Field(() => MoneyType, { description: 'What would be set aside.' })
  escrow: MoneyType;
}

@ObjectType('Request', { description: 'What a research center asks for, in its newest version.' })
export class RequestType {
  /** For field resolvers; not part of the schema. */
  view: RequestView;

  @Field(() => ID, { description: 'Opaque id.' })
  id: string;

  @Field(() => RequestStates, { description: 'Where it stands.' })
  state: RequestState;

  @Field(() => Int, { description: 'Counts up with every amendment; answers belong to one version.' })
  version: number;

  @Field(() => String, { description: 'SHA-256 of `content`, lower-case hexadecimal: every grant names it.' })
  contentHash: string;

  @Field(() => String, { description: 'Canonical JSON (RFC 8785) of everything that patients agree to.' })
  content: string;

  @Field(() => GraphQLISODateTime, { description: 'Silence until then is a no.' })
  answerDeadline: Date;

  @Field(() => GraphQLISODateTime, { description: 'When this version was sent.' })
  sentAt: Date;

  @Field(() => RequestDecisionType, { nullable: true, description: 'Null while it is in review.' })
  decision: RequestDecisionType | null;

  @Field(() => ID, { nullable: true, description: 'The order that it became; null before it was funded.' })
  order: string | null;
}

@ObjectType({ description: 'Requests in their newest versions.' })
export class RequestConnection extends ConnectionOf(RequestType, 'Request') {}

/** A request as its buyer and compliance officers see it. */
export function toRequestType(view: RequestView): RequestType {
  const { requestId, state, version, contentHash, content, answerDeadline, createdAt, decision, orderId } = view;
  return {
    view,
    id: toGlobalId('Request', requestId),
    state,
    version,
    contentHash,
    content: canonicalJson(content),
    answerDeadline,
    sentAt: createdAt,
    decision,
    order: orderId && toGlobalId('Order', orderId),
  };
}

/** A quote as clients see it. */
export function toQuoteType({ personsMax, unitMinor, escrowMinor }: Quote, currency: string): QuoteType {
  const money = (amountMinor: bigint) => toMoneyType({ amountMinor, currency });
  return { personsMax, unit: money(unitMinor), escrow: money(escrowMinor) };
}
