import { rowDomain, type Pseudonymise, type RecordRows, type RowPosition, type RowReference } from '../domain';

/**
 * Rows of a file outside the register: there are no random numbers here, so pseudonyms are keyed over the file's own ids.
 * Resources may come in any order and in any file; references to resources that never come are pruned at the end.
 */
export class FileRows implements RecordRows {
  constructor(private readonly pseudonymise: Pseudonymise) {}

  note(): void {
    // nothing to remember: the id itself is the number under the pseudonym
  }

  own(resource: { readonly resourceType: string; readonly id?: unknown }, position: RowPosition): string {
    return this.pseudonym(resource.resourceType, String(resource.id), position.sourceRecordId);
  }

  referred(type: string, id: string, sourceRecordId: string): RowReference {
    return { reference: `${type}/${this.pseudonym(type, id, sourceRecordId)}` };
  }

  private pseudonym(type: string, id: string, sourceRecordId: string): string {
    return this.pseudonymise(rowDomain(type), `${sourceRecordId}/${type}/${id}`);
  }
}
