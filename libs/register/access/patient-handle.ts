import type { PartyId, PersonId, SourceRecordId } from '@aceso/kernel';
import type { Tx } from '@aceso/platform';
import { RegisterError } from '../register.errors';

/**
 * How somebody names a patient; there is no search. A physician names a source record that a provider of its own holds, or
 * says the id that the patient handed over.
 */
export type PatientHandle =
  | { readonly sourceRecordId: SourceRecordId }
  | {
      readonly patientId: PartyId;
      /** The provider that the physician acts for; needed where it is a member of several. */
      readonly actingFor?: PartyId;
    };

export interface KnownPatient {
  readonly personId: PersonId;
  /** The provider that the physician acts for. */
  readonly providerId: PartyId;
}

/**
 * The patient of a handle, for a physician who acts for these providers; null where there is none, the record is another
 * provider's, or nobody is bound to it. Who asks cannot tell these apart. Throws ACTING_PROVIDER_REQUIRED.
 */
export async function patientOf(
  tx: Tx,
  handle: PatientHandle,
  providers: readonly PartyId[],
): Promise<KnownPatient | null> {
  if ('patientId' in handle) {
    const providerId = handle.actingFor ?? providers[0];
    if (providerId === undefined || !providers.includes(providerId)) return null;
    if (handle.actingFor === undefined && providers.length > 1) {
      throw new RegisterError('ACTING_PROVIDER_REQUIRED', 'say for which of your providers you act');
    }
    const [row] = await tx.query<{ personId: PersonId }>(
      `select person_id as "personId" from identity.patient where party_id = $1`,
      [handle.patientId],
    );
    return row ? { ...row, providerId } : null;
  }
  const [row] = await tx.query<KnownPatient>(
    `select person_id as "personId", provider_id as "providerId" from identity.binding
      where source_record_id = $1 and provider_id = any ($2::uuid[]) and ended_at is null`,
    [handle.sourceRecordId, providers],
  );
  return row ?? null;
}

/** Whether any record is bound to a patient. */
export async function hasRecord(tx: Tx, { personId }: KnownPatient): Promise<boolean> {
  const rows = await tx.query('select from identity.binding where person_id = $1 and ended_at is null limit 1', [
    personId,
  ]);
  return rows.length > 0;
}
