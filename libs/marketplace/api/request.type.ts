import { canonicalJson } from '@aceso/kernel';
import { Field, GraphQLISODateTime, ID, Int, ObjectType } from '@nestjs/graphql';
import { CohortVersionRefType, toCohortVersionRef } from '@aceso/cohort/api';
import { ConnectionOf, MoneyType, toGlobalId, toMoneyType } from '@aceso/platform/graphql';
import { tablesInWords, type Decision, type Quote, type RequestState } from '../domain';
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

@ObjectType('ShownVisa', {
  description: 'What a GA4GH visa said, verified when the request was sent. Whoever holds a visa can hand it in.',
})
export class ShownVisaType {
  @Field(() => String, { description: 'Who issued it, of the issuers that this instance trusts.' })
  issuer: string;

  @Field(() => String, { description: 'Type of GA4GH Passport 1.2.' })
  type: string;

  @Field(() => String, { description: 'What it says.' })
  value: string;

  @Field(() => String, { description: 'The organisation that says so.' })
  source: string;

  @Field(() => String, {
    nullable: true,
    description: '`self`, `peer`, `system`, `so` or `dac`; null where it does not say.',
  })
  by: string | null;

  @Field(() => GraphQLISODateTime, { description: 'When the organisation said so.' })
  asserted: Date;

  @Field(() => GraphQLISODateTime, { description: 'Until when it counts, by its expiry and its age.' })
  expires: Date;
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

  @Field(() => [String], {
    description:
      "Tables of the research center's own that are made of what leaves, a sentence each; most requests have none.",
  })
  tablesInWords: string[];

  @Field(() => GraphQLISODateTime, { description: 'Silence until then is a no.' })
  answerDeadline: Date;

  @Field(() => GraphQLISODateTime, { description: 'When this version was sent.' })
  sentAt: Date;

  @Field(() => RequestDecisionType, { nullable: true, description: 'Null while it is in review.' })
  decision: RequestDecisionType | null;

  @Field(() => [ShownVisaType], { description: 'What visas say that came with this version; evidence, and no right.' })
  visas: ShownVisaType[];

  @Field(() => CohortVersionRefType, {
    nullable: true,
    description:
      'The version of a saved cohort of yours that was frozen into it; null where its criteria were written for it, and for officers.',
  })
  savedCohort: CohortVersionRefType | null;

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
    tablesInWords: tablesInWords(content),
    answerDeadline,
    sentAt: createdAt,
    decision,
    visas: view.visas.map((visa) => ({
      ...visa,
      asserted: new Date(visa.asserted),
      expires: new Date(visa.expires),
    })),
    savedCohort: view.savedCohort && toCohortVersionRef(view.savedCohort),
    order: orderId && toGlobalId('Order', orderId),
  };
}

/** A quote as clients see it. */
export function toQuoteType({ personsMax, unitMinor, escrowMinor }: Quote, currency: string): QuoteType {
  const money = (amountMinor: bigint) => toMoneyType({ amountMinor, currency });
  return { personsMax, unit: money(unitMinor), escrow: money(escrowMinor) };
}
