import type { AccessEventId, PartyId, PersonId } from '@aceso/kernel';
import type { Tx } from '@aceso/platform';
import { RegisterError } from '../register.errors';
import type { KnownPatient } from './patient-handle';

export const EMERGENCY_REASONS = ['life-threatening', 'unconscious', 'cannot-ask', 'other'] as const;
export type EmergencyReason = (typeof EMERGENCY_REASONS)[number];
export type EmergencyDecision = 'justified' | 'unjustified';

/** Words under a key of their own, which the master key of an epoch wraps. */
export interface SealedText {
  readonly sealed: Uint8Array;
  readonly keyWrapped: Uint8Array;
  readonly keyEpoch: number;
}

export interface EmergencyRow {
  readonly id: string;
  readonly personId: PersonId;
  readonly physicianId: PartyId;
  readonly providerId: PartyId;
  readonly reason: EmergencyReason;
  /** Null once the person was erased. */
  readonly text: SealedText | null;
  readonly openedAt: Date;
  readonly expiresAt: Date;
  readonly reviewDueAt: Date;
  /** Null until it was reviewed. */
  readonly decision: EmergencyDecision | null;
  readonly reviewedAt: Date | null;
}

export interface EmergencyPage {
  /** The acting patient's own, or those of everybody that wait for review. */
  readonly of: 'own' | 'unreviewed';
  readonly limit: number;
  readonly after: string | null;
}

const COLUMNS = `e.id, e.person_id as "personId", e.physician_id as "physicianId", e.provider_id as "providerId", e.reason,
  t.sealed, t.key_wrapped as "keyWrapped", t.key_epoch as "keyEpoch", e.opened_at as "openedAt",
  e.expires_at as "expiresAt", e.review_due_at as "reviewDueAt", r.decision, r.reviewed_at as "reviewedAt"`;

/** Emergencies that the acting party sees. */
export async function selectEmergencies(
  tx: Tx,
  page: EmergencyPage,
  personId: PersonId | null,
): Promise<EmergencyRow[]> {
  const { of, limit, after } = page;
  const [order, beyond] = of === 'own' ? ['desc', '<'] : ['asc', '>'];
  const rows = await tx.query<Omit<EmergencyRow, 'text'> & (SealedText | { readonly sealed: null })>(
    `select ${COLUMNS} from register.emergency e left join register.emergency_words t on t.emergency_id = e.id
       left join register.emergency_review r on r.emergency_id = e.id
      where ${of === 'own' ? 'e.person_id = $3' : 'r.emergency_id is null and $3::uuid is null'}
        and ($1::uuid is null or (e.opened_at, e.id) ${beyond}
             (select l.opened_at, l.id from register.emergency l where l.id = $1))
      order by e.opened_at ${order}, e.id ${order} limit $2`,
    [after, limit, personId],
  );
  return rows.map((row) => ({ ...row, text: row.sealed === null ? null : row }));
}

/** The patient of an emergency of this physician that has not ended. */
export async function selectStanding(tx: Tx, physicianId: PartyId, id: string): Promise<KnownPatient | null> {
  const [row] = await tx.query<KnownPatient>(
    `select person_id as "personId", provider_id as "providerId" from register.emergency
      where id = $1 and physician_id = $2 and expires_at > clock_timestamp()`,
    [id, physicianId],
  );
  return row ?? null;
}

/**
 * Throws EMERGENCY_REVIEW_DUE where the physician has an unreviewed emergency beyond its time, or too many. Before the patient is
 * looked for, so that it tells nothing of one; the database asks again.
 */
export async function refuseUnreviewed(tx: Tx, physicianId: PartyId, unreviewedMax: number): Promise<void> {
  const [row] = await tx.query<{ due: boolean }>(
    `select count(*) >= $2 or coalesce(bool_or(e.review_due_at < clock_timestamp()), false) as due from register.emergency e
      where e.physician_id = $1 and not exists (select from register.emergency_review r where r.emergency_id = e.id)`,
    [physicianId, unreviewedMax],
  );
  if (row?.due) throw reviewDue();
}

const reviewDue = (): RegisterError =>
  new RegisterError('EMERGENCY_REVIEW_DUE', 'earlier emergencies of yours wait for their review');

/** Writes an emergency; the database sets its times. Throws EMERGENCY_REVIEW_DUE. */
export async function insertEmergency(
  tx: Tx,
  row: Pick<EmergencyRow, 'id' | 'personId' | 'physicianId' | 'providerId' | 'reason'> &
    SealedText & { readonly event: AccessEventId },
): Promise<Pick<EmergencyRow, 'expiresAt'>> {
  const { id, personId, physicianId, providerId, reason, sealed, keyWrapped, keyEpoch, event } = row;
  try {
    const [written] = await tx.query<Pick<EmergencyRow, 'expiresAt'>>(
      `insert into register.emergency (id, person_id, physician_id, provider_id, reason, access_event_id)
       values ($1, $2, $3, $4, $5, $6) returning expires_at as "expiresAt"`,
      [id, personId, physicianId, providerId, reason, event],
    );
    await tx.execute(
      'insert into register.emergency_words (emergency_id, sealed, key_wrapped, key_epoch) values ($1, $2, $3, $4)',
      [id, sealed, keyWrapped, keyEpoch],
    );
    return written as Pick<EmergencyRow, 'expiresAt'>;
  } catch (error) {
    if ((error as { constraint?: string }).constraint !== 'emergency_reviewed') throw error;
    throw reviewDue();
  }
}

/** Writes a review; false where there is one. */
export async function insertReview(
  tx: Tx,
  review: {
    readonly emergencyId: string;
    readonly officerId: PartyId;
    readonly decision: EmergencyDecision;
    readonly event: AccessEventId;
  },
): Promise<boolean> {
  const { emergencyId, officerId, decision, event } = review;
  const written = await tx.execute(
    `insert into register.emergency_review (emergency_id, officer_id, decision, access_event_id)
     values ($1, $2, $3, $4) on conflict do nothing`,
    [emergencyId, officerId, decision, event],
  );
  return written === 1;
}
