import { serveJobs } from '@aceso/platform/threads';
import { evaluate, type BlockAnswer, type BlockTask } from './domain/evaluation/evaluate';

serveJobs<null, BlockTask, BlockAnswer>(() => (task) => {
  const result = evaluate(task);
  return { result, transfer: [result.slots.buffer as ArrayBuffer] };
});
