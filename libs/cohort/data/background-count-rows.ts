import { canonicalJson, utf8, type Id, type PartyId } from '@aceso/kernel';
import { sha256, type Tx } from '@aceso/platform';
import type { AnsweredCount } from '../domain/disclosure';
import { CohortError } from '../domain/cohort.errors';
import type { Criteria } from '../domain/criteria';
import { checkInOrder } from '../domain/criteria-document';

/** Background counts of a group that wait or run at once. The database keeps to it. */
export const BACKGROUND_COUNTS_MAX = 3;
/** Background counts that a party starts in 24 hours. The database keeps to it. */
export const BACKGROUND_COUNTS_A_DAY_MAX = 500;
/** How long an ended one can be read. The database keeps to it. */
export const BACKGROUND_COUNT_DAYS = 30;

export type BackgroundCountId = Id<'BackgroundCount'>;
export type BackgroundCountKind = 'count' | 'funnel';
export type BackgroundCountState = 'queued' | 'running' | 'done' | 'failed' | 'cancelled';

/** What is counted in the background: of a funnel, the rules in the order in which they are counted. */
export interface BackgroundQuestion {
  readonly kind: BackgroundCountKind;
  readonly criteria: Criteria;
}

/** A count in the background as its party sees it. */
export interface BackgroundCount extends BackgroundQuestion {
  readonly id: BackgroundCountId;
  readonly state: BackgroundCountState;
  /** Blocks of the index that are evaluated, of how many; null before that is known. */
  readonly blocksDone: number;
  readonly blocksTotal: number | null;
  /** What was shown: one number, or one a step; null unless it is done. */
  readonly answers: readonly AnsweredCount[] | null;
  /** Code of the refusal; null unless it failed. */
  readonly reason: string | null;
  readonly askedAt: Date;
  readonly startedAt: Date | null;
  readonly endedAt: Date | null;
}

const COUNT = `select id, kind, criteria, state, blocks_done as "blocksDone", blocks_total as "blocksTotal", answers, reason,
                      asked_at as "askedAt", started_at as "startedAt", ended_at as "endedAt"
                 from cohort.background_count`;

/** A background count of the acting party; undefined where it has none of this id. */
export async function readCount(tx: Tx, id: BackgroundCountId): Promise<BackgroundCount | undefined> {
  const [row] = await tx.query<BackgroundCount>(`${COUNT} where id = $1`, [id]);
  return row && toCount(row);
}

/** Up to `limit` background counts of the acting party, the youngest first, after the one with the id `after`. */
export async function listCounts(tx: Tx, page: { after: string | null; limit: number }): Promise<BackgroundCount[]> {
  const rows = await tx.query<BackgroundCount>(
    `${COUNT} where $1::uuid is null or (asked_at, id) <
             (select last.asked_at, last.id from cohort.background_count last where last.id = $1)
      order by asked_at desc, id desc limit $2`,
    [page.after, page.limit],
  );
  return rows.map(toCount);
}

/**
 * Keeps that a party, which acts, wants a count, unless the same one waits or runs. Returns the id of the one that stands. Throws
 * BACKGROUND_COUNTS_FULL.
 */
export async function queueCount(
  tx: Tx,
  { id, partyId, kind, criteria }: BackgroundQuestion & { readonly id: BackgroundCountId; readonly partyId: PartyId },
): Promise<BackgroundCountId> {
  const hash = sha256(utf8(canonicalJson({ kind, criteria })));
  await tx.query('select cohort.lock_group($1)', [partyId]);
  const [same] = await tx.query<{ id: BackgroundCountId }>(
    `select id from cohort.background_count where party_id = $1 and question_hash = $2 and state in ('queued', 'running')`,
    [partyId, hash],
  );
  if (same) return same.id;
  try {
    await tx.execute(
      'insert into cohort.background_count (id, party_id, kind, criteria, question_hash) values ($1, $2, $3, $4, $5)',
      [id, partyId, kind, JSON.stringify(criteria), hash],
    );
  } catch (error) {
    throw LIMITS.includes((error as { readonly constraint?: string }).constraint ?? '') ? full() : error;
  }
  return id;
}

/** Ends a count of the acting party that waits or runs; one that has ended stays as it is. */
export async function cancelCount(tx: Tx, id: BackgroundCountId): Promise<void> {
  await tx.execute(
    `update cohort.background_count set state = 'cancelled', ended_at = clock_timestamp()
      where id = $1 and state in ('queued', 'running')`,
    [id],
  );
}

/** A count that a process has taken. */
export interface TakenCount extends Omit<BackgroundQuestion, 'criteria'> {
  /** As they were stored: whoever counts reads them, so that what is not read any more fails instead of being taken for ever. */
  readonly criteria: unknown;
  readonly id: BackgroundCountId;
  readonly partyId: PartyId;
}

/** Takes the next count that waits, for a runner (UUID); undefined where there is none. Whose process is lost is ended. */
export async function takeCount(tx: Tx, runner: string): Promise<TakenCount | undefined> {
  const [row] = await tx.query<TakenCount>(
    'select id, party_id as "partyId", kind, criteria from cohort.take_background_count($1)',
    [runner],
  );
  return row;
}

/** Says how far a runner is with a count of the acting party. False where it is not the runner's any more. */
export async function reportCount(
  tx: Tx,
  { id, runner, done, total }: { id: BackgroundCountId; runner: string; done: number; total: number | null },
): Promise<boolean> {
  const told = await tx.execute(
    `update cohort.background_count set blocks_done = $3, blocks_total = $4, seen_at = clock_timestamp()
      where id = $1 and runner = $2 and state = 'running'`,
    [id, runner, done, total],
  );
  return told === 1;
}

/** How a count ended. */
export type CountEnd =
  | { readonly state: 'done'; readonly answers: readonly AnsweredCount[] }
  | { readonly state: 'failed'; readonly reason: string };

/** Ends a count of the acting party, unless it is not the runner's any more. */
export async function endCount(
  tx: Tx,
  { id, runner, end }: { id: BackgroundCountId; runner: string; end: CountEnd },
): Promise<void> {
  const [answers, reason] = end.state === 'done' ? [JSON.stringify(end.answers), null] : [null, end.reason];
  await tx.execute(
    `update cohort.background_count
        set state = $3::text, answers = $4, reason = $5, blocks_done = case $3::text when 'done' then coalesce(blocks_total, 0) else blocks_done end,
            ended_at = clock_timestamp()
      where id = $1 and runner = $2 and state = 'running'`,
    [id, runner, end.state, answers, reason],
  );
}

const LIMITS = ['background_counts_at_once', 'background_counts_a_day'];

const full = (): CohortError =>
  new CohortError(
    'BACKGROUND_COUNTS_FULL',
    `at most ${BACKGROUND_COUNTS_MAX} background counts of a group at once, and ${BACKGROUND_COUNTS_A_DAY_MAX} of a research center in 24 hours: wait for one, or cancel it`,
  );

/** jsonb keeps members in an order of its own; rules stay in theirs. */
const toCount = (row: BackgroundCount): BackgroundCount => ({ ...row, criteria: checkInOrder(row.criteria) });
