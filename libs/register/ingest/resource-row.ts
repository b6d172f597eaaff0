import {
  isEnteredInError,
  readBirthDate,
  readIdentifiers,
  type Finding,
  type LineReading,
  type PatientIdentifier,
  type ReadEntry,
  type ReadResource,
} from '@aceso/fhir';

/** What matching needs of a Patient resource; stays in memory until it is hashed. */
export interface PatientIdentity {
  readonly identifiers: readonly PatientIdentifier[];
  readonly birthDate: string | undefined;
}

/** A resource on its way into the register. */
export interface ResourceRow {
  readonly line: number;
  readonly entry: number;
  readonly type: string;
  readonly id: string;
  /** The provider's own id of the patient; undefined for what belongs to nobody. */
  readonly localId: string | undefined;
  readonly canonical: Uint8Array;
  /** Present for a Patient resource. */
  readonly identity?: PatientIdentity;
  /** Present where it says of itself that it was entered in error. */
  readonly enteredInError?: true;
  /** Present where it must wait although its patient may be known. */
  readonly quarantine?: Finding;
}

/** An entry that is no row: refused, or quarantined with nothing to wait for. */
export interface FindingRow {
  readonly line: number;
  readonly entry: number;
  readonly finding: Finding;
  readonly canonical?: Uint8Array;
}

export interface LineRows {
  readonly line: number;
  readonly blank: boolean;
  readonly rows: readonly (ResourceRow | FindingRow)[];
}

/** What the ingest keeps of a line once it is parsed: bytes, no parsed resource. */
export function rowsOf({ number, blank, entries }: LineReading): LineRows {
  return { line: number, blank, rows: entries.map((entry) => rowOf(number, entry)) };
}

function rowOf(line: number, entry: ReadEntry): ResourceRow | FindingRow {
  return 'read' in entry ? resourceRow(entry.read, { line, entry: entry.entry }) : { line, ...entry };
}

/** The row of a resource that was read, at its place in the file. */
export function resourceRow(read: ReadResource, place: { readonly line: number; readonly entry: number }): ResourceRow {
  const { type, id, placement, canonical, quarantine, resource } = read;
  const isPatient = type === 'Patient';
  return {
    ...place,
    type,
    id,
    localId: placement.kind === 'patient' ? placement.localId : undefined,
    canonical,
    ...(isEnteredInError(resource) && { enteredInError: true }),
    ...(isPatient ? { identity: { identifiers: readIdentifiers(resource), birthDate: readBirthDate(resource) } } : {}),
    ...(quarantine === undefined ? {} : { quarantine }),
  };
}
