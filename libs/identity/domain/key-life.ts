import type { KeyKind } from '@aceso/kernel';
import { CLOCK_SKEW_SECONDS } from './check-statement';

/** A key of a party, and between which times what it signed counts; milliseconds since 1970-01-01T00:00:00Z. */
export interface KeyLife {
  readonly did: string;
  readonly kind: KeyKind;
  readonly addedAt: number;
  /** When it was revoked, or when it fell into other hands as the revocation says; null while it lives. */
  readonly until: number | null;
}

/** Why a key does not stand for a statement: it is none of the party's, or its time was over. */
export type KeyFault = 'OTHER_KEY' | 'KEY_REVOKED';

/**
 * Whether one of a party's keys stands for a statement that was accepted at `acceptedAt` (milliseconds); null when it does. What
 * a key signed before its end stays signed, for ever. The database accepts nothing of a key that is not there: the
 * beginning is judged with the skew that clocks may have.
 */
export function keyFault(
  keys: readonly KeyLife[],
  signed: { readonly kid: string; readonly alg: KeyKind },
  acceptedAt: number,
): KeyFault | null {
  const key = keys.find(({ did, kind }) => did === signed.kid && kind === signed.alg);
  if (!key || acceptedAt + CLOCK_SKEW_SECONDS * 1000 < key.addedAt) return 'OTHER_KEY';
  return key.until !== null && acceptedAt > key.until ? 'KEY_REVOKED' : null;
}
