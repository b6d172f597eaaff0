import type { PartyId } from '@aceso/kernel';
import type { Tx } from '@aceso/platform';
import { CohortError } from '../domain/cohort.errors';
import { isLockedOut } from './told-sets';

/** Numbers that a group of affiliates may ask for in 24 hours: enough to explore, too few to probe person by person. The database keeps to it. */
export const COUNTS_A_DAY_MAX = 500;
/** Sets whose numbers a group was shown that are kept at once. The database keeps to it. */
export const SETS_KEPT_MAX = 4_000;
/** How long they are kept. The database keeps to it. */
export const SETS_KEPT_DAYS = 30;
/** A question that is asked once is under way for so long: a turn and a wait for it. Whoever failed asks anew after that. */
const UNDER_WAY_SECONDS = 60;

const REFUSALS: Readonly<Record<string, () => CohortError>> = {
  counts_of_active: () =>
    new CohortError('COUNT_STOPPED', 'the licence is suspended or revoked: see myLicence, and appeal there'),
  counts_a_day_kept: () =>
    new CohortError(
      'COUNT_LIMIT_REACHED',
      `at most ${COUNTS_A_DAY_MAX} numbers in 24 hours and ${SETS_KEPT_MAX} in ${SETS_KEPT_DAYS} days, of a research center and its affiliates together`,
    ),
  counts_not_locked: () =>
    new CohortError(
      'COUNT_LOCKED',
      'too many questions came close to earlier ones: a compliance officer has to release the lock',
    ),
};

/** What is asked, before anything is counted. */
export interface LoggedQuestion {
  readonly partyId: PartyId;
  /** SHA-256 of the criteria. */
  readonly criteriaHash: Uint8Array;
  /** How many numbers the answer may show. */
  readonly numbers: number;
  /** Whether one that is under way is this one. */
  readonly once: boolean;
}

/**
 * Logs that a party asks. Questions of a group wait for each other until the transaction ends. Throws COUNT_LIMIT_REACHED,
 * COUNT_LOCKED, COUNT_STOPPED.
 */
export async function logQuestion(tx: Tx, { partyId, criteriaHash, numbers, once }: LoggedQuestion): Promise<void> {
  if (once && (await isUnderWay(tx, partyId, criteriaHash))) return requireUnlocked(tx, partyId);
  try {
    await tx.execute('insert into cohort.query (party_id, criteria_hash, numbers) values ($1, $2, $3)', [
      partyId,
      criteriaHash,
      numbers,
    ]);
  } catch (error) {
    throw REFUSALS[(error as { readonly constraint?: string }).constraint ?? '']?.() ?? error;
  }
}

/** Whether the party asked the same less than `UNDER_WAY_SECONDS` ago. Whoever asks at the same moment waits until that is known. */
async function isUnderWay(tx: Tx, partyId: PartyId, criteriaHash: Uint8Array): Promise<boolean> {
  await tx.query('select cohort.lock_group($1)', [partyId]);
  const rows = await tx.query(
    `select from cohort.query where party_id = $1 and criteria_hash = $2
      and asked_at > clock_timestamp() - make_interval(secs => $3) limit 1`,
    [partyId, criteriaHash, UNDER_WAY_SECONDS],
  );
  return rows.length > 0;
}

/** Throws COUNT_LOCKED while the group of a party is locked out: for numbers that are not logged as questions. */
export async function requireUnlocked(tx: Tx, partyId: PartyId): Promise<void> {
  if (await isLockedOut(tx, partyId)) throw REFUSALS['counts_not_locked']!();
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

/** The same question is put to the same set for 24 hours, whoever asks: asking again shows nobody come or go. */
export interface StandingAnswer {
  /** Null where it is below the threshold. */
  readonly setDigest: Uint8Array | null;
}

interface AnswerRow {
  readonly hash: string;
  readonly digest: Buffer | null;
}

/** What stands for these questions (lower-case hexadecimal) on a record date (YYYY-MM-DD). */
export async function readAnswers(
  tx: Tx,
  hashes: readonly string[],
  day: string,
): Promise<ReadonlyMap<string, StandingAnswer>> {
  const rows = await tx.query<AnswerRow>(
    `select encode(a.criteria_hash, 'hex') as hash, a.set_digest as digest from cohort.answer a
       join unnest($1::text[]) as asked (hash) on a.criteria_hash = decode(asked.hash, 'hex')
      where a.record_date = $2 and a.answered_at > clock_timestamp() - interval '24 hours'`,
    [hashes, day],
  );
  return new Map(rows.map(({ hash, digest }) => [hash, { setDigest: digest }]));
}

/** An answer on its way into the day. */
export interface NewAnswer extends StandingAnswer {
  readonly hash: string;
  readonly approximate: number | null;
}

/** Keeps answers for the day, unless others were kept meanwhile: read those that stand. */
export async function keepAnswers(tx: Tx, answers: readonly NewAnswer[], day: string): Promise<void> {
  await tx.execute(
    `insert into cohort.answer (criteria_hash, record_date, approximate, set_digest)
     select decode(hash, 'hex'), $4::date, approximate, decode(digest, 'hex')
       from unnest($1::text[], $2::integer[], $3::text[]) as asked (hash, approximate, digest) order by hash
     on conflict (criteria_hash, record_date) do update
       set approximate = excluded.approximate, set_digest = excluded.set_digest, answered_at = excluded.answered_at
       where answer.answered_at <= clock_timestamp() - interval '24 hours'`,
    [
      answers.map(({ hash }) => hash),
      answers.map(({ approximate }) => approximate),
      answers.map(({ setDigest }) => setDigest && Buffer.from(setDigest).toString('hex')),
      day,
    ],
  );
}
