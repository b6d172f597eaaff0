import type { JsonMembers } from './element-rules';
import type { ProjectedRow, ReleasedRow } from './projector';

/** A row and what places it within its person. */
export type PlacedRow = Pick<ProjectedRow, 'row' | 'sortDate'>;

/**
 * Order of the rows of one person after the Patient row: by shifted date and, within a day, by pseudonym, so that neither
 * the time of day nor the order of the source is left.
 */
export function byDateThenPseudonym(a: PlacedRow, b: PlacedRow): number {
  if (a.sortDate !== b.sortDate) return a.sortDate < b.sortDate ? -1 : 1;
  return a.row.id < b.row.id ? -1 : 1;
}

/** Removes references of a person's rows to rows that are not among them: outside the window, too rare, not asked for. */
export function withoutDanglingReferences(rows: readonly ProjectedRow[]): ReleasedRow[] {
  const present = new Set(rows.map(({ type, row }) => `${type}/${row.id}`));
  return rows.map(({ row }) => withoutReferences(row, (reference) => !present.has(reference)));
}

/** The row without references that dangle, itself where none does; references to the person stay. */
export function withoutReferences(row: ReleasedRow, dangles: (reference: string) => boolean): ReleasedRow {
  return prune(row, ({ reference }) => {
    return typeof reference === 'string' && !reference.startsWith('Patient/') && dangles(reference);
  }) as ReleasedRow;
}

/** Whether an object goes; `holder` is the object whose member it is, itself or in an array. */
export type Refusal = (object: JsonMembers, holder: JsonMembers) => boolean;

const NO_HOLDER: JsonMembers = Object.freeze({});

/**
 * A copy without the objects that are refused, and without the arrays and objects of which nothing is left; the value
 * itself when nothing is refused. Shared objects are never changed.
 */
export function prune(value: unknown, refuses: Refusal, holder = NO_HOLDER): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return pruneArray(value, refuses, holder);
  if (refuses(value as JsonMembers, holder)) return undefined;
  let copy: Record<string, unknown> | undefined;
  for (const member in value) {
    const before = (value as JsonMembers)[member];
    if (typeof before !== 'object') continue;
    const after = prune(before, refuses, value as JsonMembers);
    if (after === before) continue;
    copy ??= { ...value };
    if (after === undefined) delete copy[member];
    else copy[member] = after;
  }
  if (copy === undefined) return value;
  return Object.keys(copy).length === 0 ? undefined : copy;
}

function pruneArray(values: readonly unknown[], refuses: Refusal, holder: JsonMembers): unknown {
  let changed = false;
  const kept: unknown[] = [];
  for (const value of values) {
    const after = prune(value, refuses, holder);
    changed ||= after !== value;
    if (after !== undefined) kept.push(after);
  }
  if (!changed) return values;
  return kept.length === 0 ? undefined : kept;
}
