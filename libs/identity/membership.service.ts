import { Injectable } from '@nestjs/common';
import type { PartyId } from '@aceso/kernel';
import { hex } from '@aceso/kernel';
import { AuditService } from '@aceso/audit';
import { Ledger } from '@aceso/ledger';
import type { Tx } from '@aceso/platform';
import type { Actor } from '@aceso/platform/graphql';
import { IdentityError, MEMBERSHIP } from './domain';
import { StatementService } from './statement.service';

/** Which physicians act for which providers, as providers attest. */
@Injectable()
export class MembershipService {
  constructor(
    private readonly statements: StatementService,
    private readonly audit: AuditService,
    private readonly ledger: Ledger,
  ) {}

  /**
   * Begins or ends a membership from this moment on, as the provider signed. What stands already stands: then nothing
   * changes. Throws PHYSICIAN_UNKNOWN, MEMBERSHIP_UNKNOWN or a refusal of the statement.
   */
  async attest(tx: Tx, provider: Actor, text: string): Promise<{ physician: PartyId; member: boolean }> {
    const { claims, digest, acceptedAt, repeated } = await this.statements.accept(tx, text, {
      ...MEMBERSHIP,
      actor: provider,
    });
    const { physician, member } = claims;
    const answer = { physician: physician as PartyId, member };
    if (repeated) return answer;
    const change = { provider: provider.partyId, physician, digest: hex.decode(digest), at: acceptedAt };
    if (member ? await begin(tx, change) : await end(tx, change)) {
      const act = member ? 'membership.began' : 'membership.ended';
      const accessEventId = await this.audit.record(tx, {
        act,
        actorId: provider.partyId,
        objectType: 'party',
        objectId: physician,
        outcome: 'permitted',
        detail: { statement: digest },
      });
      const payload = { provider: provider.partyId, physician, statement: digest };
      await this.ledger.append(tx, { kind: 'administration', code: act, payload, accessEventId });
    }
    return answer;
  }

  /** The active providers that a physician is a member of now. */
  async providersOf(tx: Tx, physician: PartyId): Promise<readonly PartyId[]> {
    const rows = await tx.query<{ id: PartyId }>('select id from identity.providers_of($1) as id order by id', [
      physician,
    ]);
    return rows.map(({ id }) => id);
  }
}

interface Change {
  readonly provider: string;
  readonly physician: string;
  readonly digest: Uint8Array;
  readonly at: Date;
}

/** False when the membership stands already. */
async function begin(tx: Tx, { provider, physician, digest, at }: Change): Promise<boolean> {
  const known = await tx.query(
    `select from identity.party where id = $1 and role = 'physician' and identity.is_active(id, clock_timestamp())`,
    [physician],
  );
  if (known.length === 0) throw new IdentityError('PHYSICIAN_UNKNOWN', 'no active party of this id is a physician');
  const begun = await tx.execute(
    `insert into identity.membership (statement_digest, provider_id, physician_id, began_at) values ($1, $2, $3, $4)
     on conflict (provider_id, physician_id) where ended_at is null do nothing`,
    [digest, provider, physician, at],
  );
  return begun === 1;
}

async function end(tx: Tx, { provider, physician, digest, at }: Change): Promise<boolean> {
  const ended = await tx.execute(
    `update identity.membership set ended_at = greatest($4::timestamptz, began_at), ended_by = $3
      where provider_id = $1 and physician_id = $2 and ended_at is null`,
    [provider, physician, digest, at],
  );
  if (ended === 0) throw new IdentityError('MEMBERSHIP_UNKNOWN', 'the physician is no member of the provider');
  return true;
}
