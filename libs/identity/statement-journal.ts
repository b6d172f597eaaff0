import { Injectable } from '@nestjs/common';
import { AuditService } from '@aceso/audit';
import { assert, hex } from '@aceso/kernel';
import type { Tx } from '@aceso/platform';
import type { ChainClaims, CommonClaims } from './domain';
import type { Accepted } from './statement.service';

/** What a statement of a chain did. */
export interface StatementAct {
  readonly act: string;
  readonly detail?: { readonly [name: string]: string | number };
}

/**
 * Records acts of patients that stand in their chain of statements. The ledger entry commits to the statement's digest and
 * number, so the receipt of the newest one proves where the chain stood: a statement that was dropped shows.
 */
@Injectable()
export class StatementJournal {
  constructor(private readonly audit: AuditService) {}

  /** Records an accepted statement in the acting transaction, which acts as its signer. */
  async record(tx: Tx, accepted: Accepted<CommonClaims & ChainClaims>, { act, detail }: StatementAct): Promise<void> {
    const { partyId, personId, digest, claims } = accepted;
    assert(personId, 'only patients have chains of statements');
    const eventId = await this.audit.record(tx, {
      act,
      actorId: partyId,
      subjectId: personId,
      outcome: 'permitted',
      detail: { ...detail, statement: digest, sequence: claims.seq },
    });
    await tx.execute(
      'insert into identity.statement_event (statement_digest, party_id, event_id) values ($1, $2, $3)',
      [hex.decode(digest), partyId, eventId],
    );
  }
}
