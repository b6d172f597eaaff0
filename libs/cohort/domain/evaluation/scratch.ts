/** Bytes that a thread keeps from one evaluation to the next, at most. */
const KEPT_BYTES_MAX = 16 * 1024 * 1024;
/** Of a number of any of the arrays below. */
const ALIGNED_TO = 4;

// One evaluation of a thread at a time. Fresh memory is handed out by the system page by page, at the first touch of each: for arrays that are
// read once that takes longer than what is done with them.
let memory = new ArrayBuffer(0);
let used = 0;

/** Starts an evaluation: what the one before was given is used again. */
export function reuse(): void {
  if (used > memory.byteLength) memory = new ArrayBuffer(Math.min(used, KEPT_BYTES_MAX));
  used = 0;
}

/** Whole numbers, whichever stand there, until the next evaluation. */
export function numbersFor(n: number): Int32Array {
  const at = taken(n * Int32Array.BYTES_PER_ELEMENT);
  return at === undefined ? new Int32Array(n) : new Int32Array(memory, at, n);
}

/** Small numbers, whichever stand there, until the next evaluation. */
export function shortsFor(n: number): Int16Array {
  const at = taken(n * Int16Array.BYTES_PER_ELEMENT);
  return at === undefined ? new Int16Array(n) : new Int16Array(memory, at, n);
}

/** Zeros until the next evaluation. */
export function zerosFor(n: number): Uint8Array {
  const at = taken(n);
  return at === undefined ? new Uint8Array(n) : new Uint8Array(memory, at, n).fill(0);
}

/** Where so many bytes begin; undefined where there are not as many left: there are when the next evaluation asks for as much. */
function taken(bytes: number): number | undefined {
  const at = used;
  used += Math.ceil(bytes / ALIGNED_TO) * ALIGNED_TO;
  return used > memory.byteLength ? undefined : at;
}
