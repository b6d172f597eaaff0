import { concat } from '@aceso/kernel';
import type { InputLines } from './offline-tasks';

/** Bytes of lines that one task holds, but for a longer line, which is a task by itself: memory holds a few a thread. */
export const TASK_BYTES_MAX = 1024 * 1024;

/** Cuts lines into tasks. Where the cuts lie changes nothing in what comes out. */
export function* inputTasks(lines: Iterable<Uint8Array>, bytesMax = TASK_BYTES_MAX): Generator<InputLines> {
  let texts: Uint8Array[] = [];
  let ends: number[] = [];
  let end = 0;
  for (const line of lines) {
    if (texts.length > 0 && end + line.length > bytesMax) {
      yield { text: concat(...texts), ends };
      [texts, ends, end] = [[], [], 0];
    }
    texts.push(line);
    ends.push((end += line.length));
  }
  if (texts.length > 0) yield { text: concat(...texts), ends };
}
