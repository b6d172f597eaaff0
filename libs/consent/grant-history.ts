import { Injectable } from '@nestjs/common';
import type { PartyId } from '@aceso/kernel';
import type { Tx } from '@aceso/platform';

/** A grant as its own patient sees it. */
export interface OwnGrant {
  /** Lower-case hexadecimal; what a revocation names. */
  readonly digest: string;
  readonly requestId: string;
  readonly version: number;
  readonly recordedAt: Date;
  readonly expiresAt: Date;
  readonly revokedAt: Date | null;
  /** True when standing terms answered: the statement is then the terms. */
  readonly byTerms: boolean;
  /** The statement as it was signed. */
  readonly text: string;
}

/** What a patient agreed to, newest first. */
@Injectable()
export class GrantHistory {
  /** Up to `limit` grants of a party after the one with the digest `after`; row-level security hides those of others. */
  async ownGrants(tx: Tx, partyId: PartyId, page: { limit: number; after: string | null }): Promise<OwnGrant[]> {
    await tx.actAs(partyId);
    return tx.query<OwnGrant>(
      `select encode(granted.digest, 'hex') as digest, granted.request_id as "requestId", granted.version,
              granted.recorded_at as "recordedAt", granted.expires_at as "expiresAt",
              revocation.recorded_at as "revokedAt", statement.text,
              granted.terms_digest is not null as "byTerms"
         from consent.grant granted
         join identity.statement on statement.digest = granted.statement_digest
         left join consent.revocation on revocation.grant_digest = granted.digest
        where granted.party_id = $1
          and ($2::text is null or (granted.recorded_at, granted.digest) <
              (select last.recorded_at, last.digest from consent.grant last where last.digest = decode($2, 'hex')))
        order by granted.recorded_at desc, granted.digest desc
        limit $3`,
      [partyId, page.after, page.limit],
    );
  }
}
