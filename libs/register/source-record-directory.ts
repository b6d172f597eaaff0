import { Injectable } from '@nestjs/common';
import { SourceRecordDirectory } from '@aceso/identity';
import type { PartyId, SourceRecordId } from '@aceso/kernel';
import type { Tx } from '@aceso/platform';

/** Tells identity what it must know of source records. */
@Injectable()
export class RegisteredSourceRecords extends SourceRecordDirectory {
  async providerOf(tx: Tx, sourceRecordId: SourceRecordId): Promise<PartyId | null> {
    const [row] = await tx.query<{ provider_id: PartyId }>(
      `select provider_id from register.source_record where id = $1 and kind = 'patient' and erased_at is null`,
      [sourceRecordId],
    );
    return row?.provider_id ?? null;
  }

  async isLinkProposed(tx: Tx, first: SourceRecordId, second: SourceRecordId): Promise<boolean> {
    const rows = await tx.query(
      'select 1 from register.link where first_source_record_id = $1 and second_source_record_id = $2',
      [first, second],
    );
    return rows.length > 0;
  }
}
