import type { PersonId } from '@aceso/kernel';
import { type Database, type Tx } from '@aceso/platform';
import { BLOCK_SLOTS, type FactColumns, type PersonColumns } from '@aceso/register/domain';
import { BlockCache } from './data/block-cache';
import { readFoundSlots } from './data/found-slots';
import { knownPersons, namedFacts, type NamedFacts } from './data/fact-source';
import { ruledPersons, seenFacts } from './data/seen-facts';
import { namedQueries, type NamedQuery } from './data/index-codes';
import { memberOf } from './domain/concept-set';
import { ConceptTree } from './domain/concept-tree';
import type { Criteria } from './domain/criteria';
import type { BlockTask } from './domain/evaluation/evaluate-slots';
import { eventsIn, planOf, type Plan, type ReadCode } from './domain/evaluation/plan';
import type { FoundContext } from './domain/found';
import { EvaluationThreads, tooLong, type Turn } from './evaluation-threads';
import { loadConversion, type Conversion } from './units';

/** Bytes of blocks that a process keeps. One million persons with a hundred facts each have about 850 MB in all. */
export const CACHE_BYTES_MAX = 512 * 1024 * 1024;
/** SQLSTATE query_canceled: the statement took longer than the question may. */
const CANCELED = '57014';

/** A question to the index. */
export interface Question extends FoundContext {
  readonly criteria: Criteria;
  readonly signal?: AbortSignal | undefined;
}

export interface Found {
  /** In the order of blocks and slots. */
  readonly slots: readonly number[];
  /** How many are found and have an entry, then how many are left after each rule. */
  readonly steps: readonly number[];
}

/** What an index is made of, where it is not what an instance has. */
export interface CohortIndexParts {
  readonly threads?: EvaluationThreads;
  readonly cacheBytesMax?: number;
  readonly foundSlots?: typeof readFoundSlots;
  readonly concepts?: ConceptTree;
}

/**
 * Evaluates criteria over the fact index: blocks of columns and the rows that were not merged yet, in one snapshot (ADR 36). Of persons with
 * rules about research the seen facts are evaluated, apart from all others and by the same code.
 */
export class CohortIndex {
  readonly #cache: BlockCache<FactColumns | PersonColumns>;
  private readonly threads: EvaluationThreads;
  private readonly foundSlots: typeof readFoundSlots;
  private readonly concepts: ConceptTree;

  constructor(
    private readonly database: Database,
    { threads, cacheBytesMax = CACHE_BYTES_MAX, foundSlots = readFoundSlots, concepts }: CohortIndexParts = {},
  ) {
    this.#cache = new BlockCache(cacheBytesMax);
    this.threads = threads ?? new EvaluationThreads();
    this.foundSlots = foundSlots;
    this.concepts = concepts ?? new ConceptTree();
  }

  /** How many persons. Throws COUNT_BUSY, COUNT_TOO_LONG. */
  async count(role: 'api' | 'worker', question: Question): Promise<Found['steps']> {
    return this.#ask(role, question, async (_, { steps }) => steps);
  }

  /** Their ids, in order. Throws COUNT_BUSY, COUNT_TOO_LONG. */
  async persons(role: 'api' | 'worker', question: Question): Promise<PersonId[]> {
    return this.#ask(role, question, async (tx, { slots }) => {
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

  async #ask<T>(role: 'api' | 'worker', question: Question, use: (tx: Tx, found: Found) => Promise<T>): Promise<T> {
    const run = (turn: Turn) =>
      this.database.transaction(
        role,
        async (tx) => {
          await tx.query(`select set_config('statement_timeout', $1, true)`, [String(turn.msLeft())]);
          return use(tx, await this.#find(tx, question, turn));
        },
        { isolation: 'REPEATABLE READ', readOnly: true },
      );
    return this.threads.question(
      (turn) =>
        run(turn).catch((error: unknown) => {
          throw (error as { code?: unknown }).code === CANCELED ? tooLong(error) : error;
        }),
      question.signal,
    );
  }

  async #find(tx: Tx, question: Question, turn: Turn): Promise<Found> {
    const tasks = await this.#tasks(tx, question);
    const answers = await this.threads.evaluate(
      tasks.map(({ task }) => task),
      turn,
    );
    const steps = new Array<number>(question.criteria.all.length + 1).fill(0);
    const slots: number[] = [];
    answers.forEach((answer, at) => {
      answer.steps.forEach((count, step) => (steps[step]! += count));
      for (const slot of answer.slots) slots.push(tasks[at]!.blk * BLOCK_SLOTS + slot);
    });
    return { slots, steps };
  }

  async #tasks(tx: Tx, question: Question): Promise<{ readonly blk: number; readonly task: BlockTask }[]> {
    const { criteria, day, askerId } = question;
    const events = await namedQueries(tx, eventsIn(criteria), this.concepts);
    const facts = await namedFacts(tx, events, this.#cache);
    const persons = await knownPersons(tx, this.#cache);
    const found = await this.foundSlots(tx, question);
    const ruled = new Map([...(await ruledPersons(tx, askerId))].filter(([slot]) => isSet(found, slot)));
    const conversion = events.some(({ unit }) => unit !== undefined) ? await loadConversion() : () => undefined;
    const codes = events.map((event) => codesOf(facts, event, { conversion, tree: this.concepts }));
    const task = (plan: Plan, blk: number, slots: Uint8Array, columns?: BlockTask['block']['facts']) => ({
      blk,
      task: {
        plan,
        block: { size: slots.length, found: slots, persons: persons.get(blk) ?? [], facts: columns ?? new Map() },
      },
    });
    const apart = new Map<number, Uint8Array>();
    for (const slot of ruled.keys()) {
      const [blk, place] = [slot >> 16, slot & (BLOCK_SLOTS - 1)];
      const all = found.get(blk)!;
      const some = apart.get(blk) ?? new Uint8Array(all.length);
      apart.set(blk, some);
      all[place] = 0;
      some[place] = 1;
    }
    const plan = planned(criteria, day, codes);
    const tasks = [...found].map(([blk, slots]) => task(plan, blk, slots, facts.blocks.get(blk)));
    if (ruled.size === 0) return tasks;
    const codesApart = apartOf(codes);
    const seen = await seenFacts(tx, { events, codes: codesApart, facts, ruled, askerId });
    const planApart = planned(
      criteria,
      day,
      codesApart.map((some) => some.map(({ apart, toUnit }) => ({ number: apart, toUnit }))),
    );
    return [...tasks, ...[...apart].map(([blk, slots]) => task(planApart, blk, slots, seen.get(blk)))];
  }
}

function planned(criteria: Criteria, day: string, codes: readonly (readonly ReadCode[])[]): Plan {
  let nth = -1;
  return planOf(criteria, day, () => codes[(nth += 1)]!);
}

/** What an event reads: its codes in the unit that it names, and in others as far as they can be converted. */
function codesOf(
  { codes }: NamedFacts,
  { kind, codes: named, set, unit }: NamedQuery,
  { conversion, tree }: { readonly conversion: Conversion; readonly tree: ConceptTree },
): ReadCode[] {
  const [asked, isMember] = [new Set(named), memberOf(set, tree)];
  return codes
    .filter((each) => each.kind === kind && asked.has(each.code) && isMember(each))
    .flatMap((each) => {
      if (unit === undefined || unit === each.unit) return { number: each.number };
      const toUnit = conversion(unit, each);
      return toUnit ? { number: each.number, toUnit } : [];
    });
}

/** Each code of each event with a number of its own: what a person keeps back differs by event. */
function apartOf(codes: readonly (readonly ReadCode[])[]) {
  let apart = 0;
  return codes.map((some) => some.map((code) => ({ ...code, apart: apart++ })));
}

const isSet = (blocks: ReadonlyMap<number, Uint8Array>, slot: number): boolean =>
  blocks.get(slot >> 16)?.[slot & (BLOCK_SLOTS - 1)] === 1;
