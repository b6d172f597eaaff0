import { hex, type KeyKind, type PartyId } from '@aceso/kernel';
import type { Tx } from '@aceso/platform';
import { IdentityError, KEYS_MAX, LIVE_KEYS_MAX, type NewKey } from '../domain';

/** A key of a party, as the party sees it. */
export interface PartyKey {
  readonly did: string;
  readonly kind: KeyKind;
  readonly addedAt: Date;
  readonly revokedAt: Date | null;
  /** From when on it may have been in other hands, as its revocation says. */
  readonly compromisedSince: Date | null;
  /** Highest number of signatures that a passkey showed; 0 for keys that do not count. */
  readonly signatureCounter: number;
  /** Until when a recovered key permits nothing; null for every other key. */
  readonly restrictedUntil: Date | null;
}

/** A key on its way into identity.party_key; `addedWith` is the digest of the addition, null for the key that registered. */
export type KeyToInsert = NewKey & {
  readonly partyId: PartyId;
  readonly addedAt: Date;
  readonly addedWith: string | null;
};

/** All keys of a party, the oldest first. */
export async function selectKeys(tx: Tx, partyId: PartyId): Promise<PartyKey[]> {
  return tx.query<PartyKey>(
    `select did, kind, added_at as "addedAt", revoked_at as "revokedAt", compromised_since as "compromisedSince",
            sign_count::float8 as "signatureCounter", restricted_until as "restrictedUntil"
       from identity.party_key where party_id = $1 order by added_at, did`,
    [partyId],
  );
}

/** Throws KEY_LIMIT_REACHED when a party can have no further key; `othersEnd`: whether its live ones end for it. */
export async function refuseFullParty(tx: Tx, partyId: PartyId, othersEnd = false): Promise<void> {
  const keys = await selectKeys(tx, partyId);
  const live = othersEnd ? 0 : keys.filter(({ revokedAt }) => revokedAt === null).length;
  if (live < LIVE_KEYS_MAX && keys.length < KEYS_MAX) return;
  throw new IdentityError(
    'KEY_LIMIT_REACHED',
    `a party has ${LIVE_KEYS_MAX} live keys at most, and ${KEYS_MAX} in all: revoke one that is no longer used`,
  );
}

/** Inserts a key; false when somebody has it. */
export async function insertKey(tx: Tx, key: KeyToInsert): Promise<boolean> {
  const { did, kind, signatureCounter, partyId, addedAt, addedWith } = key;
  const inserted = await tx.execute(
    `insert into identity.party_key (did, party_id, kind, sign_count, added_at, added_with)
     values ($1, $2, $3, $4, $5, $6) on conflict (did) do nothing`,
    [did, partyId, kind, signatureCounter, addedAt, addedWith && hex.decode(addedWith)],
  );
  return inserted === 1;
}

/**
 * Ends a live key. It ends no earlier than what it signed was accepted, whatever the clocks of the servers say: a key's past
 * is not undone unless `compromisedSince` says so.
 */
export async function endKey(
  tx: Tx,
  end: { readonly did: string; readonly at: Date; readonly with: string; readonly compromisedSince: Date | null },
): Promise<void> {
  // First the lock, then a statement that sees what committed while it was waited for.
  await tx.query('select from identity.party_key where did = $1 for no key update', [end.did]);
  await tx.execute(
    `update identity.party_key
        set revoked_at = greatest($2::timestamptz, added_at,
                                  (select max(accepted_at) from identity.statement where statement.did = party_key.did)),
            revoked_with = $3, compromised_since = $4
      where did = $1`,
    [end.did, end.at, hex.decode(end.with), end.compromisedSince],
  );
}

/** Remembers the counter that a passkey showed, if it is the highest so far. */
export async function raiseSignatureCounter(tx: Tx, did: string, counter: number): Promise<void> {
  await tx.execute('update identity.party_key set sign_count = $2 where did = $1 and sign_count < $2', [did, counter]);
}
