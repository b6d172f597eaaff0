import { Args, ID, Int, Mutation, Query, Resolver } from '@nestjs/graphql';
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
import type { CohortShelf, SavedCohort } from '../data/saved-cohort-rows';
import { parseCriteria } from '../domain';
import { SavedCohorts } from '../saved-cohorts';
import { CohortVersionInput, fromCohortVersionInput } from './cohort-version.input';
import { SaveCohortInput, SavedCohortConnection, SavedCohortType, toSavedCohortType } from './saved-cohort.type';

const COHORT_ID = { type: () => ID, description: 'Id of the saved cohort.' };
const KEY = { type: () => String, description: 'Chosen by the caller; the same key and cohort answer the same.' };

/** What research centers do with their saved cohorts. */
@Resolver()
export class SavedCohortResolver {
  constructor(
    private readonly database: Database,
    private readonly idempotency: IdempotencyService,
    private readonly saved: SavedCohorts,
  ) {}

  @Access('researcher')
  @Query(() => SavedCohortType, {
    description: 'A saved cohort of yours, or one that a research center which belongs together with you shares.',
  })
  cohort(
    @CurrentParty() actor: Actor,
    @Args('id', COHORT_ID) id: string,
    @Args('version', { type: () => Int, nullable: true, description: 'The newest one unless it is named.' })
    version?: number | null,
  ): Promise<SavedCohortType> {
    const cohortId = fromGlobalId('Cohort', id);
    return this.#answer(actor, (tx) => this.saved.read(tx, actor, { cohortId, version: version ?? undefined }));
  }

  @Access('researcher')
  @Query(() => SavedCohortConnection, { description: 'Your saved cohorts in their newest versions.' })
  myCohorts(
    @CurrentParty() actor: Actor,
    @Args() args: PageArgs,
    @Args('archived', { type: () => Boolean, nullable: true, description: 'Those that were put away, instead.' })
    archived?: boolean | null,
  ): Promise<SavedCohortConnection> {
    return this.#list(actor, args, archived ? 'archived' : 'own');
  }

  @Access('researcher')
  @Query(() => SavedCohortConnection, {
    description: 'What research centers that belong together with you share, in their newest versions.',
  })
  sharedCohorts(@CurrentParty() actor: Actor, @Args() args: PageArgs): Promise<SavedCohortConnection> {
    return this.#list(actor, args, 'shared');
  }

  @Access('researcher')
  @Mutation(() => SavedCohortType, {
    description:
      'Saves a new cohort, or the next version of one of yours under its name or another one. Criteria that say the same as ' +
      'the newest version are no new version.',
  })
  saveCohort(
    @CurrentParty() actor: Actor,
    @Args('input', { description: 'The cohort.' }) input: SaveCohortInput,
  ): Promise<SavedCohortType> {
    const { idempotencyKey: key, ...request } = input;
    const criteria = parseCriteria(input.criteria);
    const cohortId = input.cohort ? fromGlobalId('Cohort', input.cohort) : undefined;
    return this.#once(actor, { operation: 'cohort.save', key, request }, (tx) =>
      this.saved.save(tx, actor, { cohortId, name: input.name, criteria }),
    );
  }

  @Access('researcher')
  @Mutation(() => SavedCohortType, {
    description: 'Saves a version that you may read as a new cohort of yours, which keeps its origin.',
  })
  forkCohort(
    @CurrentParty() actor: Actor,
    @Args('of', { description: 'What is forked.' }) of: CohortVersionInput,
    @Args('name', { type: () => String, description: 'Of the new cohort.' }) name: string,
    @Args('idempotencyKey', KEY) key: string,
  ): Promise<SavedCohortType> {
    const version = fromCohortVersionInput(of);
    return this.#once(actor, { operation: 'cohort.fork', key, request: { of: { ...of }, name } }, (tx) =>
      this.saved.fork(tx, actor, { of: version, name }),
    );
  }

  @Access('researcher')
  @Mutation(() => SavedCohortType, {
    description:
      'Lets all research centers that belong together with you read a cohort of yours in all of its versions, or ends that. ' +
      'Said again it changes nothing.',
  })
  shareCohort(
    @CurrentParty() actor: Actor,
    @Args('id', COHORT_ID) id: string,
    @Args('shared', { type: () => Boolean, description: 'Whether they may.' }) shared: boolean,
  ): Promise<SavedCohortType> {
    const cohortId = fromGlobalId('Cohort', id);
    return this.#answer(actor, (tx) => this.saved.share(tx, actor, { cohortId, shared }));
  }

  @Access('researcher')
  @Mutation(() => SavedCohortType, {
    description:
      'Puts a cohort of yours away: it is not shared any more, its name is free, and what was made of it stays. Or takes it back. ' +
      'Said again it changes nothing.',
  })
  archiveCohort(
    @CurrentParty() actor: Actor,
    @Args('id', COHORT_ID) id: string,
    @Args('archived', { type: () => Boolean, description: 'Whether it is put away.' }) archived: boolean,
  ): Promise<SavedCohortType> {
    const cohortId = fromGlobalId('Cohort', id);
    return this.#answer(actor, (tx) => this.saved.archive(tx, actor, { cohortId, archived }));
  }

  async #list(actor: Actor, args: PageArgs, shelf: CohortShelf): Promise<SavedCohortConnection> {
    const page = pageOf(args);
    const rows = await this.database.transaction('api', (tx) =>
      this.saved.list(tx, actor, { shelf, after: afterId(page), limit: page.limit + 1 }),
    );
    return toConnection(rows, page, {
      cursorOf: ({ cohortId }) => [cohortId],
      toNode: (cohort) => toSavedCohortType(cohort, actor),
    });
  }

  async #answer(actor: Actor, use: (tx: Tx) => Promise<SavedCohort>): Promise<SavedCohortType> {
    return toSavedCohortType(await this.database.transaction('api', use), actor);
  }

  /** Runs a change once a key and answers the cohort as it is now. */
  #once(
    actor: Actor,
    call: { readonly operation: string; readonly key: string; readonly request: unknown },
    change: (tx: Tx) => Promise<SavedCohort>,
  ): Promise<SavedCohortType> {
    return this.#answer(actor, async (tx) => {
      const cohortId = await this.idempotency.run(tx, { actorId: actor.partyId, ...call }, async () => {
        return (await change(tx)).cohortId;
      });
      return this.saved.read(tx, actor, { cohortId });
    });
  }
}
