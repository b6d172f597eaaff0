import { Injectable } from '@nestjs/common';
import { AuditService } from '@aceso/audit';
import { hex } from '@aceso/kernel';
import { Ledger } from '@aceso/ledger';
import type { Tx } from '@aceso/platform';
import type { ChainClaims, CommonClaims } from './domain';
import type { Accepted } from './statement.service';

/** What a statement of a chain did. */
export interface StatementAct {
  readonly act: string;
  readonly detail?: { readonly [name: string]: string | number };
}

/**
 * Records acts that stand in a party's chain of statements: of a patient as an entry about its person, which it reads under
 * its access events; of any other party as an act of administration, which that party alone opens. The ledger entry commits to the statement's digest and
 * number, so the receipt of the newest one proves where the chain stood: a statement that was dropped shows.
 */
@Injectable()
export class StatementJournal {
  constructor(
    private readonly audit: AuditService,
    private readonly ledger: Ledger,
  ) {}

  /** Records an accepted statement in the acting transaction, which acts as its signer. */
  async record(tx: Tx, accepted: Accepted<CommonClaims & ChainClaims>, { act, detail }: StatementAct): Promise<void> {
    const { partyId, signerId, personId, digest, claims } = accepted;
    const { authority } = claims;
    const appointed = typeof authority === 'object' ? { appointment: authority.evidence } : {};
    const said = { ...detail, statement: digest, sequence: claims.seq, ...appointed };
    const eventId = await this.audit.record(tx, {
      act,
      actorId: signerId,
      ...(personId ? { subjectId: personId } : {}),
      outcome: 'permitted',
      ...(signerId !== partyId && { basis: 'guardian' }),
      detail: said,
    });
    const entryId = personId
      ? null
      : await this.ledger.append(tx, { kind: 'administration', code: act, payload: said, subjectId: partyId });
    await tx.execute(
      `insert into identity.statement_event (statement_digest, party_id, event_id, ledger_entry_id)
       values ($1, $2, $3, $4)`,
      [hex.decode(digest), partyId, eventId, entryId],
    );
  }
}
