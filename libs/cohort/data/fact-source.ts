import { assert } from '@aceso/kernel';
import { binaryRows, type Tx } from '@aceso/platform';
import {
  BLOCK_SLOTS,
  decodeFacts,
  decodePersons,
  encodePersons,
  FACT_CODE_PARTS,
  factCodeKey,
  FORM_FLOAT,
  NO_DAY,
  type FactCode,
  type FactColumns,
  type PersonColumns,
  type PersonEntry,
} from '@aceso/register/domain';
import type { BlockCache } from './block-cache';
import type { NamedQuery } from './index-codes';

/** A code of the index that criteria name. Codes that stand in rows only have numbers below zero, valid for one snapshot. */
export interface KnownCode extends FactCode {
  readonly number: number;
}

/** What one snapshot holds of the facts that criteria name. */
export interface NamedFacts {
  readonly codes: readonly KnownCode[];
  /** By block, then by the number of the code. */
  readonly blocks: ReadonlyMap<number, Map<number, FactColumns[]>>;
}

type Cache = BlockCache<FactColumns | PersonColumns>;

/** What a process keeps of the index, in one life of the server. */
export interface KeptFacts {
  readonly blocks: Cache;
  /** Codes by number: what a number stands for never changes. */
  readonly codes: BlockCache<KnownCode>;
}

/** Bytes of a code in memory, about. */
const CODE_BYTES = 512;

const withinBlock = (slot: number): number => slot & (BLOCK_SLOTS - 1);

/** Facts of all persons with these codes. The transaction is one snapshot. */
export async function namedFacts(tx: Tx, events: readonly NamedQuery[], kept: KeptFacts): Promise<NamedFacts> {
  const asked = [
    ...new Map(
      events.flatMap(({ kind, codes }) => codes.map((code) => [`${kind} ${code}`, { kind, code }] as const)),
    ).values(),
  ];
  const pairs = [asked.map(({ kind }) => kind), asked.map(({ code }) => code)];
  // As bytes: some hundred versions are there at each question, and as rows of text they take longer than anything else that is read.
  const [stored] = await tx.prepared<{ versions: Buffer | null }>(
    `select string_agg(int4send(c.number) || int4send(coalesce(b.blk, -1)) || int8send(coalesce(b.ver, 0))
                       || int4send(coalesce(b.n, 0)) || int4send(coalesce(b.form, 0)), '') as versions
       from unnest($1::text[], $2::text[]) as asked (kind, code) join facts.code c using (kind, code)
       left join facts.block b on b.code = c.number`,
    pairs,
  );
  const entries = versionsIn(stored!.versions ?? Buffer.alloc(0));
  const codes = new Map<string, KnownCode>();
  for (const code of await knownCodes(tx, new Set(entries.map((entry) => entry.code)), kept)) {
    codes.set(factCodeKey(code), code);
  }
  const versions = entries.filter(({ blk }) => blk >= 0);
  const blocks = new Map<number, Map<number, FactColumns[]>>();
  const add = (blk: number, code: number, columns: FactColumns): void => {
    const block = blocks.get(blk) ?? new Map<number, FactColumns[]>();
    blocks.set(blk, block.set(code, [...(block.get(code) ?? []), columns]));
  };
  await addBlocks(tx, { versions, cache: kept.blocks, add });
  const rows = await tx.prepared<FactCode & { slot: number; day: number | null; value: number | null }>(
    `select s.slot, ${FACT_CODE_PARTS}, f.value, f.start_date - date '1970-01-01' as day
       from unnest($1::text[], $2::text[]) as asked (kind, code)
       join facts.fact f using (kind, code) join facts.slot s using (index_no)
      where not f.superseded`,
    pairs,
  );
  const parts = new Map<string, { blk: number; code: number; rows: typeof rows }>();
  for (const row of rows) {
    const key = factCodeKey(row);
    const code = codes.get(key) ?? { ...row, number: -codes.size - 1 };
    codes.set(key, code);
    const blk = row.slot >> 16;
    const part = parts.get(`${blk} ${code.number}`) ?? { blk, code: code.number, rows: [] };
    part.rows.push(row);
    parts.set(`${blk} ${code.number}`, part);
  }
  for (const { blk, code, rows: some } of parts.values()) add(blk, code, columnsOf(some));
  return { codes: [...codes.values()], blocks };
}

/** Facts in no order as columns. */
export function columnsOf(
  facts: readonly { readonly slot: number; readonly day: number | null; readonly value: number | null }[],
): FactColumns {
  const n = facts.length;
  const columns = { slots: new Uint16Array(n), days: new Int32Array(n), values: new Float64Array(n) };
  facts.forEach(({ slot, day, value }, at) => {
    columns.slots[at] = withinBlock(slot);
    columns.days[at] = day ?? NO_DAY;
    columns.values[at] = value ?? NaN;
  });
  return { n, form: FORM_FLOAT, ...columns };
}

/** One content of a block. */
interface Version {
  readonly code: number;
  readonly blk: number;
  readonly ver: string;
  readonly n: number;
  readonly form: number;
}

/** Bytes of one version in the answer; of a code without blocks there is one with a number of block below zero. */
const VERSION_BYTES = 24;

function versionsIn(bytes: Buffer): Version[] {
  return Array.from({ length: bytes.length / VERSION_BYTES }, (_, nth) => {
    const at = nth * VERSION_BYTES;
    return {
      code: bytes.readInt32BE(at),
      blk: bytes.readInt32BE(at + 4),
      ver: String(bytes.readBigInt64BE(at + 8)),
      n: bytes.readInt32BE(at + 16),
      form: bytes.readInt32BE(at + 20),
    };
  });
}

/** The codes of these numbers; those that are not kept are read. */
async function knownCodes(tx: Tx, numbers: ReadonlySet<number>, { codes }: KeptFacts): Promise<KnownCode[]> {
  const [known, unknown] = [[] as KnownCode[], [] as number[]];
  for (const number of numbers) {
    const code = codes.get(String(number));
    if (code) known.push(code);
    else unknown.push(number);
  }
  if (unknown.length === 0) return known;
  const read = await tx.prepared<KnownCode>(
    `select number, ${FACT_CODE_PARTS} from facts.code where number = any($1::integer[])`,
    [unknown],
  );
  for (const code of read) codes.put(String(code.number), code, CODE_BYTES);
  return [...known, ...read];
}

interface Wanted {
  readonly versions: readonly Version[];
  readonly cache: Cache;
  readonly add: (blk: number, code: number, columns: FactColumns) => void;
}

async function addBlocks(tx: Tx, { versions, cache, add }: Wanted): Promise<void> {
  const missing = new Map<string, Version>();
  for (const version of versions) {
    const { code, blk, ver } = version;
    const columns = cache.get(`${code} ${blk} ${ver}`) as FactColumns | undefined;
    if (columns) add(blk, code, columns);
    else missing.set(`${code} ${blk}`, version);
  }
  if (missing.size === 0) return;
  const byBlock = grouped([...missing.values()], ({ blk }) => blk);
  const places = [...byBlock].map(
    ([blk, some]) => `blk = ${whole(blk)} and code in (${some.map(({ code }) => whole(code)).join(',')})`,
  );
  const sql = `select code, blk, data from facts.block where ${places.join(' or ')}`;
  for await (const rows of binaryRows(tx.copyTo(`copy (${sql}) to stdout (format binary)`))) {
    for (const [first, second, data] of rows as Buffer[][]) {
      const [code, blk] = [first!.readInt32BE(), second!.readInt32BE()];
      const version = missing.get(`${code} ${blk}`)!;
      const columns = decodeFacts(data!, version);
      cache.put(`${code} ${blk} ${version.ver}`, columns, data!.length);
      add(blk, code, columns);
    }
  }
}

/** Items by a key of theirs. */
export function grouped<Item, Key>(items: readonly Item[], keyOf: (item: Item) => Key): Map<Key, Item[]> {
  const groups = new Map<Key, Item[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}

/** COPY takes no parameters. */
function whole(value: number): string {
  assert(Number.isSafeInteger(value), 'only whole numbers stand in the text of a statement');
  return String(value);
}

/** What is said of the persons of each block. The transaction is one snapshot. */
export async function knownPersons(tx: Tx, cache: Cache): Promise<ReadonlyMap<number, readonly PersonColumns[]>> {
  const versions = await tx.prepared<{ blk: number; ver: string; n: number }>(
    'select blk, ver, n from facts.person_block',
  );
  const persons = new Map<number, PersonColumns[]>();
  for (const { blk, ver, n } of versions) {
    const known = cache.get(`persons ${blk} ${ver}`) as PersonColumns | undefined;
    const columns = known ?? (await readPersons(tx, blk, n));
    if (!known) cache.put(`persons ${blk} ${ver}`, columns, columns.slots.buffer.byteLength);
    persons.set(blk, [columns]);
  }
  const rows = await tx.prepared<PersonEntry>(
    `select s.slot, p.birth_month as "birthMonth", p.sex, p.zip3, p.state
       from facts.slot s join facts.person p using (index_no) where s.index_no is not null and not s.merged`,
  );
  for (const [blk, some] of grouped(rows, ({ slot }) => slot >> 16)) {
    persons.set(blk, [...(persons.get(blk) ?? []), decodePersons(encodePersons(some), some.length)]);
  }
  return persons;
}

async function readPersons(tx: Tx, blk: number, n: number): Promise<PersonColumns> {
  const [row] = await tx.query<{ data: Buffer }>('select data from facts.person_block where blk = $1', [blk]);
  return decodePersons(row!.data, n);
}
