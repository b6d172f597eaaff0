import { serveJobs } from '@aceso/platform/threads';
import { CohortError } from './domain/cohort.errors';
import { evaluateSlots, type BlockAnswer, type BlockTask } from './domain/evaluation/evaluate-slots';
import { stoppable } from './domain/evaluation/stoppable';

/** A block for a thread. */
export interface ThreadTask extends BlockTask {
  /** One number, shared with whoever asks: other than zero when nobody waits for the answer any more. */
  readonly stop: Int32Array;
}

serveJobs<null, ThreadTask, BlockAnswer>(() => ({ stop, ...task }) => {
  const check = (): void => {
    if (Atomics.load(stop, 0) !== 0) throw new CohortError('COUNT_INTERRUPTED', 'nobody waits for this block');
  };
  const result = evaluateSlots(stoppable(task, check));
  return { result, transfer: [result.slots.buffer as ArrayBuffer] };
});
