import { Injectable } from '@nestjs/common';
import type { PartyId } from '@aceso/kernel';
import { AuditService } from '@aceso/audit';
import { Ledger } from '@aceso/ledger';
import type { Tx } from '@aceso/platform';
import type { Actor } from '@aceso/platform/graphql';
import { IdentityError } from './domain';

/**
 * Which research centers and providers belong together. What one of them has, the others are taken to have too, and the
 * patients whom one vouches for hide nobody from the others.
 */
@Injectable()
export class AffiliationService {
  constructor(
    private readonly audit: AuditService,
    private readonly ledger: Ledger,
  ) {}

  /**
   * Declares that two parties belong together, for good: what one had, the other may have kept. Said again it changes
   * nothing. Throws AFFILIATION_REFUSED unless both are research centers or providers, and two.
   */
  async declare(tx: Tx, officer: Actor, parties: readonly [PartyId, PartyId]): Promise<void> {
    const [first, second] = [...parties].sort() as [PartyId, PartyId];
    const known = await tx.query(
      `select id from identity.party where id in ($1, $2) and role in ('researcher', 'provider')`,
      [first, second],
    );
    if (known.length !== 2) {
      throw new IdentityError('AFFILIATION_REFUSED', 'name two parties, each of them a research center or a provider');
    }
    const declared = await tx.execute(
      `insert into identity.affiliation (first_party_id, second_party_id, declared_by) values ($1, $2, $3)
       on conflict do nothing`,
      [first, second, officer.partyId],
    );
    if (declared === 0) return;
    const accessEventId = await this.audit.record(tx, {
      act: 'party.affiliated',
      actorId: officer.partyId,
      objectType: 'party',
      objectId: first,
      outcome: 'permitted',
      detail: { with: second },
    });
    const payload = { officer: officer.partyId, parties: [first, second] };
    await this.ledger.append(tx, { kind: 'administration', code: 'party.affiliated', payload, accessEventId });
  }

  /** The party itself and everyone who hangs together with it, over any number of declarations. */
  async affiliatesOf(tx: Tx, partyId: PartyId): Promise<ReadonlySet<PartyId>> {
    const rows = await tx.query<{ id: PartyId }>('select id from identity.affiliates($1) as id', [partyId]);
    return new Set(rows.map(({ id }) => id));
  }
}
