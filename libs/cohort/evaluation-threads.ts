import { extname, join } from 'node:path';
import { THREADS_DEFAULT, ThreadPool, type ThreadJob } from '@aceso/platform/threads';
import { CohortError } from './domain/cohort.errors';
import { evaluate, type BlockAnswer, type BlockTask } from './domain/evaluation/evaluate';
import { scansOf } from './domain/evaluation/plan';

/**
 * What is evaluated where it is, in ten or twenty milliseconds: so many looks at a fact of all blocks together. Threads take as long to be told, and start in
 * hundreds of milliseconds.
 */
const LOOKS_IN_PLACE_MAX = 3_000_000;
/** Questions that read and evaluate at once, and those that wait for their turn, at most. */
export const QUESTIONS_AT_ONCE_MAX = 4;
export const QUESTIONS_WAITING_MAX = 64;
/** From its turn on, a question takes no longer, milliseconds. */
export const QUESTION_MS_MAX = 30_000;
/** How often it is seen whether anybody waits for the blocks that threads are at, milliseconds. */
const LOOK_MS = 100;

export interface EvaluationLimits {
  readonly threads?: number;
  readonly looksInPlaceMax?: number;
  readonly atOnceMax?: number;
  readonly waitingMax?: number;
  readonly msMax?: number;
}

/** What a question is told while it goes on. */
export interface Turn {
  /** Throws when the question has taken too long, or nobody waits for it any more. */
  check(): void;
  /** Milliseconds, one at least. */
  msLeft(): number;
}

/**
 * The threads of a process that evaluate criteria. Questions wait in a line; each of those whose turn it is has one block at work for each
 * thread, so that a question over many blocks leaves room for one over few.
 */
export class EvaluationThreads {
  readonly #limits: Required<EvaluationLimits>;
  readonly #waiting: (() => void)[] = [];
  #pool: ThreadPool | undefined;
  #job: ThreadJob<BlockTask, BlockAnswer> | undefined;
  #running = 0;

  constructor(limits: EvaluationLimits = {}) {
    this.#limits = {
      threads: THREADS_DEFAULT,
      looksInPlaceMax: LOOKS_IN_PLACE_MAX,
      atOnceMax: QUESTIONS_AT_ONCE_MAX,
      waitingMax: QUESTIONS_WAITING_MAX,
      msMax: QUESTION_MS_MAX,
      ...limits,
    };
  }

  /**
   * Runs a question when it is its turn, for `msMax` milliseconds at most. Throws COUNT_BUSY, COUNT_TOO_LONG, or what `signal` was
   * aborted with.
   */
  async question<T>(
    use: (turn: Turn) => Promise<T>,
    signal?: AbortSignal,
    msMax: number = this.#limits.msMax,
  ): Promise<T> {
    const { atOnceMax, waitingMax } = this.#limits;
    if (this.#running >= atOnceMax) {
      if (this.#waiting.length >= waitingMax) {
        throw new CohortError('COUNT_BUSY', 'too many counts at once: ask again in a few seconds');
      }
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else this.#running += 1;
    const until = performance.now() + msMax;
    const check = (): void => {
      signal?.throwIfAborted();
      if (performance.now() > until) throw tooLong();
    };
    try {
      check();
      return await use({ check, msLeft: () => Math.max(1, Math.ceil(until - performance.now())) });
    } finally {
      // The turn goes to whoever waits longest, or back.
      const next = this.#waiting.shift();
      if (next) next();
      else this.#running -= 1;
    }
  }

  /**
   * Evaluates the blocks of a question; `progress` is told how many of them are done. When `turn` ends, so do the threads that are at a block of it: one
   * column of it may take minutes.
   */
  async evaluate(
    tasks: readonly BlockTask[],
    turn: Turn,
    progress: (done: number) => void = () => undefined,
  ): Promise<BlockAnswer[]> {
    const answers: BlockAnswer[] = [];
    const inPlace = tasks.reduce((sum, task) => sum + looksOf(task), 0) <= this.#limits.looksInPlaceMax;
    const over = new AbortController();
    const looking = inPlace ? undefined : setInterval(() => isOver(turn) && over.abort(), LOOK_MS);
    let [next, done] = [0, 0];
    const work = async (): Promise<void> => {
      for (let at = next++; at < tasks.length; at = next++) {
        turn.check();
        answers[at] = inPlace ? evaluate(tasks[at]!) : await this.#inThread(tasks[at]!, turn, over.signal);
        progress((done += 1));
      }
    };
    try {
      await Promise.all(Array.from({ length: Math.min(this.#limits.threads, tasks.length) }, work));
    } finally {
      clearInterval(looking);
      // Where one block failed, nobody waits for the others.
      over.abort();
    }
    turn.check();
    return answers;
  }

  async close(): Promise<void> {
    await this.#pool?.close();
  }

  async #inThread(task: BlockTask, turn: Turn, over: AbortSignal): Promise<BlockAnswer> {
    this.#pool ??= new ThreadPool(join(__dirname, `evaluation.thread${extname(__filename)}`), this.#limits.threads);
    this.#job ??= this.#pool.open<null, BlockTask, BlockAnswer>(null);
    try {
      return await this.#job.run(task, [], over);
    } catch (error) {
      turn.check(); // a block that was left does not say why
      throw error;
    }
  }
}

function isOver(turn: Turn): boolean {
  try {
    turn.check();
    return false;
  } catch {
    return true;
  }
}

export const tooLong = (cause?: unknown): CohortError =>
  new CohortError('COUNT_TOO_LONG', 'the count takes too long: name fewer codes, or ask again later', { cause });

/**
 * How often facts are looked at, at most: once a scan, as often as there are days to compare where days are counted; where each event is an entry, each fact
 * may be compared with each.
 */
export function looksOf({ plan, block }: BlockTask): number {
  let looks = 0;
  const scans = scansOf(plan);
  for (const { codes, times } of scans) {
    const each = Math.max(1, times?.max ?? 0, times?.min ?? 0);
    for (const code of codes) for (const { n } of block.facts.get(code) ?? []) looks += n * each;
  }
  return plan.entry?.pick === 'any' || scans.some(({ around }) => around) ? looks * looks : looks;
}
