import { hex, type AccessEventId, type PartyId, type PersonId } from '@aceso/kernel';
import type { Tx } from '@aceso/platform';
import type { StandingTermsClaims, TermsSet } from '../domain';

/** Standing terms as they are stored for one person. */
export interface StandingTermsRow {
  readonly personId: PersonId;
  readonly partyId: PartyId;
  readonly mode: StandingTermsClaims['mode'];
  readonly set: TermsSet;
  /** Lower-case hexadecimal. */
  readonly setDigest: string;
  readonly statementDigest: string;
  /** Seconds. */
  readonly exp: number;
  readonly recordedAt: Date;
  /** What earlier terms answered is withdrawn, wherever it is. */
  readonly withdraw: boolean;
}

/** Puts the newest terms of a person in the place of earlier ones; true when there were earlier ones. */
export async function replaceTerms(tx: Tx, row: StandingTermsRow): Promise<boolean> {
  const setDigest = hex.decode(row.setDigest);
  await tx.execute('insert into consent.terms_set (digest, terms) values ($1, $2) on conflict do nothing', [
    setDigest,
    JSON.stringify(row.set),
  ]);
  const values = [
    row.personId,
    row.partyId,
    row.mode,
    setDigest,
    row.exp,
    hex.decode(row.statementDigest),
    row.recordedAt,
  ];
  const replaced = await tx.execute(
    `update consent.standing_terms
        set mode = $3, set_digest = $4, expires_at = to_timestamp($5), statement_digest = $6, recorded_at = $7,
            withdrawn_before = case when $8 then $7 else withdrawn_before end
      where person_id = $1 and party_id = $2`,
    [...values, row.withdraw],
  );
  if (replaced > 0) return true;
  await tx.execute(
    `insert into consent.standing_terms
       (person_id, party_id, mode, set_digest, expires_at, statement_digest, recorded_at)
     values ($1, $2, $3, $4, to_timestamp($5), $6, $7)`,
    values,
  );
  return false;
}

/** A set of terms under which somebody is answered. */
export interface AnsweringSet {
  /** Lower-case hexadecimal. */
  readonly digest: string;
  readonly terms: TermsSet;
}

/** Every set of terms that answers for somebody at this moment, each once however many persons have it. Whose they are is not said. */
export async function answeringSets(tx: Tx): Promise<readonly AnsweringSet[]> {
  return tx.query<AnsweringSet>(`select encode(s.digest, 'hex') as digest, s.terms from consent.sets_in_force() s`);
}

/** One answer that terms gave, ready to be stored. */
export interface AnswerRow {
  readonly digest: string;
  readonly partyId: PartyId;
  readonly personId: PersonId;
  readonly termsDigest: string;
  /** Canonical JSON. */
  readonly answer: string;
  readonly recordsUpTo: string;
  /** Seconds. */
  readonly expiresAt: number;
}

/** Stores answers beside grants; those that stand already are left as they are. The persons that are answered now. */
export async function insertAnswers(
  tx: Tx,
  request: { readonly requestId: string; readonly version: number; readonly contentHash: string; readonly at: Date },
  answers: readonly AnswerRow[],
): Promise<ReadonlySet<PersonId>> {
  const rows = await tx.query<{ personId: PersonId }>(
    `insert into consent.grant (digest, party_id, person_id, request_id, version, content_hash, records_up_to, expires_at,
                                recorded_at, terms_digest, answer)
     select decode(given.digest, 'hex'), given.party_id, given.person_id, $1, $2, decode($3, 'hex'), given.records_up_to::jsonb,
            to_timestamp(given.expires_at), $4, decode(given.terms_digest, 'hex'), given.answer
       from unnest($5::text[], $6::uuid[], $7::uuid[], $8::text[], $9::text[], $10::text[], $11::double precision[])
         as given (digest, party_id, person_id, terms_digest, answer, records_up_to, expires_at)
     on conflict do nothing returning person_id as "personId"`,
    [
      request.requestId,
      request.version,
      request.contentHash,
      request.at,
      answers.map(({ digest }) => digest),
      answers.map(({ partyId }) => partyId),
      answers.map(({ personId }) => personId),
      answers.map(({ termsDigest }) => termsDigest),
      answers.map(({ answer }) => answer),
      answers.map(({ recordsUpTo }) => recordsUpTo),
      answers.map(({ expiresAt }) => expiresAt),
    ],
  );
  return new Set(rows.map(({ personId }) => personId));
}

/** In which event (and so ledger entry) each answer was recorded. */
export async function insertAnswerEvents(
  tx: Tx,
  answers: readonly Pick<AnswerRow, 'digest' | 'partyId'>[],
  events: readonly AccessEventId[],
): Promise<void> {
  await tx.execute(
    `insert into consent.answer_event (grant_digest, party_id, event_id)
     select decode(given.digest, 'hex'), given.party_id, given.event_id
       from unnest($1::text[], $2::uuid[], $3::uuid[]) as given (digest, party_id, event_id)`,
    [answers.map(({ digest }) => digest), answers.map(({ partyId }) => partyId), events],
  );
}
