import { canonicalJson } from '@aceso/kernel';
import { Field, GraphQLISODateTime, ID, InputType, Int, ObjectType, registerEnumType } from '@nestjs/graphql';
import { ConnectionOf, toGlobalId } from '@aceso/platform/graphql';
import {
  BACKGROUND_COUNT_DAYS,
  BACKGROUND_COUNTS_MAX,
  type BackgroundCount,
  type BackgroundCountKind,
  type BackgroundCountState,
} from '../data/background-count-rows';
import { DisclosedCountType, toDisclosedCountType } from './cohort-count.type';
import { CohortFunnelStepType, toFunnelType } from './cohort-tables.type';
import { CohortVersionInput } from './cohort-version.input';

export const KINDS = { COUNT: 'count', FUNNEL: 'funnel' } as const satisfies Record<string, BackgroundCountKind>;
const STATES = {
  QUEUED: 'queued',
  RUNNING: 'running',
  DONE: 'done',
  FAILED: 'failed',
  CANCELLED: 'cancelled',
} as const satisfies Record<string, BackgroundCountState>;

registerEnumType(KINDS, {
  name: 'BackgroundCountKind',
  description: 'What is counted in the background.',
  valuesMap: { COUNT: { description: 'As `cohortCount`.' }, FUNNEL: { description: 'As `cohortFunnel`.' } },
});

registerEnumType(STATES, {
  name: 'BackgroundCountState',
  description: 'Where a background count stands.',
  valuesMap: {
    QUEUED: { description: 'It waits for its turn: nothing is charged yet.' },
    RUNNING: { description: 'It is logged and charged, and counted.' },
    DONE: { description: 'It was answered.' },
    FAILED: { description: '`reason` says why there is no answer.' },
    CANCELLED: { description: 'It was cancelled: it is not answered any more.' },
  },
});

@InputType('StartCountInput', { description: 'What is to be counted in the background.' })
export class StartCountInput {
  @Field(() => KINDS, { description: 'A count or a funnel.' })
  kind: BackgroundCountKind;

  @Field(() => String, {
    nullable: true,
    description: 'JSON of the criteria, as of `cohortCount`. Give either these or `cohort`.',
  })
  criteria?: string | null;

  @Field(() => CohortVersionInput, { nullable: true, description: 'A version of a saved cohort that you may read.' })
  cohort?: CohortVersionInput | null;

  @Field(() => String, { description: 'Chosen by the caller; the same key and question answer the same.' })
  idempotencyKey: string;
}

@ObjectType('BackgroundCount', {
  description:
    `A count that goes on in the background, ${BACKGROUND_COUNTS_MAX} at once of a research center and its affiliates. ` +
    `It can be read for ${BACKGROUND_COUNT_DAYS} days after its end.`,
})
export class BackgroundCountType {
  @Field(() => ID, { description: 'Opaque id.' })
  id: string;

  @Field(() => KINDS, { description: 'A count or a funnel.' })
  kind: BackgroundCountKind;

  @Field(() => STATES, { description: 'Where it stands.' })
  state: BackgroundCountState;

  @Field(() => String, { description: 'Canonical JSON of the criteria; of a funnel, rules in the order of its steps.' })
  criteria: string;

  @Field(() => Int, { description: 'Blocks of the index that are evaluated: as many whomever the criteria select.' })
  blocksDone: number;

  @Field(() => Int, { nullable: true, description: 'Of how many; null before that is known.' })
  blocksTotal: number | null;

  @Field(() => DisclosedCountType, { nullable: true, description: 'The answer to a count that is done.' })
  count: DisclosedCountType | null;

  @Field(() => [CohortFunnelStepType], { nullable: true, description: 'The answer to a funnel that is done.' })
  funnel: CohortFunnelStepType[] | null;

  @Field(() => String, {
    nullable: true,
    description: 'Code of the refusal, as `COUNT_LIMIT_REACHED`, of one that failed.',
  })
  reason: string | null;

  @Field(() => GraphQLISODateTime, { description: 'When it was asked for.' })
  askedAt: Date;

  @Field(() => GraphQLISODateTime, { nullable: true, description: 'When its turn came.' })
  startedAt: Date | null;

  @Field(() => GraphQLISODateTime, { nullable: true, description: 'When it ended.' })
  endedAt: Date | null;
}

@ObjectType({ description: 'Background counts, the youngest first.' })
export class BackgroundCountConnection extends ConnectionOf(BackgroundCountType, 'BackgroundCount') {}

/** A background count as its party sees it. */
export function toBackgroundCountType({ id, criteria, answers, ...count }: BackgroundCount): BackgroundCountType {
  const [isCount, [first]] = [count.kind === 'count', answers ?? []];
  return {
    id: toGlobalId('BackgroundCount', id),
    kind: count.kind,
    state: count.state,
    criteria: canonicalJson(criteria),
    blocksDone: count.blocksDone,
    blocksTotal: count.blocksTotal,
    count: isCount && first ? toDisclosedCountType(first) : null,
    funnel: !isCount && answers ? toFunnelType(criteria, answers) : null,
    reason: count.reason,
    askedAt: count.askedAt,
    startedAt: count.startedAt,
    endedAt: count.endedAt,
  };
}
