import type { SourceRecordId } from '@aceso/kernel';
import type { Tx } from '@aceso/platform';
import { readVersions } from './domain';
import type { Position } from './segment-texts';

/** What somebody has of a source record: its lines up to a segment, without what was taken back until then. */
export interface HeldRecord {
  readonly sourceRecordId: SourceRecordId;
  readonly upToSequence: number;
  /** Number of the last retraction that was heeded. */
  readonly after: number;
}

/** A line that somebody has and that its provider took back since. */
export interface RetractedRow extends Position {
  /** Resource type. */
  readonly type: string;
}

interface Mark {
  readonly sourceRecordId: SourceRecordId;
  readonly sequence: number;
  readonly line: number;
  readonly type: string;
  readonly number: number | null;
}

/**
 * What providers took back of these records since, by the version lists alone: no record is opened. What was sent again after
 * that, and holds, is not among them.
 */
export async function retractedRows(tx: Tx, held: readonly HeldRecord[]): Promise<readonly RetractedRow[]> {
  const marks = await marksOf(tx, held);
  const rows: RetractedRow[] = [];
  for (const record of held) {
    const own = marks.get(record.sourceRecordId);
    if (!own) continue;
    const lists = await tx.query<{ sequence: number; versions: Uint8Array }>(
      'select sequence, versions from register.segment where source_record_id = $1 order by sequence desc',
      [record.sourceRecordId],
    );
    rows.push(...takenBack(record, lists, own));
  }
  return rows;
}

/** All marks of those records that have a new one. */
async function marksOf(tx: Tx, held: readonly HeldRecord[]): Promise<ReadonlyMap<SourceRecordId, readonly Mark[]>> {
  const found = await tx.query<Mark>(
    `select t.source_record_id as "sourceRecordId", t.sequence, t.line, t.resource_type as type, t.number
       from register.retracted_line t
      where exists (
        select from unnest($1::uuid[], $2::integer[]) h (id, after)
          join register.retracted_line fresh on fresh.source_record_id = h.id and fresh.number > h.after
         where h.id = t.source_record_id)`,
    [held.map(({ sourceRecordId }) => sourceRecordId), held.map(({ after }) => after)],
  );
  const marks = new Map<SourceRecordId, Mark[]>();
  for (const mark of found) marks.set(mark.sourceRecordId, [...(marks.get(mark.sourceRecordId) ?? []), mark]);
  return marks;
}

/** Goes from the newest segment to the oldest: of each name the first version that is no mark decides. */
function takenBack(
  { sourceRecordId, upToSequence, after }: HeldRecord,
  lists: readonly { readonly sequence: number; readonly versions: Uint8Array }[],
  marks: readonly Mark[],
): readonly RetractedRow[] {
  const byPlace = new Map(marks.map((mark) => [`${mark.sequence}/${mark.line}`, mark]));
  /** By name: the type of what is taken back, or null where that was heeded before. */
  const retracted = new Map<string, string | null>();
  const standing = { beyond: new Set<string>(), within: new Set<string>() };
  const rows: RetractedRow[] = [];
  for (const { sequence, versions } of lists) {
    const isWithin = sequence <= upToSequence;
    const names = readVersions(versions).map(({ name }) => name);
    for (let line = names.length; line >= 1; line--) {
      const name = names[line - 1] as string;
      const seen = isWithin ? standing.within : standing.beyond;
      if (seen.has(name)) continue;
      const mark = byPlace.get(`${sequence}/${line}`);
      if (mark) {
        if (isWithin || (mark.number ?? 0) <= after) retracted.set(name, null);
        else if (!retracted.has(name)) retracted.set(name, mark.type);
        continue;
      }
      seen.add(name);
      const type = retracted.get(name);
      if (isWithin && type) rows.push({ sourceRecordId, sequence, line, type });
    }
  }
  return rows;
}
