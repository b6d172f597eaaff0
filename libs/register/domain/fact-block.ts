import { assert } from '@aceso/kernel';

/** Persons of one block: blk = slot >> 16. */
export const BLOCK_SLOTS = 65_536;
/** A fact without a day, in the column of days. */
export const NO_DAY = -2_147_483_648;
/** A fact without a number, in a column of whole numbers. Columns of float64 have NaN. */
export const NO_VALUE = -2_147_483_648;
/** Values are not there, or float64; from 0 to 9 they are whole numbers: value times ten to this power. */
export const FORM_NONE = -1;
export const FORM_FLOAT = 15;
const DECIMALS_MAX = 9;

/** The facts of one code and one block, a column each, in the order of slots. */
export interface FactColumns {
  readonly n: number;
  /** slot & 65535. */
  readonly slots: Uint16Array;
  /** Days since 1970-01-01, NO_DAY where none is known. */
  readonly days: Int32Array;
  /** As `form` says: nothing, Int32Array or Float64Array. */
  readonly values: Int32Array | Float64Array | null;
  readonly form: number;
}

/** One fact on its way into columns. */
export interface FactEntry {
  readonly slot: number;
  readonly day: number;
  readonly value: number | null;
}

/** Bytes of one fact in a block of this form. */
export function entryBytes(form: number): number {
  return 6 + (form === FORM_NONE ? 0 : form === FORM_FLOAT ? 8 : 4);
}

/**
 * Entries as the bytes of a block, by slot and day. Numbers are kept exactly: as whole numbers where each of them is the
 * quotient of one and the same power of ten, else as they are.
 */
export function encodeFacts(entries: readonly FactEntry[]): { readonly form: number; readonly data: Uint8Array } {
  const sorted = [...entries].sort((a, b) => a.slot - b.slot || a.day - b.day);
  const form = formOf(sorted);
  const n = sorted.length;
  const data = new Uint8Array(n * entryBytes(form));
  const view = new DataView(data.buffer);
  for (const [at, { slot, day, value }] of sorted.entries()) {
    view.setUint16(2 * at, slot & (BLOCK_SLOTS - 1), true);
    view.setInt32(2 * n + 4 * at, day, true);
    if (form === FORM_FLOAT) view.setFloat64(6 * n + 8 * at, value ?? NaN, true);
    else if (form !== FORM_NONE)
      view.setInt32(6 * n + 4 * at, value === null ? NO_VALUE : Math.round(value * 10 ** form), true);
  }
  return { form, data };
}

/** Columns that stand in the order of slots as the bytes of a block. */
export function encodeColumns({ n, slots, days, values, form }: FactColumns): Uint8Array {
  const data = new Uint8Array(n * entryBytes(form));
  let at = 0;
  for (const column of [slots, days, values]) {
    if (column === null) continue;
    assert(column.length === n, 'columns of a block have the same length');
    data.set(new Uint8Array(column.buffer, column.byteOffset, column.byteLength), at);
    at += column.byteLength;
  }
  assert(at === data.length, 'a block has the length that its form says');
  return data;
}

/** The columns of a block in memory that threads share. Hosts are little-endian, as the bytes are. */
export function decodeFacts(data: Uint8Array, { n, form }: { readonly n: number; readonly form: number }): FactColumns {
  assert(data.length === n * entryBytes(form), 'a block has the length that its form says');
  const width = entryBytes(form) - 6;
  // Wide columns first, so that each stands at a multiple of its width.
  const shared = new SharedArrayBuffer(data.length);
  const bytes = new Uint8Array(shared);
  bytes.set(data.subarray(6 * n), 0);
  bytes.set(data.subarray(2 * n, 6 * n), width * n);
  bytes.set(data.subarray(0, 2 * n), width * n + 4 * n);
  return {
    n,
    form,
    slots: new Uint16Array(shared, (width + 4) * n, n),
    days: new Int32Array(shared, width * n, n),
    values:
      form === FORM_NONE ? null : form === FORM_FLOAT ? new Float64Array(shared, 0, n) : new Int32Array(shared, 0, n),
  };
}

/** The entries of a block again. */
export function* factEntries({ n, slots, days, values, form }: FactColumns): Generator<FactEntry> {
  for (let at = 0; at < n; at += 1) {
    yield { slot: slots[at]!, day: days[at]!, value: valueAt(values, form, at) };
  }
}

function valueAt(values: FactColumns['values'], form: number, at: number): number | null {
  if (values === null) return null;
  const value = values[at]!;
  if (form === FORM_FLOAT) return Number.isNaN(value) ? null : value;
  return value === NO_VALUE ? null : value / 10 ** form;
}

/** The fewest decimals that write each number exactly. */
function formOf(entries: readonly FactEntry[]): number {
  let form = FORM_NONE;
  for (const { value } of entries) {
    if (value === null) continue;
    form = Math.max(form, 0);
    while (!isExact(value, form)) if ((form += 1) > DECIMALS_MAX) return FORM_FLOAT;
  }
  // More decimals for one may be too many digits for another.
  return entries.every(({ value }) => value === null || isExact(value, form)) ? form : FORM_FLOAT;
}

/** Zero with a sign is another number for nobody who compares. */
function isExact(value: number, decimals: number): boolean {
  const whole = Math.round(value * 10 ** decimals);
  return Math.abs(whole) < 2 ** 31 && whole / 10 ** decimals === value;
}
