import type { Transferable } from 'node:worker_threads';

/** What a thread is told. */
export type ToThread =
  /** What the tasks of a job share; given to a thread once, before its first task of the job. */
  | { readonly kind: 'open'; readonly job: number; readonly data: unknown }
  | { readonly kind: 'run'; readonly job: number; readonly task: unknown }
  /** Nothing more comes of the job: what it shared is forgotten. */
  | { readonly kind: 'end'; readonly job: number };

/** What a thread answers to a task. A failure tells its kind and its frames: a foreign message may quote a value. */
export type FromThread =
  | { readonly kind: 'done'; readonly result: unknown }
  | { readonly kind: 'refused'; readonly code: string; readonly message: string }
  | { readonly kind: 'failed'; readonly errorName: string; readonly frames: string };

/** A result with those of its buffers that move to the other side without a copy. */
export interface Answer<Result> {
  readonly result: Result;
  readonly transfer?: readonly Transferable[];
}
