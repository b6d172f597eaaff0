import { MarketplaceError } from './marketplace.errors';
import type { RequestState } from './request-state';

/** Longest time that patients have for an answer, from the moment a request is sent. */
export const ANSWER_DAYS_MAX = 180;
const DAY_MS = 86_400_000;

/** Milliseconds of an answer deadline; throws ANSWER_DEADLINE_INVALID for one that is past or too far away. */
export function checkAnswerDeadline(deadline: number, now: number): number {
  if (!Number.isSafeInteger(deadline) || deadline <= now || deadline > now + ANSWER_DAYS_MAX * DAY_MS) {
    throw new MarketplaceError(
      'ANSWER_DEADLINE_INVALID',
      `answers are due in the future, within ${ANSWER_DAYS_MAX} days`,
    );
  }
  return deadline;
}

/** The request version that a person was asked about, as it stands now. */
export interface AskedVersion {
  readonly state: RequestState;
  readonly version: number;
  readonly currentVersion: number;
  /** Milliseconds since 1970-01-01T00:00:00Z, as is `now`: both by the database's clock. */
  readonly answerDeadline: number;
}

/** True while an answer counts: the version asked about is current, not funded or cancelled, and its time is not over. */
export function takesAnswers(asked: AskedVersion, now: number): boolean {
  return asked.state === 'asking' && asked.version === asked.currentVersion && now <= asked.answerDeadline;
}

/** Throws ANSWERING_CLOSED unless {@link takesAnswers}. */
export function checkAnswering(asked: AskedVersion, now: number): void {
  if (!takesAnswers(asked, now)) {
    throw new MarketplaceError('ANSWERING_CLOSED', 'this request takes no more answers');
  }
}
