import type { Accepted } from '@aceso/identity';
import type { CommonClaims } from '@aceso/identity/domain';
import type { Tx } from '@aceso/platform';
import { ConsentError, type GrantTarget } from './domain';

/** What a guardian would permit: discovery, terms that answer, or one request version. */
export type GuardedMatter = 'discovery' | 'terms' | Pick<GrantTarget, 'requestId' | 'version'>;

// Every word on a matter: when, by whose appointment (null: the ward's own) and whether it was a yes.
const DISCOVERY = `
  select s.accepted_at as at, s.appointment_digest as appointment, s.text::jsonb #>> '{payload,discovery}' = 'permit' as yes
    from identity.statement s where s.party_id = $1 and s.typ = 'aceso/discovery-terms/v1'`;
const TERMS = `
  select s.accepted_at as at, s.appointment_digest as appointment, s.text::jsonb #>> '{payload,mode}' = 'answer-for-me' as yes
    from identity.statement s where s.party_id = $1 and s.typ = 'aceso/standing-terms/v1'`;
const ANSWERS = `
  select s.accepted_at as at, s.appointment_digest as appointment, true as yes
    from consent.grant g join identity.statement s on s.digest = g.digest
   where g.party_id = $1 and g.request_id = $4 and g.version = $5
  union all
  select s.accepted_at, s.appointment_digest, false
    from consent.grant g join consent.revocation r on r.grant_digest = g.digest join identity.statement s on s.digest = r.statement_digest
   where g.party_id = $1 and g.request_id = $4 and g.version = $5
  union all
  select f.recorded_at, f.appointment_digest, false
    from consent.refusal f where f.party_id = $1 and f.request_id = $4 and f.version = $5`;

/**
 * Throws GUARDIANS_DISAGREE where a guardian would permit what the last word of another guardian with authority, or of the ward
 * itself, refused: then none of them permits until whoever refused permits it, or is guardian no longer. A no needs nobody's
 * agreement. The transaction acts as the ward.
 */
export async function refuseDisagreement(
  tx: Tx,
  { claims, partyId, signerId, acceptedAt }: Accepted<CommonClaims>,
  matter: GuardedMatter,
): Promise<void> {
  if (typeof claims.authority !== 'object') return;
  const [words, named] =
    typeof matter === 'object'
      ? [ANSWERS, [matter.requestId, matter.version]]
      : [matter === 'terms' ? TERMS : DISCOVERY, []];
  const refused = await tx.query(
    `select from (
       select distinct on (a.guardian_id) word.yes
         from (${words}) word left join identity.guardian_appointment a on a.statement_digest = word.appointment
        where word.appointment is null or a.guardian_id <> $2 and a.ended_at is null and a.until > $3
              and identity.is_vouched(a.statement_digest)
        order by a.guardian_id, word.at desc
     ) last where not last.yes`,
    [partyId, signerId, acceptedAt, ...named],
  );
  if (refused.length > 0) throw disagreement();
}

/** What a guardian hears whose yes stands against the no of somebody else with a word in it. */
export function disagreement(): ConsentError {
  return new ConsentError('GUARDIANS_DISAGREE', 'another guardian of the ward, or the ward itself, refused this');
}
