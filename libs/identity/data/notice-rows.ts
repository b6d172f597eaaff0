import type { PartyId } from '@aceso/kernel';
import type { Tx } from '@aceso/platform';

/** Something that every device of a party has to show. */
export interface Notice {
  /** Counts up with time: the cursor of a page. */
  readonly number: string;
  readonly kind: 'recovery-requested' | 'recovery-vetoed' | 'recovery-finished';
  readonly noticedAt: Date;
  /** Digest of the recovery, which a veto names. */
  readonly recovery: string;
  /** The key that was asked for. */
  readonly did: string;
  /** Until when the recovery waits. */
  readonly waitsUntil: Date;
}

const NOTICES = `
select n.number::text, n.kind, n.noticed_at as "noticedAt", encode(n.recovery_digest, 'hex') as recovery, r.did,
       r.waits_until as "waitsUntil"
  from identity.notice n join identity.recovery r on r.statement_digest = n.recovery_digest`;

/** Up to `limit` notices of the acting party before a number, newest first. */
export async function selectNotices(
  tx: Tx,
  partyId: PartyId,
  page: { readonly limit: number; readonly before: string | null },
): Promise<Notice[]> {
  return tx.query<Notice>(
    `${NOTICES} where n.party_id = $1 and ($2::bigint is null or n.number < $2) order by n.number desc limit $3`,
    [partyId, page.before, page.limit],
  );
}

/** Up to `limit` notices of the acting party since a moment, newest first. */
export async function selectNoticesSince(
  tx: Tx,
  partyId: PartyId,
  { since, limit }: { readonly since: Date; readonly limit: number },
): Promise<Notice[]> {
  return tx.query<Notice>(`${NOTICES} where n.party_id = $1 and n.noticed_at > $2 order by n.number desc limit $3`, [
    partyId,
    since,
    limit,
  ]);
}
