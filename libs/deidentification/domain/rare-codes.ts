import { assert } from '@aceso/kernel';
import type { JsonMembers } from './element-rules';
import { prune } from './person-rows';
import { comparatorKey, lostModifier, withoutPlainCodes } from './plain-codes';
import type { Policy } from './policy';
import type { ProjectedRow, ReleasedRow } from './projector';
import { unitKeys } from './unit';

/** Counts the distinct persons of each code, of each unit of a code and of each plain code. Memory grows with the codes, not with the persons. */
export class CodePersons {
  private readonly persons = new Map<string, number>();

  /** Adds the codes of all rows of one person, once a person. */
  add(rows: Iterable<Pick<ProjectedRow, 'codes'>>): void {
    const codes = new Set<string>();
    for (const row of rows) for (const code of row.codes) codes.add(code);
    for (const code of codes) this.persons.set(code, (this.persons.get(code) ?? 0) + 1);
  }

  counts(): ReadonlyMap<string, number> {
    return this.persons;
  }
}

/** Adds the keys of all codings and units in a released row: those under which the projector counted them. */
export function collectCodes(value: unknown, codes: Set<string>, holder?: JsonMembers): void {
  if (typeof value !== 'object' || value === null) return;
  if (Array.isArray(value)) {
    for (const item of value) collectCodes(item, codes, holder);
    return;
  }
  for (const key of keysOf(value as JsonMembers, holder)) codes.add(key);
  for (const name in value) collectCodes((value as JsonMembers)[name], codes, value as JsonMembers);
}

/** The codes that fewer than `k` persons of an order have: they name their persons and leave in no file. */
export function rareCodes(counts: ReadonlyMap<string, number>, k: number): ReadonlySet<string> {
  assert(Number.isInteger(k) && k >= 1, 'k is a positive whole number');
  return new Set([...counts].filter(([, persons]) => persons < k).map(([code]) => code));
}

/**
 * The row without codes that are too rare and without quantities in units that are, or `null` when its primary code is
 * gone, or one that turns its meaning. What is emptied on the way is removed; the row itself is returned when it holds no
 * rare code.
 */
export function dropRareCodes(
  projected: ProjectedRow,
  rare: ReadonlySet<string>,
  policy: Pick<Policy, 'resources'>,
): ProjectedRow | null {
  if (!projected.codes.some((code) => rare.has(code))) return projected;
  const plain = withoutPlainCodes(projected.row, rare, policy);
  if (!plain) return null;
  const row = prune(plain, (value, holder) => keysOf(value, holder).some((key) => rare.has(key))) as ReleasedRow;
  if (lostModifier(projected.row, row)) return null;
  const primary = policy.resources[projected.type]?.primary ?? [];
  if (primary.length > 0 && !primary.some((element) => row[element] !== undefined)) return null;
  return { ...projected, row, codes: projected.codes.filter((code) => !rare.has(code)) };
}

/** Quantities have a system and a code too, and a value: what may be rare of them is their unit, or their comparator. */
function keysOf(value: JsonMembers, holder: JsonMembers | undefined): readonly string[] {
  const { system, code, unit, comparator } = value;
  if ('value' in value) {
    const units = typeof unit === 'string' ? unitKeys(holder?.['code'], unit) : [];
    return typeof comparator === 'string' ? [...units, comparatorKey(comparator)] : units;
  }
  return typeof system === 'string' && typeof code === 'string' ? [`${system}|${code}`] : [];
}
