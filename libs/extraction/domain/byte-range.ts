/** Bytes from `start` to `end`, both inclusive; without `end`, to the last byte. */
export interface ByteRange {
  readonly start: number;
  readonly end?: number;
}

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
