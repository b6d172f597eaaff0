/** Times and counts of the queue, in one place; all durations in milliseconds unless the name says otherwise. */

/** Runs of a job before it counts as failed. A failed job is derived again from rows by the reconciler. */
export const ATTEMPTS_MAX = 5;
/** Wait before the second run; doubles with each further one. */
export const BACKOFF_MS = 1_000;
/** A worker that does not renew for this long has lost its job (renewal happens at half of it). */
export const LOCK_MS = 30_000;
/** How often lost jobs are looked for. */
export const STALLED_CHECK_MS = 15_000;
/** How often a job may be lost (its worker killed) before it counts as failed. */
export const STALLED_MAX = 3;
/** Finished jobs are kept so that their ids stop repeats; rows, not jobs, are the record. */
export const COMPLETED_KEPT = { age: 3_600, count: 1_000 } as const; // age in seconds
export const FAILED_KEPT = { age: 7 * 24 * 3_600, count: 1_000 } as const; // age in seconds

/** Outbox rows that one round of the relay sends. */
export const RELAY_BATCH_ROWS = 100;
/** The relay looks at least this often; a notification wakes it sooner. */
export const RELAY_POLL_MS = 1_000;
/** Channel of the notification that an insert into platform.outbox sends. */
export const OUTBOX_CHANNEL = 'aceso_outbox';
/** Sent rows stay this long: the reconciler finds the jobs of recent events through them. */
export const OUTBOX_KEPT_DAYS = 7;

/** How often unfinished work is looked for. */
export const RECONCILE_MS = 15_000;
/** Unfinished work comes back at most this often while its failed jobs are kept. */
export const REVIVALS_MAX = 50;
/** Longest delay before work that keeps failing is tried again. */
export const REVIVAL_DELAY_MS_MAX = 3_600_000;

/** How often old outbox rows and idempotency keys are deleted. */
export const HOUSEKEEPING_MS = 3_600_000;
