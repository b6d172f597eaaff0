import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import { assert } from '@aceso/kernel';
import type { Tx } from '@aceso/platform';

/** One column of a row in PostgreSQL's binary COPY format (manual, COPY, "Binary Format"); null is SQL null. */
export type Field = Uint8Array | null;

const SIGNATURE = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1');
const TRAILER = Buffer.from([0xff, 0xff]);
/** Fields up to this size are joined before they are written; larger ones go out as they are. */
const JOINED_BYTES_MAX = 65_536;
/** PostgreSQL counts days from 2000-01-01, which is this many days after 1970-01-01. */
const EPOCH_DAYS = 10_957;
const DAY_MS = 86_400_000;

/**
 * Copies rows into a table: `target` is `schema.table (columns)`, each row has one field a column. Binary, so that sealed
 * bytes travel as they are.
 */
export async function copyRows(tx: Tx, target: string, rows: Iterable<readonly Field[]>): Promise<void> {
  const stream = tx.copyFrom(`copy ${target} from stdin (format binary)`);
  await pipeline(Readable.from(chunks(rows), { objectMode: true, highWaterMark: 4 }), stream);
}

function* chunks(rows: Iterable<readonly Field[]>): Generator<Uint8Array> {
  let small: Uint8Array[] = [SIGNATURE];
  let held = SIGNATURE.length;
  for (const row of rows) {
    small.push(int2(row.length));
    for (const field of row) {
      small.push(int4(field === null ? -1 : field.length));
      if (field === null) continue;
      held += field.length + 6;
      small.push(field);
    }
    if (held < JOINED_BYTES_MAX) continue;
    yield Buffer.concat(small);
    small = [];
    held = 0;
  }
  small.push(TRAILER);
  yield Buffer.concat(small);
}

export function text(value: string): Field {
  return Buffer.from(value, 'utf8');
}

export function uuid(value: string): Field {
  return Buffer.from(value.replaceAll('-', ''), 'hex');
}

export const bool = (value: boolean): Field => Uint8Array.of(+value);

export function int2(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(2);
  bytes.writeInt16BE(value);
  return bytes;
}

export function int4(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeInt32BE(value);
  return bytes;
}

export function int8(value: bigint): Buffer {
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeBigInt64BE(value);
  return bytes;
}

export function float8(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeDoubleBE(value);
  return bytes;
}

/** A day as `YYYY-MM-DD`. */
export function date(day: string): Buffer {
  const days = Date.parse(`${day}T00:00:00Z`) / DAY_MS;
  assert(Number.isInteger(days), 'a day is YYYY-MM-DD');
  return int4(days - EPOCH_DAYS);
}

/** An instant in milliseconds since 1970. */
export function instant(ms: number): Buffer {
  return int8(BigInt(Math.trunc(ms) - EPOCH_DAYS * DAY_MS) * 1000n);
}

/** Null where the value is undefined. */
export function maybe<Value>(value: Value | undefined, encode: (value: Value) => Field): Field {
  return value === undefined ? null : encode(value);
}
