import type { PartyId, SourceRecordId } from '@aceso/kernel';
import type { Tx } from '@aceso/platform';

/**
 * What identity has to know about source records, which belong to a context below it: the register provides this class.
 * Without it nothing can be attested.
 */
export abstract class SourceRecordDirectory {
  /** The provider that holds a patient's source record; null when there is no such record, or it is no patient's. */
  abstract providerOf(tx: Tx, sourceRecordId: SourceRecordId): Promise<PartyId | null>;

  /** True when the register proposes that these two source records, given in ascending order, are of one person. */
  abstract isLinkProposed(tx: Tx, first: SourceRecordId, second: SourceRecordId): Promise<boolean>;
}
