import type { Tx } from '@aceso/platform';
import type { Actor } from '@aceso/platform/graphql';
import { IdentityError } from './domain';

/** What a recovered key is told before its time. */
const RESTRICTED = 'the key was recovered a short time ago: until restrictedUntil (myKeys) it permits nothing';

/** Throws KEY_RESTRICTED where a key that permits nothing before `restrictedUntil` is used at `at` all the same. */
export function refuseBefore(restrictedUntil: Date | null, at: Date): void {
  if (restrictedUntil !== null && restrictedUntil > at) throw new IdentityError('KEY_RESTRICTED', RESTRICTED);
}

/** For acts that no statement is signed for, such as a payout: the key of the session may be a recovered one. */
export async function refuseRestrictedKey(tx: Tx, { did }: Pick<Actor, 'did'>, at: Date): Promise<void> {
  const [key] = await tx.query<{ restrictedUntil: Date | null }>(
    'select restricted_until as "restrictedUntil" from identity.party_key where did = $1',
    [did],
  );
  refuseBefore(key?.restrictedUntil ?? null, at);
}
