import type { Pseudonymise } from './pseudonym';

/** Where a resource stands in the register: source record (a random number of ours), segment, line. */
export interface RowPosition {
  readonly sourceRecordId: string;
  readonly sequence: number;
  readonly line: number;
}

/** Gives the resources of one person their pseudonyms, for rows and for references between them. */
export interface RecordRows {
  /** Takes note of a resource, before any is projected, so that references to it can be followed. */
  note(resource: { readonly resourceType: string; readonly id?: unknown }, position: RowPosition): void;
  /** Pseudonym of the row at a position. */
  own(resource: { readonly resourceType: string; readonly id?: unknown }, position: RowPosition): string;
  /** Pseudonym of a resource that another one of the same source record refers to; `undefined` when it is not there. */
  referred(type: string, id: string, sourceRecordId: string): string | undefined;
}

interface Row {
  readonly number: string;
  pseudonym: string | undefined;
}

/**
 * Rows of a sale: the number under the pseudonym is the resource's position in the register, so nothing of a provider's
 * id goes into it. Two providers may use the same id; references stay inside one source record.
 */
export class RegisterRows implements RecordRows {
  private readonly records = new Map<string, Map<string, Map<unknown, Row>>>();

  constructor(private readonly pseudonymise: Pseudonymise) {}

  note(resource: { readonly resourceType: string; readonly id?: unknown }, position: RowPosition): void {
    let types = this.records.get(position.sourceRecordId);
    if (!types) this.records.set(position.sourceRecordId, (types = new Map()));
    let rows = types.get(resource.resourceType);
    if (!rows) types.set(resource.resourceType, (rows = new Map()));
    rows.set(resource.id, { number: positionNumber(position), pseudonym: undefined });
  }

  own(resource: { readonly resourceType: string; readonly id?: unknown }, position: RowPosition): string {
    return (
      this.referred(resource.resourceType, resource.id, position.sourceRecordId) ??
      this.pseudonymise(rowDomain(resource.resourceType), positionNumber(position))
    );
  }

  referred(type: string, id: unknown, sourceRecordId: string): string | undefined {
    const row = this.records.get(sourceRecordId)?.get(type)?.get(id);
    if (row === undefined) return undefined;
    return (row.pseudonym ??= this.pseudonymise(rowDomain(type), row.number));
  }
}

/** One domain a type: equal numbers of two types give unrelated pseudonyms. */
export function rowDomain(resourceType: string): string {
  return `pseudonym/${resourceType}`;
}

function positionNumber({ sourceRecordId, sequence, line }: RowPosition): string {
  return `${sourceRecordId}/${sequence}/${line}`;
}
