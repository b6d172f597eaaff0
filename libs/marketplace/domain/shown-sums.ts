import { COUNT_THRESHOLD } from '@aceso/cohort/domain';

/** Fewest answers by which sums that are shown move on: whoever keeps looking sees no single answer arrive. */
export const SHOWN_STEP_MIN = COUNT_THRESHOLD;

/** Sums of a request version. They are true numbers: what is shown of them goes through the threshold. */
export interface AnswerSums {
  readonly asked: number;
  readonly answered: number;
  readonly granted: number;
}

/** Whether the sums as they are now may take the place of those that were shown last. */
export function movesOn(shown: AnswerSums, now: AnswerSums, { deadlinePassed }: { deadlinePassed: boolean }): boolean {
  return deadlinePassed || now.answered - shown.answered >= SHOWN_STEP_MIN;
}
