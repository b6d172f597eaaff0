import { Injectable } from '@nestjs/common';
import { Database, type Tx } from '@aceso/platform';
import {
  FACT_LOCK,
  forgetCodes,
  numberCodes,
  readBlocks,
  readRowFacts,
  writeBlocks,
  type StoredBlock,
} from './data/block-rows';
import { BLOCK_SLOTS, encodeFacts, encodePersons, factEntries, type FactEntry, type PersonEntry } from './domain';

/** Persons that one transaction merges, at most: their facts are held in memory. */
export const MERGE_PERSONS_MAX = 8_192;
/** A block of persons is merged when so many of them have facts in rows or left facts behind ... */
const CHANGES_MIN = 512;
/** ... and they are this share of all of them, ... */
const CHANGES_SHARE = 0.05;
/** ... or when facts that somebody left behind are so old. */
const LEFT_HOURS_MAX = 24;

/** What one transaction moved. */
export interface Merged {
  readonly persons: number;
  readonly facts: number;
  /** Slots whose facts went out of the blocks. */
  readonly emptied: number;
}

/** Moves facts from rows into blocks (ADR 36). Whoever counts sees each fact once, before, meanwhile and afterwards. */
@Injectable()
export class FactMerge {
  constructor(private readonly database: Database) {}

  /** Numbers of the blocks that have enough to merge. */
  async due(): Promise<number[]> {
    const rows = await this.database.query<{ blk: number }>(
      'index',
      `select slot >> 16 as blk from facts.slot group by 1
       having count(*) filter (where (index_no is null) = merged) >= greatest($1::integer, $2::double precision * count(*))
           or min(retired_at) < clock_timestamp() - make_interval(hours => $3::integer) order by 1`,
      [CHANGES_MIN, CHANGES_SHARE, LEFT_HOURS_MAX],
    );
    return rows.map(({ blk }) => blk);
  }

  /** Merges all that there is in these blocks, or in all; tells of each transaction. Persons that are just written wait for the next time. */
  async *mergeAll(blocks?: readonly number[]): AsyncGenerator<Merged> {
    for (const blk of blocks ?? (await this.changed())) {
      for (;;) {
        const merged = await this.database.transaction('index', (tx) => this.merge(tx, blk));
        if (merged.persons + merged.emptied === 0) break;
        yield merged;
      }
    }
    await this.database.transaction('index', forgetCodes);
  }

  private async changed(): Promise<number[]> {
    const rows = await this.database.query<{ blk: number }>(
      'index',
      'select distinct slot >> 16 as blk from facts.slot where (index_no is null) = merged order by 1',
    );
    return rows.map(({ blk }) => blk);
  }

  /** A slot is locked before its facts, in the order in which whoever writes a person does; locked ones are left out. */
  private async merge(tx: Tx, blk: number): Promise<Merged> {
    await tx.query('select pg_advisory_xact_lock($1::integer, $2::integer)', [FACT_LOCK, blk]);
    const range = [blk * BLOCK_SLOTS, (blk + 1) * BLOCK_SLOTS - 1];
    const fresh = await tx.query<{ slot: number; index_no: string }>(
      `update facts.slot s set merged = true from (
         select slot from facts.slot where index_no is not null and not merged and slot between $1 and $2
          order by slot limit $3 for update skip locked) as held
        where s.slot = held.slot returning s.slot, s.index_no`,
      [...range, MERGE_PERSONS_MAX],
    );
    const left = await tx.query<{ slot: number }>(
      `select slot from facts.slot where index_no is null and merged and slot between $1 and $2
        order by slot for update skip locked`,
      range,
    );
    if (fresh.length + left.length === 0) return { persons: 0, facts: 0, emptied: 0 };
    const slots = fresh.map(({ slot }) => slot);
    await numberCodes(tx, slots);
    const facts = await readRowFacts(tx, slots);
    const emptied = left.map(({ slot }) => slot);
    await writeBlocks(tx, blk, await rewritten(tx, { blk, facts, emptied }));
    await this.writePersons(tx, blk, range);
    await tx.execute('delete from facts.fact where index_no = any($1::bigint[])', [fresh.map((each) => each.index_no)]);
    await tx.execute('update facts.slot set merged = false, retired_at = null where slot = any($1::integer[])', [
      emptied,
    ]);
    const count = [...facts.values()].reduce((sum, entries) => sum + entries.length, 0);
    return { persons: slots.length, facts: count, emptied: emptied.length };
  }

  private async writePersons(tx: Tx, blk: number, range: readonly number[]): Promise<void> {
    const persons = await tx.query<PersonEntry>(
      `select s.slot, p.birth_month as "birthMonth", p.sex, p.zip3, p.state
         from facts.slot s join facts.person p using (index_no) where s.merged and s.slot between $1 and $2`,
      range,
    );
    await tx.execute('delete from facts.person_block where blk = $1', [blk]);
    if (persons.length === 0) return;
    await tx.execute('insert into facts.person_block (blk, n, data) values ($1, $2, $3)', [
      blk,
      persons.length,
      encodePersons(persons),
    ]);
  }
}

interface Change {
  readonly blk: number;
  /** New facts, by code. */
  readonly facts: ReadonlyMap<number, readonly FactEntry[]>;
  /** Slots whose facts go. */
  readonly emptied: readonly number[];
}

/** The blocks that change, as they become: without the facts of emptied slots, with the new ones. */
async function rewritten(tx: Tx, { blk, facts, emptied }: Change): Promise<StoredBlock[]> {
  const goes = new Uint8Array(BLOCK_SLOTS);
  for (const slot of emptied) goes[slot & (BLOCK_SLOTS - 1)] = 1;
  const blocks: StoredBlock[] = [];
  const added = new Map(facts);
  for await (const { code, columns } of readBlocks(tx, blk, emptied.length === 0 ? facts.keys() : undefined)) {
    const entries = added.get(code);
    if (!entries && !columns.slots.some((slot) => goes[slot])) continue;
    const kept = [...factEntries(columns)].filter(({ slot }) => !goes[slot]);
    blocks.push(stored(code, [...kept, ...(entries ?? []).map(withinBlock)]));
    added.delete(code);
  }
  for (const [code, entries] of added) blocks.push(stored(code, entries.map(withinBlock)));
  return blocks;
}

const withinBlock = (entry: FactEntry): FactEntry => ({ ...entry, slot: entry.slot & (BLOCK_SLOTS - 1) });

const stored = (code: number, entries: readonly FactEntry[]): StoredBlock => ({
  code,
  n: entries.length,
  ...encodeFacts(entries),
});
