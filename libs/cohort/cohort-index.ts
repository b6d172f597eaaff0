import type { PersonId } from '@aceso/kernel';
import { type Database, type Tx } from '@aceso/platform';
import { BLOCK_SLOTS, type FactColumns, type PersonColumns } from '@aceso/register/domain';
import { BlockCache } from './data/block-cache';
import { FoundPersons } from './data/found-persons';
import { partedBy, type FoundBlock } from './data/found-slots';
import { HELD_BYTES_MAX, isHeld, kindHeld, type HeldPlaces } from './data/kinds-held';
import { knownPersons, namedFacts, type KnownCode } from './data/fact-source';
import { ruledPersons, seenFacts } from './data/seen-facts';
import { namedQueries } from './data/index-codes';
import { ConceptTree } from './domain/concept-tree';
import type { Criteria, EventKind } from './domain/criteria';
import type { BlockAnswer, BlockTask } from './domain/evaluation/evaluate';
import { eventsIn, planOf, type Plan, type ReadCode } from './domain/evaluation/plan';
import { readCodes } from './domain/evaluation/read-codes';
import type { FoundContext } from './domain/found';
import { personSet, type PersonSet } from './domain/person-set';
import type { Member } from './domain/profile';
import { EvaluationThreads, tooLong, type Turn } from './evaluation-threads';
import { everybodyIn, membersOf, stepSets } from './found-sets';
import { loadConversion } from './units';

/** Bytes of blocks that a process keeps. One million persons with a hundred facts each have about 850 MB in all. */
export const CACHE_BYTES_MAX = 512 * 1024 * 1024;
/** Bytes of codes that a process keeps: some ten thousand of them. */
const CODES_BYTES_MAX = 16 * 1024 * 1024;
/** SQLSTATE query_canceled: the statement took longer than the question may. */
const CANCELED = '57014';

/** How a question goes on, where that is not as usual. */
export interface QuestionRun {
  readonly signal?: AbortSignal | undefined;
  /** From its turn on, milliseconds. */
  readonly msMax?: number | undefined;
  /** Is told how many blocks of the index are done, of how many: neither depends on whom the criteria select. */
  readonly progress?: ((done: number, total: number) => void) | undefined;
}

/** A question to the index. */
export interface Question extends FoundContext, QuestionRun {
  readonly criteria: Criteria;
}

/** What one evaluation found, as sets of persons. */
export interface FoundSets {
  /** All who are counted at all. */
  readonly everybody: PersonSet;
  /** Who are found and have an entry, then who are left after each rule; or the last of these. */
  readonly steps: readonly PersonSet[];
}

/** One block as it was asked and answered. */
export interface EvaluatedBlock extends FoundBlock {
  readonly blk: number;
  readonly task: BlockTask;
  readonly answer: BlockAnswer;
}

/** A turn in one life of the server: null where that has no name yet. */
interface LivingTurn extends Turn {
  readonly life: string | null;
}

/** What an index is made of, where it is not what an instance has. */
export interface CohortIndexParts {
  readonly threads?: EvaluationThreads;
  readonly cacheBytesMax?: number;
  readonly foundPersons?: Pick<FoundPersons, 'read'>;
  readonly concepts?: ConceptTree;
}

/**
 * Evaluates criteria over the fact index: blocks of columns and the rows that were not merged yet, in one snapshot (ADR 36). Of persons with
 * rules about research the seen facts are evaluated, apart from all others and by the same code.
 */
export class CohortIndex {
  readonly #cache: BlockCache<FactColumns | PersonColumns>;
  readonly #codes = new BlockCache<KnownCode>(CODES_BYTES_MAX);
  readonly #held = new BlockCache<HeldPlaces>(HELD_BYTES_MAX);
  #life: string | null = null;
  private readonly threads: EvaluationThreads;
  private readonly foundPersons: Pick<FoundPersons, 'read'>;
  private readonly concepts: ConceptTree;

  constructor(
    private readonly database: Database,
    { threads, cacheBytesMax = CACHE_BYTES_MAX, foundPersons = new FoundPersons(), concepts }: CohortIndexParts = {},
  ) {
    this.#cache = new BlockCache(cacheBytesMax);
    this.threads = threads ?? new EvaluationThreads();
    this.foundPersons = foundPersons;
    this.concepts = concepts ?? new ConceptTree();
  }

  /**
   * How many are found and have an entry, then how many are left after each rule. Throws COUNT_BUSY, COUNT_TOO_LONG.
   */
  async count(role: 'api' | 'worker', question: Question): Promise<readonly number[]> {
    return this.#ask(role, question, async (_, blocks) => {
      const steps = new Array<number>(question.criteria.all.length + 1).fill(0);
      for (const { answer } of blocks) answer.steps.forEach((count, step) => (steps[step]! += count));
      return steps;
    });
  }

  /** The persons after the last `last` steps, all of them by default, in one pass. Throws COUNT_BUSY, COUNT_TOO_LONG. */
  async sets(role: 'api' | 'worker', question: Question, last?: number): Promise<FoundSets> {
    const steps = question.criteria.all.length + 1;
    return this.#ask(role, question, async (_, blocks) => ({
      everybody: everybodyIn(blocks),
      steps: stepSets(blocks, last === undefined ? 1 : steps - last + 1, steps),
    }));
  }

  /** Whom all rules hold for, with what tables are made of. Throws COUNT_BUSY, COUNT_TOO_LONG. */
  async members(
    role: 'api' | 'worker',
    question: Question,
  ): Promise<{ readonly everybody: PersonSet; readonly members: readonly Member[] }> {
    return this.#ask(role, question, async (_, blocks) => ({
      everybody: everybodyIn(blocks),
      members: membersOf(blocks),
    }));
  }

  /**
   * Of those whom all rules hold for, who has any fact of each kind. Whoever keeps something back from research counts as having none: what is
   * kept back is not told, and the rest would have to be judged fact by fact. Throws COUNT_BUSY, COUNT_TOO_LONG.
   */
  async holders(role: 'api' | 'worker', question: Question, kinds: readonly EventKind[]): Promise<PersonSet[]> {
    return this.#ask(role, question, async (tx, blocks, { check }) => {
      const ruled = await ruledPersons(tx, question.askerId);
      const sets: PersonSet[] = [];
      for (const kind of kinds) {
        const held = await kindHeld(tx, kind, { cache: this.#held, check });
        const numbers = blocks.flatMap(({ blk, numbers, answer }) =>
          Array.from(answer.slots)
            .filter((slot) => isHeld(held.get(blk), slot) && !ruled.has(blk * BLOCK_SLOTS + slot))
            .map((slot) => numbers[slot]!),
        );
        sets.push(personSet(numbers));
      }
      return sets;
    });
  }

  /** Their ids, in order. Throws COUNT_BUSY, COUNT_TOO_LONG. */
  async persons(role: 'api' | 'worker', question: Question): Promise<PersonId[]> {
    return this.#ask(role, question, async (tx, blocks) => {
      const slots = blocks.flatMap(({ blk, answer }) => Array.from(answer.slots, (slot) => blk * BLOCK_SLOTS + slot));
      const rows = await tx.query<{ id: PersonId }>(
        `select i.person_id as id from facts.slot s join register.person_index i using (index_no)
          where s.slot = any($1::integer[]) order by 1`,
        [slots],
      );
      return rows.map(({ id }) => id);
    });
  }

  async onModuleDestroy(): Promise<void> {
    await this.threads.close();
  }

  async #ask<T>(
    role: 'api' | 'worker',
    question: Question,
    use: (tx: Tx, blocks: readonly EvaluatedBlock[], turn: Turn) => Promise<T>,
  ): Promise<T> {
    const run = (turn: Turn) =>
      this.database.transaction(
        role,
        async (tx) => {
          const life = await this.#begin(tx);
          return use(tx, await this.#find(tx, question, { ...turn, life }), turn);
        },
        { isolation: 'REPEATABLE READ', readOnly: true, statementMsMax: turn.msLeft() },
      );
    return this.threads.question(
      (turn) =>
        run(turn).catch((error: unknown) => {
          throw (error as { code?: unknown }).code === CANCELED ? tooLong(error) : error;
        }),
      question.signal,
      question.msMax,
    );
  }

  /** Forgets what another life of the server was asked. A life without a name gets one, for later questions. */
  async #begin(tx: Tx): Promise<string | null> {
    const [row] = await tx.prepared<{ life: string | null }>('select cohort.server_life() as life');
    const { life } = row!;
    if (life === null || life !== this.#life) {
      this.#cache.clear();
      this.#codes.clear();
      this.#held.clear();
    }
    this.#life = life;
    if (life === null) await this.database.query(tx.role, 'select cohort.begin_server_life()');
    return life;
  }

  async #find(tx: Tx, question: Question, turn: LivingTurn): Promise<EvaluatedBlock[]> {
    const blocks = await this.#tasks(tx, question, turn);
    // Persons who are evaluated apart stand in blocks that are counted already: whether there are any is not told.
    const total = new Set(blocks.map(({ blk }) => blk)).size;
    const answers = await this.threads.evaluate(
      blocks.map(({ task }) => task),
      turn,
      (done) => question.progress?.(Math.min(done, total), total),
    );
    return blocks.map((block, at) => ({ ...block, answer: answers[at]! }));
  }

  async #tasks(
    tx: Tx,
    question: Question,
    { check, life }: Pick<LivingTurn, 'check' | 'life'>,
  ): Promise<Omit<EvaluatedBlock, 'answer'>[]> {
    const { criteria, day, askerId } = question;
    const events = await namedQueries(tx, eventsIn(criteria), { tree: this.concepts, check });
    const facts = await namedFacts(tx, events, { blocks: this.#cache, codes: this.#codes });
    const persons = await knownPersons(tx, this.#cache);
    const found = await this.foundPersons.read(tx, question, life);
    const ruled = new Map([...(await ruledPersons(tx, askerId))].filter(([slot]) => isSet(found, slot)));
    const conversion = events.some(({ unit }) => unit !== undefined) ? await loadConversion() : () => undefined;
    const codes = events.map((event) => readCodes(facts.codes, event, { conversion, tree: this.concepts }));
    const task = (plan: Plan, blk: number, slots: Uint8Array, columns?: BlockTask['block']['facts']) => ({
      blk,
      found: slots,
      numbers: found.get(blk)!.numbers,
      task: {
        plan,
        block: { size: slots.length, found: slots, persons: persons.get(blk) ?? [], facts: columns ?? new Map() },
      },
    });
    const { together, apart } = partedBy(found, ruled.keys());
    const plan = planned(criteria, day, codes);
    const tasks = [...found].map(([blk, { found: all }]) =>
      task(plan, blk, together.get(blk) ?? all, facts.blocks.get(blk)),
    );
    if (ruled.size === 0) return tasks;
    const codesApart = apartOf(codes);
    const seen = await seenFacts(tx, { events, codes: codesApart, facts, ruled, askerId });
    const planApart = planned(
      criteria,
      day,
      codesApart.map((some) => some.map(({ apart, ...code }) => ({ ...code, number: apart }))),
    );
    return [...tasks, ...[...apart].map(([blk, slots]) => task(planApart, blk, slots, seen.get(blk)))];
  }
}

function planned(criteria: Criteria, day: string, codes: readonly (readonly ReadCode[])[]): Plan {
  let nth = -1;
  return planOf(criteria, day, () => codes[(nth += 1)]!);
}

/** Each code of each event with a number of its own: what a person keeps back differs by event. */
function apartOf(codes: readonly (readonly ReadCode[])[]) {
  let apart = 0;
  return codes.map((some) => some.map((code) => ({ ...code, apart: apart++ })));
}

const isSet = (blocks: ReadonlyMap<number, FoundBlock>, slot: number): boolean =>
  blocks.get(slot >> 16)?.found[slot & (BLOCK_SLOTS - 1)] === 1;
