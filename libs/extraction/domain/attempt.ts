import type { PersonId } from '@aceso/kernel';

/**
 * Measure, emit and release form an attempt. An attempt ends in exactly one of three ways; nothing leads back.
 * The database repeats the states as a check.
 */
export type AttemptState = 'emitting' | 'released' | 'abandoned';

export const NEXT_ATTEMPT_STATES: Record<AttemptState, readonly AttemptState[]> = {
  emitting: ['released', 'abandoned'],
  released: [],
  abandoned: [],
};

/** Attempts of one order before its money goes back. */
export const ATTEMPTS_MAX = 5;

/** How often the jobs of one attempt come into the queue; after that it is given up. More than once only after a loss. */
export const FLOWS_MAX = 5;

/**
 * Why an attempt was given up; `WORK_FAILED`: one of its jobs failed for good, whatever the cause; `BUYER_STOPPED`: the licence of
 * its buyer was suspended or revoked, and its files are for nobody; `RECORD_RETRACTED`: a provider took a resource back that the files may hold.
 */
export type AbandonReason =
  'GATE_MOVED' | 'RECORD_RETRACTED' | 'K_NOT_REACHED' | 'RISK_TOO_HIGH' | 'WORK_FAILED' | 'BUYER_STOPPED';

/** Why a person left an order for good; `SHIFTS_EXHAUSTED`: it is in as many living permits as there are date shifts. */
export type ExclusionReason = 'GATE_MOVED' | 'RECORD_UNREADABLE' | 'SHIFTS_EXHAUSTED';

/** Why an order was refunded. */
export type RefundReason =
  | 'COHORT_TOO_SMALL'
  | 'K_NOT_REACHED'
  | 'RISK_TOO_HIGH'
  | 'ATTEMPTS_EXHAUSTED'
  | 'COMPOSITION_TOO_NARROW'
  | 'BUYER_STOPPED'
  | 'POLICY_RETIRED';

/** Fewer released persons than this is no cohort (count threshold, privacy-and-keys.md section 6). */
export const PERSONS_MIN = 11;

/** Days that an order waits for a buyer whose licence is suspended; then its money goes back. */
export const BUYER_STOPPED_DAYS_MAX = 30;
const DAY_MS = 86_400_000;

/** Since when a buyer may not act, and whether that is for good; null for one that may. */
export type BuyerStop = { readonly since: Date; readonly revoked: boolean } | null;

/** What becomes of the order of a stopped buyer: it waits, and ends when the licence is revoked or stays suspended for too long. */
export function afterStop(stop: NonNullable<BuyerStop>, now: number): 'wait' | 'end' {
  return stop.revoked || now - stop.since.getTime() >= BUYER_STOPPED_DAYS_MAX * DAY_MS ? 'end' : 'wait';
}

/**
 * What follows an attempt that was given up: the number is its own, counted from 1. A risk that no new measurement mends ends
 * the order at once.
 */
export function afterAbandoned(number: number, reason: AbandonReason): 'again' | RefundReason {
  if (reason === 'RISK_TOO_HIGH') return reason;
  if (number < ATTEMPTS_MAX) return 'again';
  return reason === 'K_NOT_REACHED' ? 'RISK_TOO_HIGH' : 'ATTEMPTS_EXHAUSTED';
}

/**
 * Persons whose gate moved since their rows were emitted; a gate that is gone counts as moved. They leave the order for
 * good (privacy-and-keys.md section 5).
 */
export function movedPersons(
  emitted: ReadonlyMap<PersonId, number>,
  now: ReadonlyMap<PersonId, number>,
): readonly PersonId[] {
  return [...emitted].filter(([person, version]) => now.get(person) !== version).map(([person]) => person);
}
