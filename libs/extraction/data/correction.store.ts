import type { PersonId, SourceRecordId } from '@aceso/kernel';
import type { Tx } from '@aceso/platform';
import type { HeldRecord, RetractedRow } from '@aceso/register';
import type { AttemptId } from './attempt.store';
import type { ListId, WaitingRow } from './withdrawal.store';

/** A source record that stands behind a person's rows in a package. */
interface HeldBehind extends HeldRecord {
  readonly personId: PersonId;
}

const AS_ROW = 'source_record_id as "sourceRecordId", sequence, line, resource_type as type';

/**
 * What a buyer has of those who did not withdraw, as far as a provider took something back of them since the last look. Their
 * gates are held, so that nothing more is taken back before this look has ended.
 */
export async function heldBehind(tx: Tx, attemptId: AttemptId): Promise<readonly HeldBehind[]> {
  return tx.query(
    `select m.person_id as "personId", m.retractions as after, (head ->> 'sourceRecord')::uuid as "sourceRecordId",
            (head ->> 'sequence')::integer as "upToSequence"
       from extraction.member m
       join identity.patient_gate g on g.person_id = m.person_id and g.retractions > m.retractions
       join consent.grant c on c.digest = decode(m.grant_digest, 'hex'), jsonb_array_elements(c.records_up_to) head
      where m.attempt_id = $1 and m.state = 'released' and m.withdrawn_on is null
      order by m.person_id for share of g`,
    [attemptId],
  );
}

/** Notes the rows, each once, and that what was taken back until the gates' numbers of now was looked at. */
export async function noteCorrections(
  tx: Tx,
  attemptId: AttemptId,
  { held, rows }: { readonly held: readonly HeldBehind[]; readonly rows: readonly RetractedRow[] },
): Promise<void> {
  const persons = new Map<SourceRecordId, PersonId>(held.map((record) => [record.sourceRecordId, record.personId]));
  await tx.execute(
    `insert into extraction.correction (attempt_id, person_id, source_record_id, sequence, line, resource_type)
     select $1, * from unnest($2::uuid[], $3::uuid[], $4::integer[], $5::integer[], $6::text[])
     on conflict do nothing`,
    [
      attemptId,
      rows.map(({ sourceRecordId }) => persons.get(sourceRecordId)),
      rows.map(({ sourceRecordId }) => sourceRecordId),
      rows.map(({ sequence }) => sequence),
      rows.map(({ line }) => line),
      rows.map(({ type }) => type),
    ],
  );
  await tx.execute(
    `update extraction.member m set retractions = g.retractions from identity.patient_gate g
      where m.attempt_id = $1 and m.person_id = any ($2::uuid[]) and g.person_id = m.person_id`,
    [attemptId, [...persons.values()]],
  );
}

/** Of whom rows wait for a list; who withdraws meanwhile is named as a person. */
export async function correctedMembers(tx: Tx, attemptId: AttemptId): Promise<readonly WaitingRow[]> {
  return tx.query(
    `select m.person_id as "personId", m.provider_ids as "providerIds" from extraction.member m
      where m.attempt_id = $1 and m.withdrawn_on is null and exists (
        select from extraction.correction c
         where c.attempt_id = m.attempt_id and c.person_id = m.person_id and c.withdrawal_list_id is null)
      order by m.person_id`,
    [attemptId],
  );
}

/** Rows of these persons that stand on no list. */
export async function waitingCorrections(
  tx: Tx,
  attemptId: AttemptId,
  persons: readonly PersonId[],
): Promise<readonly RetractedRow[]> {
  return tx.query(
    `select ${AS_ROW} from extraction.correction
      where attempt_id = $1 and person_id = any ($2::uuid[]) and withdrawal_list_id is null`,
    [attemptId, persons],
  );
}

/** The single rows of a list. */
export async function correctionsOfList(tx: Tx, listId: ListId): Promise<readonly RetractedRow[]> {
  return tx.query(`select ${AS_ROW} from extraction.correction where withdrawal_list_id = $1`, [listId]);
}
