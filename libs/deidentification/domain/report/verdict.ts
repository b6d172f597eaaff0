import { K_MIN_DEFAULT, threshold, type Threshold } from '../risk';
import type { RiskReportInput } from './report-input';

export interface Verdict {
  readonly decision: 'released' | 'refused';
  readonly threshold: Threshold;
  /** Why it was refused, and what would have to change. */
  readonly reasons: readonly { readonly code: RefusalCode; readonly reason: string; readonly change: string }[];
}

export type RefusalCode = 'CLASS_BELOW_THRESHOLD' | 'POPULATION_CLASS_BELOW_THRESHOLD' | 'ATTACK_BEATS_PREDICTION';

/**
 * Judges the final files by the highest risk, for a public release against 11 records a class and for a controlled one
 * against 5, unless the context sets another number. Throws THRESHOLD_INVALID.
 */
export function judge({ context, after, attack }: Pick<RiskReportInput, 'context' | 'after' | 'attack'>): Verdict {
  const limit = threshold(context.kMin ?? K_MIN_DEFAULT[context.kind]);
  const reasons: Verdict['reasons'][number][] = [];
  if (after.smallestClass < limit.kMin) {
    reasons.push({
      code: 'CLASS_BELOW_THRESHOLD',
      reason: `A class has fewer than the ${limit.kMin} records that a ${context.kind} release needs`,
      change:
        'generalise a quasi-identifier by one level, suppress the records of the small classes, or ask for fewer attributes',
    });
  }
  // Only a population table can make the journalist's risk the higher one: then a class has fewer people than the limit.
  if (after.attackers.journalist.highest > limit.highestRisk && reasons.length === 0) {
    reasons.push({
      code: 'POPULATION_CLASS_BELOW_THRESHOLD',
      reason: `A class has fewer than ${limit.kMin} people in the population`,
      change: 'generalise the quasi-identifiers until every class has enough people in the population',
    });
  }
  if (attack.beatsPrediction) {
    reasons.push({
      code: 'ATTACK_BEATS_PREDICTION',
      reason: 'The attack on the final files found more persons than the class sizes foretell',
      change:
        'look for an attribute outside of the classes that follows the order or the identity of persons, and drop it',
    });
  }
  return { decision: reasons.length === 0 ? 'released' : 'refused', threshold: limit, reasons };
}
