/** Bytes from `start` to `end`, both inclusive; without `end`, to the last byte. */
export interface ByteRange {
  readonly start: number;
  readonly end?: number;
}

/** Shortest range that is served, unless it goes to the end of the file: every response is an entry of the ledger. */
export const RANGE_BYTES_MIN = 65_536;

const SINGLE = /^bytes=(\d{1,15})-(\d{0,15})$/;

/**
 * A `Range` header as one range of bytes (RFC 9110 section 14.2). Every other form (several ranges, a suffix, other units)
 * may be answered with the whole file: undefined.
 */
export function parseRange(header: string | undefined): ByteRange | undefined {
  const parts = SINGLE.exec(header ?? '');
  if (!parts) return undefined;
  const [start, end] = [Number(parts[1]), parts[2] ? Number(parts[2]) : undefined];
  if (end === undefined) return { start };
  return end < start ? undefined : { start, end };
}

/**
 * The bytes of a file that are sent for a range, both ends included; null for a range outside of the file or for a small
 * one before its end (416, RFC 9110 section 15.5.17).
 */
export function servedRange(asked: ByteRange | undefined, bytes: number): Required<ByteRange> | null {
  const last = bytes - 1;
  const { start = 0, end = last } = asked ?? {};
  if (start > last) return null;
  if (end < last && end - start + 1 < RANGE_BYTES_MIN) return null;
  return { start, end: Math.min(end, last) };
}
