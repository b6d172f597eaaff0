import { extname, join } from 'node:path';
import { Worker, type Transferable } from 'node:worker_threads';
import { assert, DomainError } from '@aceso/kernel';
import { PlatformError } from '../platform.errors';
import type { FromThread, ToThread } from './thread-protocol';

/** Heap of one thread, MiB: one that needs more ends, and its task with it, instead of the whole process. */
export const THREAD_HEAP_MIB_MAX = 1024;
/**
 * The nursery of a thread's heap. A whole person's record is held parsed, and each collection before it is done with copies
 * it, on cores that another thread would use: a third of this size costs a fifth more CPU and twice the collectors' share.
 */
const THREAD_NURSERY_MIB = 72;
/** Where a test runner compiles sources as they are loaded, their threads do so as well. */
const COMPILE_SOURCES = ['--require', join(__dirname, '../testing/compile-sources.cjs')];

/** Tasks that share something: it is sent to a thread once, not with each task. */
export interface ThreadJob<Task, Result> {
  /**
   * Does a task in the next free thread. Buffers in `transfer` move there and are empty here afterwards. Rejects with the
   * refusal of the task itself, THREAD_FAILED (it threw something else) or THREAD_LOST (the thread ended). When `signal` is aborted
   * the task is given up and its thread ended, whatever it is at: another one starts when it is needed.
   */
  run(task: Task, transfer?: readonly Transferable[], signal?: AbortSignal): Promise<Result>;
  /** Lets all threads forget what the job shared; call it when no task is left. */
  end(): void;
}

interface Work {
  readonly data: unknown;
  readonly task: unknown;
  readonly transfer: readonly Transferable[];
  readonly signal: AbortSignal | undefined;
}

interface Thread {
  readonly worker: Worker;
  readonly knows: Set<number>;
  settle: ((answer: FromThread | Error) => void) | undefined;
}

/**
 * A fixed number of threads that run one compiled file (see serveJobs). They start when they are needed, and one that dies
 * takes only its task with it. Idle threads do not keep a process alive.
 */
export class ThreadPool {
  readonly #threads = new Set<Thread>();
  readonly #idle: Thread[] = [];
  readonly #waiting: ((thread: Thread | PlatformError) => void)[] = [];
  #jobs = 0;
  #closed = false;

  constructor(
    private readonly entry: string,
    readonly threads: number,
  ) {
    assert(Number.isInteger(threads) && threads >= 1, 'a pool has one thread or more');
  }

  open<Data, Task, Result>(data: Data): ThreadJob<Task, Result> {
    const job = (this.#jobs += 1);
    return {
      run: (task, transfer = [], signal) => this.#run(job, { data, task, transfer, signal }) as Promise<Result>,
      end: () => {
        for (const { worker, knows } of this.#threads) {
          if (knows.delete(job)) worker.postMessage({ kind: 'end', job } satisfies ToThread);
        }
      },
    };
  }

  /** Ends all threads; tasks that run or wait are lost. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#threads].map(({ worker }) => worker.terminate()));
  }

  async #run(job: number, { data, task, transfer, signal }: Work): Promise<unknown> {
    const thread = await this.#free();
    if (thread instanceof Error) throw thread;
    if (signal?.aborted) {
      this.#release(thread);
      throw lost();
    }
    const answered = new Promise<FromThread | Error>((resolve) => (thread.settle = resolve));
    try {
      if (!thread.knows.has(job)) thread.worker.postMessage({ kind: 'open', job, data } satisfies ToThread);
      thread.knows.add(job);
      thread.worker.postMessage({ kind: 'run', job, task } satisfies ToThread, transfer);
    } catch (cause) {
      this.#release(thread); // what cannot be sent is a mistake of the caller, not of the thread
      throw cause;
    }
    thread.worker.ref();
    const giveUp = (): void => this.#lose(thread);
    signal?.addEventListener('abort', giveUp);
    const answer = await answered;
    signal?.removeEventListener('abort', giveUp);
    if (answer instanceof Error) throw answer;
    this.#release(thread);
    return resultOf(answer);
  }

  async #free(): Promise<Thread | PlatformError> {
    if (this.#closed) return lost();
    const idle = this.#idle.pop();
    if (idle) return idle;
    if (this.#threads.size < this.threads) return this.#start();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #release(thread: Thread): void {
    thread.settle = undefined;
    const next = this.#waiting.shift();
    if (next) return next(thread);
    thread.worker.unref();
    this.#idle.push(thread);
  }

  #start(): Thread {
    const worker = new Worker(this.entry, {
      execArgv: extname(this.entry) === '.ts' ? COMPILE_SOURCES : [],
      resourceLimits: { maxOldGenerationSizeMb: THREAD_HEAP_MIB_MAX, maxYoungGenerationSizeMb: THREAD_NURSERY_MIB },
    });
    const thread: Thread = { worker, knows: new Set(), settle: undefined };
    this.#threads.add(thread);
    worker.on('message', (answer: FromThread) => thread.settle?.(answer));
    worker.on('messageerror', () => this.#lose(thread));
    worker.on('error', () => this.#lose(thread));
    worker.on('exit', () => this.#lose(thread));
    return thread;
  }

  /** Whoever waits gets a new thread in the place of the lost one. */
  #lose(thread: Thread): void {
    if (!this.#threads.delete(thread)) return;
    void thread.worker.terminate();
    const idle = this.#idle.indexOf(thread);
    if (idle !== -1) this.#idle.splice(idle, 1);
    thread.settle?.(lost());
    if (this.#closed) for (const waits of this.#waiting.splice(0)) waits(lost());
    const next = this.#waiting.shift();
    if (next) next(this.#start());
  }
}

const lost = (): PlatformError =>
  new PlatformError('THREAD_LOST', 'a thread ended before its task did: run the job again, with less memory in use');

function resultOf(answer: FromThread): unknown {
  if (answer.kind === 'done') return answer.result;
  if (answer.kind === 'refused') throw new DomainError(answer.code, answer.message);
  const failure = new PlatformError('THREAD_FAILED', `a task failed in its thread (${answer.errorName})`);
  failure.stack = answer.frames.replaceAll(/(^| \| )at /g, '\n    at ');
  throw failure;
}
