import type { CommonClaims } from './claims';
import { KEY_REVOCATION, type KeyRevocationClaims } from './key-statement';
import { LOGIN } from './statement-kind';

/**
 * Whether a statement of a recovered key, in the time in which that permits nothing, permits nothing indeed: a login, the end
 * of that key itself, or what `narrows` says of its claims. Anything else is refused: whoever came by the key wrongly must
 * gain nothing, and not be able to shut the owner out, while the owner can still end the key.
 */
export function keepsRestriction<Claims extends CommonClaims>(
  typ: string,
  claims: Claims,
  narrows: ((claims: Claims) => boolean) | undefined,
): boolean {
  if (typ === LOGIN.typ) return true;
  if (typ === KEY_REVOCATION.typ) return (claims as unknown as KeyRevocationClaims).key === claims.signer;
  return narrows?.(claims) ?? false;
}
