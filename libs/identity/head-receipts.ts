import { Injectable } from '@nestjs/common';
import type { LedgerEntryId, PartyId } from '@aceso/kernel';
import { Ledger, type Receipt } from '@aceso/ledger';
import { Database } from '@aceso/platform';
import type { ChainHead } from './domain';
import { StatementService } from './statement.service';

/** Where a party's chain stands, and what proves that it was shown to stand there. */
export interface HeadReceipt extends ChainHead {
  readonly digest: string;
  /** Null while the entry is not in a published checkpoint. */
  readonly receipt: Receipt | null;
}

/** The receipt of the newest statement of a chain (privacy-and-keys section 7). */
@Injectable()
export class HeadReceipts {
  constructor(
    private readonly database: Database,
    private readonly statements: StatementService,
    private readonly ledger: Ledger,
  ) {}

  /** Head of a party's chain with its receipt, opened; null before the first statement. */
  async of(partyId: PartyId): Promise<HeadReceipt | null> {
    const found = await this.database.transaction('api', async (tx) => {
      await tx.actAs(partyId);
      const { sequence, digest } = await this.statements.head(tx, partyId);
      const [event] = await tx.query<{ entryId: LedgerEntryId }>(
        `select coalesce(recorded.ledger_entry_id, event.ledger_entry_id) as "entryId"
           from identity.statement_event recorded join audit.access_event event on event.id = recorded.event_id
          where recorded.statement_digest = decode($1, 'hex')`,
        [digest],
      );
      return digest === null ? null : { sequence, digest, entryId: event?.entryId };
    });
    if (!found) return null;
    const { sequence, digest, entryId } = found;
    return { sequence, digest, receipt: entryId ? await this.ledger.receipt(entryId, partyId) : null };
  }
}
