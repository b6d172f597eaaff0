import type { SourceRecordId } from '@aceso/kernel';
import type { Tx } from '@aceso/platform';
import { copyRows, int4, maybe, text, uuid } from '../data/binary-copy';
import type { PlacedVersion } from './open-record';

/** A line of a segment in which a provider takes an earlier version back. */
export interface RetractedLine {
  readonly sourceRecordId: SourceRecordId;
  readonly sequence: number;
  /** From 1 within the segment. */
  readonly line: number;
  readonly type: string;
}

/** Those of a segment's versions that take an earlier one back. */
export function retractedLines(
  place: Pick<RetractedLine, 'sourceRecordId' | 'sequence'>,
  versions: readonly PlacedVersion[],
): readonly RetractedLine[] {
  return versions.flatMap(({ retracts: type }, index) =>
    type === undefined ? [] : [{ ...place, line: index + 1, type }],
  );
}

/** Stores them, with the numbers that their persons' gates gave to them; a record without a person has none. */
export async function copyRetractedLines(
  tx: Tx,
  lines: readonly RetractedLine[],
  numbers: ReadonlyMap<SourceRecordId, number>,
): Promise<void> {
  if (lines.length === 0) return;
  await copyRows(
    tx,
    'register.retracted_line (source_record_id, sequence, line, resource_type, number)',
    lines.map(({ sourceRecordId, sequence, line, type }) => [
      uuid(sourceRecordId),
      int4(sequence),
      int4(line),
      text(type),
      maybe(numbers.get(sourceRecordId), int4),
    ]),
  );
}
