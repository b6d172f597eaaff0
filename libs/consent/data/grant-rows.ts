import { hex, type LedgerEntryId, type PartyId, type PersonId } from '@aceso/kernel';
import type { Tx } from '@aceso/platform';
import type { AuthorityEvidence } from '@aceso/identity/domain';
import type { GrantEvidence, GrantTarget, TermsEvidence } from '../domain';

/** A time as milliseconds since 1970-01-01T00:00:00Z: small enough for a number, and what a JSON member can say. */
const milliseconds = (time: string): string => `(extract(epoch from ${time}) * 1000)::float8`;

/**
 * A grant, or an answer that terms gave, with everything that speaks for or against it, and the gate as it stands now. Which records it covers is not
 * here: that is read from the signed bytes, by `decideGrant`, and never from a column.
 */
export interface GrantRow {
  readonly personId: PersonId;
  /** Lower-case hexadecimal. */
  readonly grantDigest: string;
  /** Digest of the appointment of the guardian who signed, lower-case hexadecimal; null where the person did. */
  readonly appointment: string | null;
  /** Version of the person's gate, to be compared at the release. */
  readonly gateVersion: number;
  readonly evidence: GrantEvidence | TermsEvidence;
}

/** The keys of the party whose id stands in `party`, as `KeyLife` reads them. */
const keysOf = (party: string): string => `(
  select jsonb_agg(jsonb_build_object('did', did, 'kind', kind, 'addedAt', ${milliseconds('added_at')},
                                      'until', ${milliseconds('least(revoked_at, compromised_since)')}) order by did)
    from identity.party_key where party_id = ${party})`;

/** What appointed the guardian who signed a statement; null where nobody signed for another. */
const authorityOf = (statement: string): string =>
  `case when ${statement}.appointment_digest is not null
        then identity.authority_evidence(${statement}.appointment_digest) end`;

/** One row a grant: signed texts of the grant, of its revocation and of the active bindings that it rests on. */
const EVIDENCE = `
select granted.person_id as "personId", encode(granted.digest, 'hex') as "grantDigest",
       encode(statement.appointment_digest, 'hex') as appointment, gate.version as "gateVersion", statement.text as "statementText", granted.answer as "answerText",
       encode(newest.statement_digest, 'hex') as "newestTermsDigest",
       ${milliseconds('statement.accepted_at')} as "acceptedAt", revocation.text as "revocationText",
       ${keysOf('patient.party_id')} as "patientKeys", coalesce(bound.list, '[]'::jsonb) as bindings,
       ${authorityOf('statement')} as guardian
  from consent.grant granted
  join identity.statement statement on statement.digest = granted.statement_digest
  join identity.patient patient on patient.person_id = granted.person_id
  join identity.patient_gate gate on gate.person_id = granted.person_id
  left join consent.standing_terms newest on newest.person_id = granted.person_id
  left join consent.revocation revoked on revoked.grant_digest = granted.digest
  left join identity.statement revocation on revocation.digest = revoked.statement_digest
  cross join lateral (
    select jsonb_agg(jsonb_build_object(
             'sourceRecordId', binding.source_record_id, 'attestationText', attestation.text,
             'attestedAt', ${milliseconds('attestation.accepted_at')}, 'bindingText', bind.text,
             'boundAt', ${milliseconds('bind.accepted_at')}, 'providerKeys', ${keysOf('binding.provider_id')},
             'guardian', ${authorityOf('bind')}
           )) as list
      from jsonb_array_elements(granted.records_up_to) head
      join identity.binding binding on binding.source_record_id = (head ->> 'sourceRecord')::uuid
       and binding.person_id = granted.person_id and binding.ended_at is null
      join identity.statement bind on bind.digest = binding.statement_digest
      join identity.statement attestation on attestation.digest = binding.attestation_digest
  ) bound`;

/** The request version that grants are sought for, at a moment in milliseconds; all persons unless some are named. */
export type GrantQuery = Pick<GrantTarget, 'requestId' | 'version' | 'contentHash'> & {
  readonly at: number;
  /** Canonical JSON of the content: what terms are matched with. Without it no answer of terms holds. */
  readonly contentText?: string;
  readonly personIds?: readonly PersonId[];
};

/**
 * Grants for one request version, and answers of terms, that are neither revoked nor expired nor given by terms that newer ones
 * replaced, and whose every source record is bound.
 */
export async function selectValidGrants(tx: Tx, query: GrantQuery): Promise<GrantRow[]> {
  const rows = await tx.query<Flat>(
    `${EVIDENCE}
      where granted.request_id = $1 and granted.version = $2 and granted.content_hash = $3 and granted.expires_at > $4
        and (granted.terms_digest is null or granted.terms_digest = newest.statement_digest)
        and revoked.grant_digest is null and patient.party_id not in (select identity.stopped_parties($4))
        and (statement.appointment_digest is null or exists (
          select from identity.guardian_appointment a
           where a.statement_digest = statement.appointment_digest and a.ended_at is null and a.until > $4
             and identity.is_vouched(a.statement_digest)))
        and ($5::uuid[] is null or granted.person_id = any ($5))
        and jsonb_array_length(bound.list) = jsonb_array_length(granted.records_up_to)
      order by granted.person_id`,
    [query.requestId, query.version, hex.decode(query.contentHash), new Date(query.at), query.personIds ?? null],
  );
  return rows.map(toRow);
}

/** The evidence of these grants as it is now, revoked and expired ones included. */
export async function selectEvidence(tx: Tx, grantDigests: readonly string[]): Promise<GrantRow[]> {
  const rows = await tx.query<Flat>(`${EVIDENCE} where granted.digest = any ($1::bytea[]) order by granted.person_id`, [
    grantDigests.map((digest) => Buffer.from(hex.decode(digest))),
  ]);
  return rows.map(toRow);
}

export interface OwnEntries {
  readonly request: { readonly id: string; readonly version: number };
  readonly entries: readonly LedgerEntryId[];
  /** What appointed the guardian who revoked; null where the person did, or nobody. */
  readonly revoker: AuthorityEvidence | null;
}

/** Which request a consent of the acting party is for, and the ledger entries of its statement and of its answer. */
export async function selectOwnEntries(
  tx: Tx,
  { partyId, grantDigest }: { readonly partyId: PartyId; readonly grantDigest: string },
): Promise<OwnEntries | null> {
  const [found] = await tx.query<OwnEntries['request'] & Omit<OwnEntries, 'request'>>(
    `select granted.request_id as id, granted.version,
            (select ${authorityOf('s')} from consent.revocation r join identity.statement s on s.digest = r.statement_digest
              where r.grant_digest = granted.digest) as revoker, array(
              select event.ledger_entry_id from audit.access_event event
               where event.ledger_entry_id is not null and event.id in (
                 select event_id from identity.statement_event where statement_digest = granted.statement_digest
                 union all
                 select event_id from consent.answer_event where grant_digest = granted.digest)
               order by event.seq) as entries
       from consent.grant granted where granted.digest = $1 and granted.party_id = $2`,
    [hex.decode(grantDigest), partyId],
  );
  if (!found) return null;
  const { id, version, entries, revoker } = found;
  return { request: { id, version }, entries, revoker };
}

type Flat = Omit<GrantRow, 'evidence'> &
  Omit<GrantEvidence, 'grantText' | 'grantAcceptedAt'> & {
    /** Of the grant, or of the terms that answered. */
    readonly statementText: string;
    readonly acceptedAt: number;
    readonly answerText: string | null;
    readonly newestTermsDigest: string | null;
  };

function toRow({ personId, grantDigest, appointment, gateVersion, ...flat }: Flat): GrantRow {
  const { statementText, acceptedAt, answerText, newestTermsDigest, ...evidence } = flat;
  const row = { personId, grantDigest, appointment, gateVersion };
  if (answerText === null)
    return { ...row, evidence: { ...evidence, grantText: statementText, grantAcceptedAt: acceptedAt } };
  return {
    ...row,
    evidence: { ...evidence, termsText: statementText, termsAcceptedAt: acceptedAt, answerText, newestTermsDigest },
  };
}
