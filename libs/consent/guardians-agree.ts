import type { Accepted } from '@aceso/identity';
import type { CommonClaims } from '@aceso/identity/domain';
import type { Tx } from '@aceso/platform';
import { ConsentError, type GrantTarget } from './domain';

/** The matter on which another guardian may have said no: discovery, or one request version. */
export type GuardedMatter =
  | { readonly said: 'terms' }
  | { readonly said: 'revoked'; readonly request: Pick<GrantTarget, 'requestId' | 'version'> };

// A no counts while the authority of whoever said it stands.
const STANDING = `
  join identity.statement s on s.digest = said.statement_digest
  join identity.guardian_appointment a on a.statement_digest = s.appointment_digest
   and a.guardian_id <> $2 and a.ended_at is null and a.until > $3`;

/**
 * Throws GUARDIANS_DISAGREE where a guardian would permit what another guardian of the ward refused: then neither permits, until the
 * one who refused permits it, or is guardian no longer. A no needs nobody's agreement. The transaction acts as the ward.
 */
export async function refuseDisagreement(
  tx: Tx,
  { claims, personId, signerId, acceptedAt }: Accepted<CommonClaims>,
  matter: GuardedMatter,
): Promise<void> {
  if (typeof claims.authority !== 'object') return;
  const who = [personId, signerId, acceptedAt];
  const no =
    matter.said === 'terms'
      ? await tx.query(
          `select from consent.discovery_terms said ${STANDING} where said.person_id = $1 and said.discovery = 'deny'`,
          who,
        )
      : await tx.query(
          `select from consent.grant granted join consent.revocation said on said.grant_digest = granted.digest ${STANDING}
            where granted.person_id = $1 and granted.request_id = $4 and granted.version = $5`,
          [...who, matter.request.requestId, matter.request.version],
        );
  if (no.length > 0) throw new ConsentError('GUARDIANS_DISAGREE', 'another guardian of the ward refused this');
}
