import type { AuthorityEvidence, KeyLife } from '@aceso/identity/domain';
import { hex, type PersonId } from '@aceso/kernel';
import type { Tx } from '@aceso/platform';
import type { NumberedRule, PermissionQuestion } from '../domain';

/** The rules of a person as they were signed, with the keys that may have signed them. */
export interface SignedRulesRow {
  readonly personId: PersonId;
  readonly text: string;
  readonly keys: readonly KeyLife[];
  readonly recordedAt: Date;
  /** What appointed the guardian who signed them; null where the person did. */
  readonly guardian: AuthorityEvidence | null;
}

/** What the set-based twin answers of one person. */
export interface RuledPerson {
  readonly personId: PersonId;
  readonly effect: 'permit' | 'deny' | 'abstain';
  /** Number of the rule that decided; null where none speaks of all that was asked. */
  readonly rule: number | null;
  /** True when a part must be left out. */
  readonly inPart: boolean;
}

/** The newest rules of these persons; who never set any is left out. */
export async function selectSignedRules(tx: Tx, personIds: readonly PersonId[]): Promise<SignedRulesRow[]> {
  return tx.query<SignedRulesRow>(
    `select person_id as "personId", text, keys, recorded_at as "recordedAt", guardian
       from consent.signed_rules($1::uuid[])`,
    [personIds],
  );
}

/** Puts rules in the place of those that a person had. The transaction acts as the patient. */
export async function replaceRules(
  tx: Tx,
  set: { readonly personId: PersonId; readonly digest: string; readonly recordedAt: Date },
  rules: readonly NumberedRule[],
): Promise<void> {
  const { personId, digest, recordedAt } = set;
  await tx.execute(
    `insert into consent.permission_set (person_id, statement_digest, recorded_at) values ($1, $2, $3)
     on conflict (person_id) do update set statement_digest = excluded.statement_digest, recorded_at = excluded.recorded_at`,
    [personId, hex.decode(digest), recordedAt],
  );
  await tx.execute('delete from consent.permission_rule where person_id = $1', [personId]);
  await insertRules(
    tx,
    rules.map((rule) => ({ ...rule, personId })),
  );
}

/** Whether another guardian than `guardianId`, with authority at `at`, signed the person's newest rules. The transaction acts as the ward. */
export async function ruledByOther(
  tx: Tx,
  { personId, guardianId, at }: { readonly personId: PersonId; readonly guardianId: string; readonly at: Date },
): Promise<boolean> {
  const rows = await tx.query(
    `select from consent.permission_set s join identity.guardian_appointment a on a.statement_digest = s.appointment_digest
      where s.person_id = $1 and a.guardian_id <> $2 and a.ended_at is null and a.until > $3
        and identity.is_vouched(a.statement_digest)`,
    [personId, guardianId, at],
  );
  return rows.length > 0;
}

/** Writes rules of any number of persons in one statement. */
export async function insertRules(
  tx: Pick<Tx, 'execute'>,
  rules: readonly (NumberedRule & { readonly personId: PersonId })[],
): Promise<void> {
  await tx.execute(
    `insert into consent.permission_rule (person_id, number, subject, party_id, types, codes, labels, providers, devices,
                                          days, level, purpose, from_at, until_at)
     select "personId", number,
            case when subject ? 'party' then 'party' when subject ? 'physiciansOf' then 'physicians-of'
                 else subject ->> 'class' end,
            coalesce(subject ->> 'party', subject ->> 'physiciansOf')::uuid,
            types, codes, labels, providers, devices,
            case when days is not null
              then daterange((days ->> 'from')::date, (days ->> 'to')::date, '[]') end,
            level, purpose,
            coalesce(to_timestamp((period -> 'from')::bigint), '-infinity'),
            coalesce(to_timestamp((period -> 'until')::bigint), 'infinity')
       from jsonb_to_recordset($1::jsonb) as rule (
         "personId" uuid, number integer, subject jsonb, types text[], codes text[], labels text[], providers uuid[],
         devices text[], days jsonb, level text, purpose text, period jsonb)`,
    [JSON.stringify(rules.map(({ category, ...rule }) => ({ ...rule, ...category })))],
  );
}

/**
 * `decidePermission` for all persons at once who have a rule that speaks of what is asked, or for some of them; for who is
 * not among the rows, what holds where no rule speaks. Role worker.
 */
export async function selectRuled(
  tx: Tx,
  { actor, category, purpose, act, at }: PermissionQuestion,
  { unruled, personIds }: { readonly unruled: 'deny' | 'permit'; readonly personIds?: readonly PersonId[] },
): Promise<RuledPerson[]> {
  const { type, codes, labels, provider, device, day } = category;
  return tx.query<RuledPerson>(
    `select person_id as "personId", effect, rule, in_part as "inPart"
       from consent.decide_ruled($1::uuid, $2, $3::uuid[], $4, $5, $6::timestamptz, $7, $8, $9::text[], $10::text[],
                                 $11::uuid, $12::text[], $13::daterange)
      where $14::uuid[] is null or person_id = any ($14)`,
    [
      actor.partyId,
      actor.role,
      actor.providers,
      purpose,
      act,
      new Date(at),
      unruled === 'permit',
      type ?? null,
      codes ?? null,
      labels ?? null,
      provider ?? null,
      device === undefined ? null : device === null ? [] : [device],
      day === undefined ? null : day === null ? 'empty' : `[${day},${day}]`,
      personIds ?? null,
    ],
  );
}
