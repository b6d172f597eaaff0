import { digestClaim, freeClaims, uuidClaim, YEAR_SECONDS } from '@aceso/identity/domain';
import type { z } from 'zod';

/**
 * Persons of one list, at least, whom the buyer does not know anyway: a list of one, soon after somebody is known to have
 * withdrawn, would say which pseudonym that is. Fewer wait for others.
 */
export const WITHDRAWAL_BATCH_MIN = 5;
/** After so many days without an acknowledgement a list is overdue. */
export const ACKNOWLEDGEMENT_DAYS = 14;

const DAY_MS = 86_400_000;

/** A buyer says that it has deleted the rows of everybody on one list, the single rows on it, and copies of them. `list`: SHA-256 of the signed list. */
export const WITHDRAWAL_ACKNOWLEDGEMENT = {
  typ: 'aceso/withdrawal-acknowledgement/v1',
  signers: ['researcher'],
  lifetimeSecondsMax: YEAR_SECONDS,
  claims: freeClaims({ order: uuidClaim, list: digestClaim }),
} as const;

export type WithdrawalAcknowledgementClaims = z.infer<typeof WITHDRAWAL_ACKNOWLEDGEMENT.claims>;

/**
 * Number of the interval in which a moment lies: lists are made once in each, for all orders at once, so that the moment of
 * a list says nothing about that of a withdrawal.
 */
export function roundAt(now: number, intervalSeconds: number): number {
  return Math.floor(now / (intervalSeconds * 1000));
}

/** Somebody who waits for a list. */
export interface WaitingMember {
  /** A provider that hangs together with the buyer vouches for the person, or did. */
  readonly knownToBuyer: boolean;
}

/** Whether enough persons wait. Whom the buyer knows by itself hides nobody: it can subtract them. */
export function isBatch(waiting: readonly WaitingMember[]): boolean {
  return waiting.filter(({ knownToBuyer }) => !knownToBuyer).length >= WITHDRAWAL_BATCH_MIN;
}

export type ListState = 'open' | 'acknowledged' | 'overdue';

/** How a list stands that the buyer can fetch since `readyAt`. */
export function listState(
  list: { readonly readyAt: Date; readonly acknowledgedAt: Date | null },
  now: number,
): ListState {
  if (list.acknowledgedAt) return 'acknowledged';
  return now - list.readyAt.getTime() > ACKNOWLEDGEMENT_DAYS * DAY_MS ? 'overdue' : 'open';
}

/** What became of somebody's rows in one package that was fetched. */
export interface Departure {
  readonly withdrawn: boolean;
  /** Null while no list with the person can be fetched. */
  readonly sentAt: Date | null;
  readonly acknowledgedAt: Date | null;
  /** True once the permit ended: nobody can say any more which rows those are. */
  readonly recallEnded: boolean;
}

/**
 * - `with-buyer`: the rows left, and the person did not withdraw.
 * - `waiting`: withdrawn; the next list with enough persons names the rows.
 * - otherwise how the list stands; `recall-ended`: the permit ended before a list went out.
 */
export type DepartureState = 'with-buyer' | 'waiting' | 'recall-ended' | ListState;

export function departureState(departure: Departure, now: number): DepartureState {
  const { withdrawn, sentAt, acknowledgedAt, recallEnded } = departure;
  if (sentAt) return listState({ readyAt: sentAt, acknowledgedAt }, now);
  if (recallEnded) return 'recall-ended';
  return withdrawn ? 'waiting' : 'with-buyer';
}
