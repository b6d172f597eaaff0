import type { Pseudonymise } from './pseudonym';

/** Where a resource stands in the register: source record (a random number of ours), segment, line. */
export interface RowPosition {
  readonly sourceRecordId: string;
  readonly sequence: number;
  readonly line: number;
}

/** A resource as far as its row needs it. */
interface Identified {
  readonly resourceType: string;
  readonly id?: unknown;
}

/** A reference as it leaves: `Type/<pseudonym>`. One object a row, shared by all that refer to it. */
export interface RowReference {
  readonly reference: string;
}

/** Gives the resources of one person their pseudonyms, for rows and for references between them. */
export interface RecordRows {
  /** Takes note of a resource, before any is projected, so that references to it can be followed. */
  note(resource: Identified, position: RowPosition): void;
  /** Pseudonym of the row at a position. */
  own(resource: Identified, position: RowPosition): string;
  /** Reference to a resource that another one of the same source record names; `undefined` when it is not there. */
  referred(type: string, id: string, sourceRecordId: string): RowReference | undefined;
}

/** Rows whose pseudonym is kept for the references to them; a longer record's are computed again. */
const KEPT_PSEUDONYMS_MAX = 50_000;

/** One for each resource of a person: the smallest that follows references. */
interface Row {
  readonly sequence: number;
  readonly line: number;
  released: boolean;
  pseudonym: string | undefined;
  reference: RowReference | undefined;
}

/**
 * Rows of a sale: the number under the pseudonym is the resource's position in the register, so nothing of a provider's
 * id goes into it. Two providers may use the same id; references stay inside one source record.
 */
export class RegisterRows implements RecordRows {
  private readonly records = new Map<string, Map<string, Map<unknown, Row>>>();
  private kept = 0;

  constructor(private readonly pseudonymise: Pseudonymise) {}

  note(resource: Identified, { sourceRecordId, sequence, line }: RowPosition): void {
    let types = this.records.get(sourceRecordId);
    if (!types) this.records.set(sourceRecordId, (types = new Map()));
    let rows = types.get(resource.resourceType);
    if (!rows) types.set(resource.resourceType, (rows = new Map()));
    rows.set(resource.id, { sequence, line, released: false, pseudonym: undefined, reference: undefined });
  }

  /** Counts as released from here on. */
  own({ resourceType, id }: Identified, position: RowPosition): string {
    const row = this.row(resourceType, id, position.sourceRecordId);
    if (row === undefined) return rowPseudonym(this.pseudonymise, resourceType, position);
    row.released = true;
    return this.pseudonymOf(resourceType, position.sourceRecordId, row);
  }

  referred(type: string, id: string, sourceRecordId: string): RowReference | undefined {
    const row = this.row(type, id, sourceRecordId);
    if (row === undefined) return undefined;
    return (row.reference ??= { reference: `${type}/${this.pseudonymOf(type, sourceRecordId, row)}` });
  }

  /** References that were given out, to rows that were not released: outside the window, not asked for. */
  unreleased(): ReadonlySet<string> {
    const references = new Set<string>();
    for (const types of this.records.values()) {
      for (const rows of types.values()) {
        for (const { released, reference } of rows.values())
          if (!released && reference) references.add(reference.reference);
      }
    }
    return references;
  }

  private row(type: string, id: unknown, sourceRecordId: string): Row | undefined {
    return this.records.get(sourceRecordId)?.get(type)?.get(id);
  }

  private pseudonymOf(type: string, sourceRecordId: string, row: Row): string {
    if (row.pseudonym !== undefined) return row.pseudonym;
    const { sequence, line } = row;
    const pseudonym = rowPseudonym(this.pseudonymise, type, { sourceRecordId, sequence, line });
    if (this.kept < KEPT_PSEUDONYMS_MAX) {
      row.pseudonym = pseudonym;
      this.kept += 1;
    }
    return pseudonym;
  }
}

/** Pseudonym of the row that comes from a position of the register: it can be told again without the resource. */
export function rowPseudonym(pseudonymise: Pseudonymise, resourceType: string, position: RowPosition): string {
  return pseudonymise(rowDomain(resourceType), positionNumber(position));
}

/** One domain a type: equal numbers of two types give unrelated pseudonyms. */
export function rowDomain(resourceType: string): string {
  return `pseudonym/${resourceType}`;
}

function positionNumber({ sourceRecordId, sequence, line }: RowPosition): string {
  return `${sourceRecordId}/${sequence}/${line}`;
}
