import { assert } from '@aceso/kernel';
import { binaryRows, type BinaryField, type Tx } from '@aceso/platform';
import { decodeFacts, FACT_CODE, NO_DAY, type FactColumns, type FactEntry } from '../domain';
import { copyRows, int2, int4 } from './binary-copy';

/** 'FIDX': with the number of a block, held by whoever rewrites blocks; facts.empty_slot has it as well. */
export const FACT_LOCK = 0x46494458;
/** With this number it is the lock of the list of codes. */
export const CODES_LOCK_PLACE = -1;

/** The facts of a code in one block, as stored. */
export interface StoredBlock {
  readonly code: number;
  readonly n: number;
  readonly form: number;
  readonly data: Uint8Array;
}

/** Whole numbers for a statement that takes no parameters. */
export function wholeNumbers(values: Iterable<number>): string {
  const all = [...values];
  for (const value of all) assert(Number.isSafeInteger(value), 'only whole numbers stand in the text of a statement');
  return all.length === 0 ? 'null' : all.join(',');
}

/** Blocks of these codes, or of all; decoded one after the other. */
export async function* readBlocks(
  tx: Tx,
  blk: number,
  codes?: Iterable<number>,
): AsyncGenerator<{ readonly code: number; readonly columns: FactColumns }> {
  const some = codes === undefined ? '' : ` and code in (${wholeNumbers(codes)})`;
  const sql = `select code, n, form, data from facts.block where blk = ${wholeNumbers([blk])}${some}`;
  for await (const rows of binaryRows(tx.copyTo(`copy (${sql}) to stdout (format binary)`))) {
    for (const [code, n, form, data] of rows as Buffer[][]) {
      const shape = { n: n!.readInt32BE(), form: form!.readInt16BE() };
      yield { code: code!.readInt32BE(), columns: decodeFacts(data!, shape) };
    }
  }
}

/** Facts in rows, of the persons at these slots, by the number of their code; what was superseded does not hold. */
export async function readRowFacts(tx: Tx, slots: Iterable<number>): Promise<Map<number, FactEntry[]>> {
  const found = new Map<number, FactEntry[]>();
  const sql = `select c.number, s.slot, f.start_date - date '1970-01-01', f.value
    from facts.slot s join facts.fact f using (index_no)
    join facts.code c using (${FACT_CODE})
   where not f.superseded and s.slot in (${wholeNumbers(slots)})`;
  for await (const rows of binaryRows(tx.copyTo(`copy (${sql}) to stdout (format binary)`))) {
    for (const [code, slot, day, value] of rows) {
      const number = code!.readInt32BE();
      const entry = { slot: slot!.readInt32BE(), day: dayOf(day!), value: value?.readDoubleBE() ?? null };
      const known = found.get(number);
      if (known) known.push(entry);
      else found.set(number, [entry]);
    }
  }
  return found;
}

const dayOf = (field: BinaryField): number => field?.readInt32BE() ?? NO_DAY;

/** Puts blocks in the place of those that stand there; one without facts is removed. */
export async function writeBlocks(tx: Tx, blk: number, blocks: readonly StoredBlock[]): Promise<void> {
  await tx.execute('delete from facts.block where blk = $1 and code = any($2::integer[])', [
    blk,
    blocks.map(({ code }) => code),
  ]);
  await addBlocks(tx, blk, blocks);
}

/** Writes blocks where none of these codes stand; one without facts is left out. Each is made when it is its turn. */
export async function addBlocks(tx: Tx, blk: number, blocks: Iterable<StoredBlock>): Promise<void> {
  await copyRows(tx, 'facts.block (code, blk, n, form, data)', rowsOf(blk, blocks));
}

function* rowsOf(blk: number, blocks: Iterable<StoredBlock>): Generator<readonly Uint8Array[]> {
  for (const { code, n, form, data } of blocks) if (n > 0) yield [int4(code), int4(blk), int4(n), int2(form), data];
}

/** Numbers for the codes of facts in rows that have none. */
export async function numberCodes(tx: Tx, slots: readonly number[]): Promise<void> {
  await tx.query('select pg_advisory_xact_lock_shared($1::integer, $2::integer)', [FACT_LOCK, CODES_LOCK_PLACE]);
  await tx.execute(
    `insert into facts.code (${FACT_CODE})
     select distinct ${FACT_CODE}
       from facts.slot s join facts.fact f using (index_no)
      where not f.superseded and s.slot = any($1::integer[])
      order by ${FACT_CODE}
     on conflict do nothing`,
    [slots],
  );
}

/** Forgets codes that no fact in a block has any more. */
export async function forgetCodes(tx: Tx): Promise<void> {
  await tx.query('select pg_advisory_xact_lock($1::integer, $2::integer)', [FACT_LOCK, CODES_LOCK_PLACE]);
  await tx.execute('delete from facts.code c where not exists (select from facts.block b where b.code = c.number)');
}
