import type { PartyId } from '@aceso/kernel';
import type { Tx } from '@aceso/platform';
import { CohortError } from '../domain/cohort.errors';
import type { DisclosedCount } from '../domain/disclosure';

/** Counts that one research center may ask for in 24 hours: enough to explore, too few to probe person by person. */
export const COUNTS_A_DAY_MAX = 500;

/** The same question has the same answer for 24 hours, whoever asks: asking again shows nobody come or go. */
export interface Question {
  /** SHA-256 of the criteria and of whose patients are not counted. */
  readonly hash: Uint8Array;
  /** Record date, YYYY-MM-DD. */
  readonly day: string;
}

/** Logs that a party asks. Parallel questions of one party wait for each other. Throws COUNT_LIMIT_REACHED. */
export async function logQuestion(tx: Tx, partyId: PartyId, criteriaHash: Uint8Array): Promise<void> {
  // Number 2 in the upper key, apart from other locks of parties; the statement that counts begins after it is held.
  await tx.query('select pg_advisory_xact_lock(hashtextextended($1, 2))', [partyId]);
  const [{ asked }] = await tx.query<{ asked: number }>(
    `select count(*)::integer as asked from cohort.query
      where party_id = $1 and asked_at > clock_timestamp() - interval '24 hours'`,
    [partyId],
  );
  if (asked >= COUNTS_A_DAY_MAX) {
    throw new CohortError('COUNT_LIMIT_REACHED', `at most ${COUNTS_A_DAY_MAX} counts in 24 hours`);
  }
  await tx.execute('insert into cohort.query (party_id, criteria_hash) values ($1, $2)', [partyId, criteriaHash]);
}

/**
 * Names the providers whose patients do not count for a party (see `identity.vouched_for`), and until when they were bound;
 * empty for most. Parties for whom the same ones are left out share their answers.
 */
export async function leftOutFor(tx: Tx, partyId: PartyId): Promise<string> {
  const [row] = await tx.query<{ named: string }>(
    `select coalesce(string_agg(a.party_id || '/' || a.until, ',' order by a.party_id), '') as named
       from identity.affiliated_until($1) a join identity.party p on p.id = a.party_id and p.role = 'provider'`,
    [partyId],
  );
  return row!.named;
}

/** What was answered to this question in the last 24 hours. */
export async function readAnswer(tx: Tx, { hash, day }: Question): Promise<DisclosedCount | undefined> {
  const [answer] = await tx.query<DisclosedCount>(
    `select approximate, approximate is null as suppressed from cohort.answer
      where criteria_hash = $1 and record_date = $2 and answered_at > clock_timestamp() - interval '24 hours'`,
    [hash, day],
  );
  return answer;
}

/** Keeps an answer, unless another one was kept meanwhile: returns the one that stands. */
export async function keepAnswer(tx: Tx, question: Question, answer: DisclosedCount): Promise<DisclosedCount> {
  await tx.execute(
    `insert into cohort.answer (criteria_hash, record_date, approximate) values ($1, $2, $3)
     on conflict (criteria_hash, record_date) do update
       set approximate = excluded.approximate, answered_at = excluded.answered_at
       where answer.answered_at <= clock_timestamp() - interval '24 hours'`,
    [question.hash, question.day, answer.approximate],
  );
  return (await readAnswer(tx, question)) ?? answer;
}
