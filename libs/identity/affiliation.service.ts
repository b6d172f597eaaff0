import { Injectable } from '@nestjs/common';
import type { PartyId, PersonId } from '@aceso/kernel';
import { AuditService } from '@aceso/audit';
import { Ledger } from '@aceso/ledger';
import type { Tx } from '@aceso/platform';
import type { Actor } from '@aceso/platform/graphql';
import { IdentityError } from './domain';

/** Two parties that belong together, or did. */
export interface Affiliation {
  readonly id: string;
  readonly partyIds: readonly [PartyId, PartyId];
  readonly declaredAt: Date;
  /** Null while it stands. */
  readonly endedAt: Date | null;
}

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
   * Declares that two parties belong together. Said again it changes nothing. Throws AFFILIATION_REFUSED unless both are
   * research centers or providers, and two.
   */
  async declare(tx: Tx, officer: Actor, parties: readonly [PartyId, PartyId]): Promise<void> {
    await tx.actAs(officer.partyId);
    const [first, second] = inOrder(parties);
    const known = await tx.query(
      `select id from identity.party where id in ($1, $2) and role in ('researcher', 'provider')`,
      [first, second],
    );
    if (known.length !== 2) {
      throw new IdentityError('AFFILIATION_REFUSED', 'name two parties, each of them a research center or a provider');
    }
    const declared = await tx.execute(
      `insert into identity.affiliation (first_party_id, second_party_id, declared_by) values ($1, $2, $3)`,
      [first, second, officer.partyId],
    );
    if (declared === 1) await this.report(tx, officer, { act: 'party.affiliated', parties: [first, second] });
  }

  /**
   * Ends an affiliation. Its history stays: packages that were released and patients who were bound before the end count as
   * before, as one party may have kept what the other had; what comes later is apart. Said again it changes nothing. Throws
   * AFFILIATION_REFUSED where the two were never declared.
   */
  async end(tx: Tx, officer: Actor, parties: readonly [PartyId, PartyId]): Promise<void> {
    await tx.actAs(officer.partyId);
    const [first, second] = inOrder(parties);
    const declared = await tx.query<{ id: string }>(
      'select id from identity.affiliation where first_party_id = $1 and second_party_id = $2',
      [first, second],
    );
    if (declared.length === 0) {
      throw new IdentityError('AFFILIATION_REFUSED', 'name two parties that were declared to belong together');
    }
    const ended = await tx.execute(
      `insert into identity.affiliation_end (affiliation_id, ended_by) select unnest($1::uuid[]), $2 on conflict do nothing`,
      [declared.map(({ id }) => id), officer.partyId],
    );
    if (ended > 0) await this.report(tx, officer, { act: 'party.affiliation-ended', parties: [first, second] });
  }

  /** Up to `limit` affiliations that the acting party is in, or an officer's all; newest first, after the one named. */
  async list(tx: Tx, actor: Actor, page: { after: string | null; limit: number }): Promise<readonly Affiliation[]> {
    await tx.actAs(actor.partyId);
    return tx.query<Affiliation>(
      `select a.id, array[a.first_party_id, a.second_party_id]::text[] as "partyIds", a.declared_at as "declaredAt",
              e.ended_at as "endedAt"
         from identity.affiliation a left join identity.affiliation_end e on e.affiliation_id = a.id
        where $1::uuid is null or (a.declared_at, a.id) <
              (select last.declared_at, last.id from identity.affiliation last where last.id = $1)
        order by a.declared_at desc, a.id desc limit $2`,
      [page.after, page.limit],
    );
  }

  /** The affiliation that stands between two parties; null where there is none now. */
  async standing(tx: Tx, parties: readonly [PartyId, PartyId]): Promise<Pick<Affiliation, 'id' | 'declaredAt'> | null> {
    const [found] = await tx.query<Pick<Affiliation, 'id' | 'declaredAt'>>(
      `select a.id, a.declared_at as "declaredAt" from identity.affiliation a
        where a.first_party_id = $1 and a.second_party_id = $2
          and not exists (select from identity.affiliation_end e where e.affiliation_id = a.id)`,
      [...inOrder(parties)],
    );
    return found ?? null;
  }

  /**
   * Those of the persons who hide nobody from a buyer: a provider that hangs together with it vouches for them, or did before that
   * affiliation ended. Said in one place, the database's `identity.vouched_for`.
   */
  async vouchedAmong(tx: Tx, buyerId: PartyId, personIds: readonly PersonId[]): Promise<ReadonlySet<PersonId>> {
    const rows = await tx.query<{ id: PersonId }>(
      'select id from identity.vouched_for($1) as id where id = any ($2::uuid[])',
      [buyerId, personIds],
    );
    return new Set(rows.map(({ id }) => id));
  }

  /** The party itself and everyone who hangs together with it now, over any number of declarations. */
  async affiliatesOf(tx: Tx, partyId: PartyId): Promise<ReadonlySet<PartyId>> {
    const rows = await tx.query<{ id: PartyId }>('select id from identity.affiliates($1) as id', [partyId]);
    return new Set(rows.map(({ id }) => id));
  }

  private async report(
    tx: Tx,
    officer: Actor,
    { act, parties }: { readonly act: string; readonly parties: readonly [PartyId, PartyId] },
  ): Promise<void> {
    const [first, second] = parties;
    const accessEventId = await this.audit.record(tx, {
      act,
      actorId: officer.partyId,
      objectType: 'party',
      objectId: first,
      outcome: 'permitted',
      detail: { with: second },
    });
    const payload = { officer: officer.partyId, parties: [first, second] };
    await this.ledger.append(tx, { kind: 'administration', code: act, payload, accessEventId });
  }
}

const inOrder = (parties: readonly [PartyId, PartyId]): [PartyId, PartyId] => [...parties].sort() as [PartyId, PartyId];
