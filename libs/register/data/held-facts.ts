import type { Tx } from '@aceso/platform';
import { BLOCK_SLOTS, FACT_CODE_PARTS, factCodeKey, factEntries, NO_DAY, type FactCode } from '../domain';
import { readBlocks } from './block-rows';

const DAY_MS = 86_400_000;

/** A fact as one line: equal facts are equal lines. */
export function factLine(
  fact: FactCode & {
    /** YYYY-MM-DD. */
    readonly start: string | null | undefined;
    readonly value: number | null | undefined;
  },
): string {
  return factCodeKey(fact, fact.start ?? '', fact.value ?? null);
}

interface Code extends FactCode {
  readonly number: number;
}

/** What the index holds of the persons of one block, in rows and in columns, by slot. The transaction is one snapshot. */
export async function heldFacts(tx: Tx, blk: number): Promise<Map<number, string[]>> {
  const found = new Map<number, string[]>();
  const add = (slot: number, line: string): void => {
    const known = found.get(slot);
    if (known) known.push(line);
    else found.set(slot, [line]);
  };
  const codes = new Map<number, Code>();
  for (const code of await tx.query<Code>(`select number, ${FACT_CODE_PARTS} from facts.code`)) {
    codes.set(code.number, code);
  }
  for await (const { code, columns } of readBlocks(tx, blk)) {
    const known = codes.get(code)!;
    for (const { slot, day, value } of factEntries(columns)) {
      add(blk * BLOCK_SLOTS + slot, factLine({ ...known, start: dayText(day), value }));
    }
  }
  const rows = await tx.query<Parameters<typeof factLine>[0] & { readonly slot: number }>(
    `select s.slot, ${FACT_CODE_PARTS}, f.start_date::text as start, f.value
       from facts.slot s join facts.fact f using (index_no)
      where not f.superseded and s.slot between $1 and $2`,
    [blk * BLOCK_SLOTS, (blk + 1) * BLOCK_SLOTS - 1],
  );
  for (const { slot, ...fact } of rows) add(slot, factLine(fact));
  return found;
}

const dayText = (day: number): string | null =>
  day === NO_DAY ? null : new Date(day * DAY_MS).toISOString().slice(0, 'YYYY-MM-DD'.length);
