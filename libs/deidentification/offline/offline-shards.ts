import { readFile } from 'node:fs/promises';
import {
  byDateThenPseudonym,
  CodePersons,
  dropRareCodes,
  withoutDanglingReferences,
  type ProjectedRow,
} from '../domain';
import { joined, push } from './offline-lines';
import type { Counted, OfflineShared, ShardWork, Written } from './offline-tasks';

type Rules = Pick<OfflineShared, 'policy' | 'rare'>;

/** Counts the persons of each code in a shard, once codes that are known to be rare are dropped. */
export async function countShard(rules: Rules, shard: ShardWork): Promise<Counted> {
  const codes = new CodePersons();
  for (const [person, rows] of await personsOf(shard)) if (shard.staying.has(person)) codes.add(kept(rows, rules));
  return codes.counts();
}

/** The final rows of a shard. */
export async function writeShard(rules: Rules, shard: ShardWork): Promise<Written> {
  const texts = new Map<string, string[]>();
  let rowsWithoutPatient = 0;
  for (const [person, rows] of await personsOf(shard)) {
    if (shard.staying.has(person)) {
      for (const row of withoutDanglingReferences(kept(rows, rules).sort(byDateThenPseudonym)))
        push(texts, row.resourceType, `${JSON.stringify(row)}\n`);
    } else if (!shard.suppressed.has(person)) rowsWithoutPatient += rows.length;
  }
  return { texts: joined(texts), rowsWithoutPatient };
}

const kept = (rows: readonly ProjectedRow[], { policy, rare }: Rules): ProjectedRow[] =>
  rows.map((row) => dropRareCodes(row, rare, policy)).filter((row) => row !== null);

/** Persons by ascending pseudonym with their rows. Of a row that was read twice the last one counts. */
async function personsOf({ path }: ShardWork): Promise<readonly (readonly [string, readonly ProjectedRow[]])[]> {
  const persons = new Map<string, Map<string, ProjectedRow>>();
  for (const line of (await readFile(path, 'utf8')).split('\n')) {
    if (line === '') continue;
    const [person, row] = JSON.parse(line) as [string, ProjectedRow];
    const rows = persons.get(person) ?? new Map<string, ProjectedRow>();
    if (rows.size === 0) persons.set(person, rows);
    rows.set(`${row.type}/${row.row.id}`, row);
  }
  return [...persons].sort(([a], [b]) => (a < b ? -1 : 1)).map(([person, rows]) => [person, [...rows.values()]]);
}
