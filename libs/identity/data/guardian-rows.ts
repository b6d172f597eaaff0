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
  /** False while the appointment waits for an officer's confirmation. */
  readonly confirmed: boolean;
  readonly endedAt: Date | null;
}

const APPOINTMENTS = `
select encode(a.statement_digest, 'hex') as appointment, a.appointer_id as "appointerId", p.role as "appointerRole",
       a.ward_id as "wardId", ward.person_id as "wardPersonId", a.guardian_id as "guardianId", a.kind, a.scope, a.until,
       a.appointed_at as "appointedAt", identity.is_vouched(a.statement_digest) as confirmed,
       a.ended_at as "endedAt"
  from identity.guardian_appointment a
  join identity.party p on p.id = a.appointer_id
  join identity.patient ward on ward.party_id = a.ward_id`;

/** An appointment as its statement makes it. */
export interface NewAppointment extends Pick<
  Appointment,
  'appointment' | 'appointerId' | 'kind' | 'scope' | 'appointedAt'
> {
  readonly wardId: string;
  readonly guardianId: string;
  /** Null where the ward itself names a proxy. */
  readonly sourceRecordId: string | null;
  /** Seconds. */
  readonly until: number;
}

/** Stores an appointment, which rests on its statement. */
export async function insertAppointment(tx: Tx, made: NewAppointment): Promise<void> {
  const { appointment, appointerId, wardId, guardianId, sourceRecordId, kind, scope, until, appointedAt } = made;
  await tx.execute(
    `insert into identity.guardian_appointment
       (statement_digest, appointer_id, ward_id, guardian_id, source_record_id, kind, scope, until, appointed_at)
     values ($1, $2, $3, $4, $5, $6, $7, to_timestamp($8), $9)`,
    [hex.decode(appointment), appointerId, wardId, guardianId, sourceRecordId, kind, scope, until, appointedAt],
  );
}

/** The appointment with this digest, if the acting party may see it. */
export async function selectAppointment(tx: Tx, digest: string): Promise<Appointment | null> {
  const [row] = await tx.query<Appointment>(`${APPOINTMENTS} where a.statement_digest = $1`, [hex.decode(digest)]);
  return row ?? null;
}

/** Appointments that join one guardian and one ward, which are looked at. */
const APPOINTMENTS_A_PAIR_MAX = 20;

/** Appointments by which a party acts, or acted, for a ward: those that nobody ended first, the newest before others. */
export async function appointmentsOf(
  tx: Tx,
  { guardian, ward }: { readonly guardian: PartyId; readonly ward: PartyId },
): Promise<Appointment[]> {
  return tx.query<Appointment>(
    `${APPOINTMENTS}
      where a.guardian_id = $1 and a.ward_id = $2
        and not exists (select from identity.erased_party gone where gone.party_id = a.ward_id)
      order by (a.ended_at is null) desc, a.appointed_at desc limit ${APPOINTMENTS_A_PAIR_MAX}`,
    [guardian, ward],
  );
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
