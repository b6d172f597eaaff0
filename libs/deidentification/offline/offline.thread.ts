import { hmacSha256, serveJobs } from '@aceso/platform/threads';
import { projectLines, noteLines } from './offline-lines';
import { countShard, writeShard } from './offline-shards';
import type { Counted, Noted, OfflineShared, OfflineTask, Projected, Written } from './offline-tasks';

/** A thread of `aceso deidentify`. */
serveJobs<OfflineShared, OfflineTask, Noted | Projected | Counted | Written>((shared) => {
  const note = noteLines(shared, hmacSha256);
  const project = projectLines(shared, hmacSha256);
  return async (task) => {
    if (task.kind === 'note') return { result: note(task.lines) };
    if (task.kind === 'project') return { result: project(task.lines) };
    if (task.kind === 'count') return { result: await countShard(shared, task.shard) };
    return { result: await writeShard(shared, task.shard) };
  };
});
