import { hex, type PartyId, type PersonId } from '@aceso/kernel';
import type { Tx } from '@aceso/platform';
import type { AuthorityEvidence, GuardianKind, GuardianScope } from '../domain';

/** An appointment as those whom it concerns see it. */
export interface Appointment {
  /** Digest of its statement, lower-case hexadecimal. */
  readonly appointment: string;
  readonly appointerId: PartyId;
  readonly appointerRole: string;
  readonly wardId: PartyId;
  readonly wardPersonId: PersonId;
  readonly guardianId: PartyId;
  readonly kind: GuardianKind;
  readonly scope: GuardianScope;
  readonly until: Date;
  readonly appointedAt: Date;
  /** False while an officer's appointment waits for a second officer. */
  readonly confirmed: boolean;
  readonly endedAt: Date | null;
}

const APPOINTMENTS = `
select encode(a.statement_digest, 'hex') as appointment, a.appointer_id as "appointerId", p.role as "appointerRole",
       a.ward_id as "wardId", ward.person_id as "wardPersonId", a.guardian_id as "guardianId", a.kind, a.scope, a.until,
       a.appointed_at as "appointedAt", (p.role = 'provider' or a.confirmed_with is not null) as confirmed,
       a.ended_at as "endedAt"
  from identity.guardian_appointment a
  join identity.party p on p.id = a.appointer_id
  join identity.patient ward on ward.party_id = a.ward_id`;

/** The appointment with this digest, if the acting party may see it. */
export async function selectAppointment(tx: Tx, digest: string): Promise<Appointment | null> {
  const [row] = await tx.query<Appointment>(`${APPOINTMENTS} where a.statement_digest = $1`, [hex.decode(digest)]);
  return row ?? null;
}

/** Up to `limit` appointments of a party as ward or guardian, newest first, after the one with a digest. */
export async function selectAppointments(
  tx: Tx,
  partyId: PartyId,
  { after, limit }: { readonly after: string | null; readonly limit: number },
): Promise<Appointment[]> {
  return tx.query<Appointment>(
    `${APPOINTMENTS}
      where $1 in (a.ward_id, a.guardian_id) and ($2::bytea is null or (a.appointed_at, a.statement_digest) <
            (select last.appointed_at, last.statement_digest from identity.guardian_appointment last
              where last.statement_digest = $2))
      order by a.appointed_at desc, a.statement_digest desc limit $3`,
    [partyId, after && hex.decode(after), limit],
  );
}

/** What speaks for or against the authority that an appointment gives; null when there is no such appointment. */
export async function selectAuthority(tx: Tx, appointment: string): Promise<AuthorityEvidence | null> {
  const [row] = await tx.query<{ evidence: AuthorityEvidence | null }>(
    'select identity.authority_evidence($1) as evidence',
    [hex.decode(appointment)],
  );
  return row?.evidence ?? null;
}
