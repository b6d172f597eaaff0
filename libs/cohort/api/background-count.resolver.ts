import { Args, ID, Mutation, Query, Resolver } from '@nestjs/graphql';
import { Database, IdempotencyService, type Tx } from '@aceso/platform';
import {
  Access,
  afterId,
  CurrentParty,
  fromGlobalId,
  PageArgs,
  pageOf,
  toConnection,
  type Actor,
} from '@aceso/platform/graphql';
import { BackgroundCounter } from '../background-counter';
import { BackgroundCounts } from '../background-counts';
import type { BackgroundCount } from '../data/background-count-rows';
import { parseInOrder } from '../domain';
import {
  BackgroundCountConnection,
  BackgroundCountType,
  StartCountInput,
  toBackgroundCountType,
} from './background-count.type';
import { fromCohortVersionInput } from './cohort-version.input';

const COUNT_ID = { type: () => ID, description: 'Of `startCount`.' };

/** Counts that nobody has to wait for. */
@Resolver()
export class BackgroundCountResolver {
  constructor(
    private readonly database: Database,
    private readonly idempotency: IdempotencyService,
    private readonly counts: BackgroundCounts,
    private readonly counter: BackgroundCounter,
  ) {}

  @Access('researcher')
  @Query(() => BackgroundCountType, { description: 'A background count of yours, with its progress or its answer.' })
  count(@CurrentParty() actor: Actor, @Args('id', COUNT_ID) id: string): Promise<BackgroundCountType> {
    const countId = fromGlobalId('BackgroundCount', id);
    return this.#answer((tx) => this.counts.read(tx, actor, countId));
  }

  @Access('researcher')
  @Query(() => BackgroundCountConnection, { description: 'Your background counts, the youngest first.' })
  async myCounts(@CurrentParty() actor: Actor, @Args() args: PageArgs): Promise<BackgroundCountConnection> {
    const page = pageOf(args);
    const rows = await this.database.transaction('api', (tx) =>
      this.counts.list(tx, actor, { after: afterId(page), limit: page.limit + 1 }),
    );
    return toConnection(rows, page, { cursorOf: ({ id }) => [id], toNode: toBackgroundCountType });
  }

  @Access('researcher')
  @Mutation(() => BackgroundCountType, {
    description:
      'Asks for a count or a funnel and answers at once; look at it with `count`. It is logged, charged and judged when its turn comes. ' +
      'The same question that waits or runs already is the one that is answered.',
  })
  async startCount(
    @CurrentParty() actor: Actor,
    @Args('input', { description: 'What is counted.' }) input: StartCountInput,
  ): Promise<BackgroundCountType> {
    const { idempotencyKey: key, kind, ...request } = input;
    const criteria = typeof input.criteria === 'string' ? parseInOrder(input.criteria) : undefined;
    const cohort = input.cohort ? fromCohortVersionInput(input.cohort) : undefined;
    const call = { actorId: actor.partyId, operation: 'count.start', key, request: { kind, ...request } };
    const started = await this.#answer(async (tx) => {
      const start = async () => (await this.counts.start(tx, actor, { kind, criteria, cohort })).id;
      return this.counts.read(tx, actor, await this.idempotency.run(tx, call, start));
    });
    this.counter.look();
    return started;
  }

  @Access('researcher')
  @Mutation(() => BackgroundCountType, {
    description:
      'Ends a background count of yours that waits or runs. What it was charged stays charged; one that has ended stays as it is.',
  })
  cancelCount(@CurrentParty() actor: Actor, @Args('id', COUNT_ID) id: string): Promise<BackgroundCountType> {
    const countId = fromGlobalId('BackgroundCount', id);
    return this.#answer((tx) => this.counts.cancel(tx, actor, countId));
  }

  async #answer(use: (tx: Tx) => Promise<BackgroundCount>): Promise<BackgroundCountType> {
    return toBackgroundCountType(await this.database.transaction('api', use));
  }
}
