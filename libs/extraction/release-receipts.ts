import { Injectable } from '@nestjs/common';
import type { LedgerEntryId } from '@aceso/kernel';
import { AuditService, type AccessEventInput } from '@aceso/audit';
import { Ledger } from '@aceso/ledger';
import { withExtra } from '@aceso/ledger/domain';
import { Database } from '@aceso/platform';
import type { Actor } from '@aceso/platform/graphql';
import { Participations, type StoredParticipation } from './participations';

/** A member's receipt of one release. */
export interface ReleaseReceipt {
  readonly entryId: LedgerEntryId;
  readonly index: string;
  /** Canonical JSON of the member's own leaf: order, role, grant of a person, what it earned. */
  readonly payload: string;
  /** A `.tlog-proof` with entry, opening and the member's path; null while the entry is not in a published checkpoint. */
  readonly file: string | null;
}

/** Receipts of releases for those who are in them (transparency-log.md 12.2): each sees its own part and no other. */
@Injectable()
export class ReleaseReceipts {
  constructor(
    private readonly database: Database,
    private readonly ledger: Ledger,
    private readonly audit: AuditService,
    private readonly participations: Participations,
  ) {}

  /**
   * Receipts of the acting party, newest first, of all entries before an index. Each is opened, with an access event; one
   * more than `limit`, not opened, tells that there are more.
   */
  async own(
    actor: Actor,
    page: { readonly limit: number; readonly before: string | null },
  ): Promise<readonly ReleaseReceipt[]> {
    const { rows, opened } = await this.database.transaction('api', async (tx) => {
      await tx.actAs(actor.partyId);
      const found = await this.participations.own(tx, { before: page.before, limit: page.limit + 1 });
      const shown = found.slice(0, page.limit);
      const events = await this.audit.recordMany(
        tx,
        shown.map((row) => openingEvent(actor, row)),
      );
      return { rows: found, opened: await this.participations.open(tx, shown, events) };
    });
    return Promise.all(
      rows.map(async ({ entryId, index }, at) => {
        const part = opened[at];
        if (!part) return { entryId, index, payload: '', file: null };
        const found = await this.ledger.proof(entryId);
        const file = found && withExtra(found.proof, { entry: found.entry, ...part });
        return { entryId, index, payload: part.member.payload, file };
      }),
    );
  }
}

/** Which order it was stands in the sealed opening, and of a provider nowhere. */
function openingEvent({ partyId, personId }: Actor, { orderId }: StoredParticipation): AccessEventInput {
  const event = { act: 'release.receipt-opened', actorId: partyId, outcome: 'permitted' } as const;
  return personId ? { ...event, subjectId: personId, detail: { order: orderId } } : event;
}
