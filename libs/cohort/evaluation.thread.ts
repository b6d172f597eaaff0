import { serveJobs } from '@aceso/platform/threads';
import { evaluateSlots, type BlockAnswer, type BlockTask } from './domain/evaluation/evaluate-slots';

serveJobs<null, BlockTask, BlockAnswer>(() => (task) => {
  const result = evaluateSlots(task);
  return { result, transfer: [result.slots.buffer as ArrayBuffer] };
});
