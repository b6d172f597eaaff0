import { open, type FileHandle } from 'node:fs/promises';
import type { LineBlock } from '@aceso/fhir';
import { readLineBlocks, type BrokenLine } from './line-source';

/** Read at once: smaller pieces cost more turns than reading. */
export const READ_BYTES = 512 * 1024;

/**
 * The lines of a file of this machine, as {@link readLineBlocks} gives them. Memory for reading is used again, so a block
 * is gone with the next one: copy what you keep.
 */
export function readFileLines(path: string): AsyncGenerator<LineBlock | BrokenLine> {
  return readLineBlocks(chunksOf(path));
}

/** Two buffers in turn: one is read into while the other is worked on. */
async function* chunksOf(path: string): AsyncGenerator<Uint8Array> {
  const file = await open(path);
  // Node's Buffer: it finds a byte several times faster than a plain Uint8Array does.
  let [current, next] = [Buffer.allocUnsafeSlow(READ_BYTES), Buffer.allocUnsafeSlow(READ_BYTES)];
  let reading = readInto(file, current);
  try {
    for (let bytes = await reading; bytes > 0; bytes = await reading) {
      reading = readInto(file, next);
      yield current.subarray(0, bytes);
      [current, next] = [next, current];
    }
  } finally {
    await reading.catch(() => undefined);
    await file.close();
  }
}

function readInto(file: FileHandle, buffer: Buffer): Promise<number> {
  const reading = file.read(buffer, 0, buffer.length).then(({ bytesRead }) => bytesRead);
  // Told where it is awaited; until then nobody listens.
  reading.catch(() => undefined);
  return reading;
}
