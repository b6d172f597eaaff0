import { IdentityError } from './identity.errors';
import type { ChainClaims } from './claims';

/** The newest statement of a party that changed what is permitted; sequence 0 and no digest before the first. */
export interface ChainHead {
  readonly sequence: number;
  readonly digest: string | null;
}

export const EMPTY_CHAIN: ChainHead = { sequence: 0, digest: null };

/** Checks that claims continue a chain. Throws SEQUENCE_MISMATCH or PREVIOUS_MISMATCH. */
export function checkChain(head: ChainHead, claims: ChainClaims): void {
  if (claims.seq !== head.sequence + 1) {
    throw new IdentityError('SEQUENCE_MISMATCH', 'seq is not the number after the newest statement');
  }
  if (claims.prev !== head.digest) {
    throw new IdentityError('PREVIOUS_MISMATCH', 'prev is not the digest of the newest statement');
  }
}
