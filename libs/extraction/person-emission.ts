import { RegisterRows, withoutReferences, type PlacedRow, type ReleasedRow } from '@aceso/deidentification/domain';
import type { ReadRecord } from '@aceso/register';
import type { CompiledSale } from './emitted-sale';
import type { OpenedPerson } from './shard-opening';

/** Bytes of JSON text of one person that are kept parsed; a longer record is read twice. */
export const HELD_BYTES_MAX = 8 * 1024 * 1024;

/** One person, de-identified. */
export interface EmittedPerson {
  /** Of all rows, each once. */
  readonly codes: ReadonlySet<string>;
  /** The Patient row first, then by shifted date; references lead only to rows that are among them. To be read once. */
  readonly rows: AsyncIterable<ReleasedRow>;
}

/** What the emission has to know of a person. */
export type EmittedOne = Pick<OpenedPerson, 'personId' | 'shiftDays' | 'attributes'>;

/** Takes the rows of one person, each with the bytes that it was made of, and gives them back in their order. */
export interface RowOrder {
  add(row: PlacedRow, bytes: number): Promise<void> | void;
  inOrder(): AsyncIterable<ReleasedRow> | Iterable<ReleasedRow>;
}

/** Where the records of a person come from, the same each time, and where its rows are sorted. */
interface PersonWork {
  readonly entries: () => AsyncIterable<ReadRecord> | Iterable<ReadRecord>;
  readonly sorted: RowOrder;
}

/**
 * De-identifies one person. Beyond what the limits hold, memory keeps of each resource only where it stands (some 150
 * bytes; a source record has a million at most): all must be noted before the first is projected. What reading throws comes
 * before the first row.
 */
export async function emitPerson(
  { projector, pseudonymise }: CompiledSale,
  { personId, shiftDays, attributes }: EmittedOne,
  { entries, sorted }: PersonWork,
  heldBytesMax = HELD_BYTES_MAX,
): Promise<EmittedPerson> {
  const noted = new RegisterRows(pseudonymise);
  const person = projector.person(personId, { rows: noted, shiftDays });
  const held: ReadRecord[] = [];
  let bytes = 0;
  for await (const entry of entries()) {
    projector.note(entry.resource, entry.position, person);
    bytes += entry.bytes;
    if (bytes <= heldBytesMax) held.push(entry);
    else held.length = 0;
  }
  const codes = new Set<string>();
  for await (const entry of bytes <= heldBytesMax ? held : entries()) {
    const projected = projector.project(entry.resource, entry.position, person);
    if (!projected) continue;
    for (const code of projected.codes) codes.add(code);
    await sorted.add(projected, entry.bytes);
  }
  const patient = projector.patient(person, attributes).row;
  return { codes, rows: inOrder(patient, sorted, noted.unreleased()) };
}

async function* inOrder(
  patient: ReleasedRow,
  sorted: RowOrder,
  dangling: ReadonlySet<string>,
): AsyncGenerator<ReleasedRow> {
  yield patient;
  for await (const row of sorted.inOrder()) {
    yield dangling.size === 0 ? row : withoutReferences(row, (reference) => dangling.has(reference));
  }
}
