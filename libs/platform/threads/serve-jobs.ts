import { parentPort } from 'node:worker_threads';
import { assert, DomainError } from '@aceso/kernel';
import { describeError } from '../logging/describe-error';
import type { Answer, FromThread, ToThread } from './thread-protocol';

type Work<Task, Result> = (task: Task) => Answer<Result> | Promise<Answer<Result>>;

/**
 * The main loop of a thread: `open` makes of what a job shares the function that does its tasks. Tasks come one at a time,
 * so nothing of two tasks is mixed.
 */
export function serveJobs<Data, Task, Result>(open: (data: Data) => Work<Task, Result>): void {
  const port = parentPort;
  assert(port, 'this file runs in a thread');
  const shared = new Map<number, Data>();
  const opened = new Map<number, Work<Task, Result>>();
  const work = (job: number): Work<Task, Result> => {
    const known = opened.get(job) ?? open(shared.get(job) as Data);
    opened.set(job, known);
    return known;
  };
  const run = async (job: number, task: Task): Promise<void> => {
    try {
      const { result, transfer = [] } = await work(job)(task);
      port.postMessage({ kind: 'done', result } satisfies FromThread, transfer);
    } catch (error) {
      port.postMessage(failureOf(error));
    }
  };
  port.on('message', (message: ToThread) => {
    if (message.kind === 'open') shared.set(message.job, message.data as Data);
    else if (message.kind === 'run') void run(message.job, message.task as Task);
    else {
      shared.delete(message.job);
      opened.delete(message.job);
    }
  });
}

function failureOf(error: unknown): FromThread {
  if (error instanceof DomainError) return { kind: 'refused', code: error.code, message: error.message };
  const { errorName, frames } = describeError(error);
  return { kind: 'failed', errorName: String(errorName), frames: String(frames ?? '') };
}
