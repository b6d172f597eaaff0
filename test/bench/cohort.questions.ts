import { performance } from 'node:perf_hooks';
import { checkCriteria, type Criteria } from '@aceso/cohort/domain';

export const SEED = 20;
const CODES_A_SET = 30;

/** Numbers of codes, those that many have among them, as of the n-th question. */
export function codeSets(n: number) {
  const set = (first: number, step: number) => Array.from({ length: CODES_A_SET }, (_, at) => first + n + at * step);
  return {
    conditions: set(4, 7),
    observations: set(1_501, 5),
    medications: set(3_010, 9),
    encounters: set(4_501, 3),
    valueMin: 100 + 5 * n,
  };
}
export type Sets = ReturnType<typeof codeSets>;
const named = (codes: readonly number[]) => ({ codes: codes.map((code) => `c${code}`) });

/** A first event at 40 to 69, women, a value within so many days, none of some drugs before, and two encounter days in the year before. */
export const criteriaOf = (sets: Sets, days = 90): Criteria =>
  checkCriteria({
    version: 1,
    entry: { first: [{ condition: named(sets.conditions) }] },
    all: [
      { sex: ['female'] },
      { age: { min: 40, max: 69, at: 'entry' } },
      { observation: { ...named(sets.observations), value: { min: sets.valueMin }, within: { from: 0, to: days } } },
      { none: [{ medication: { ...named(sets.medications), within: { to: -1 } } }] },
      { encounter: { ...named(sets.encounters), within: { from: -365, to: 0 }, times: { min: 2 } } },
    ],
  });

/** The same and three more: a funnel of eight rules. */
export const eightRules = (sets: Sets): Criteria => {
  const { all, ...criteria } = criteriaOf(sets);
  return checkCriteria({
    ...criteria,
    all: [
      ...all,
      { condition: { ...named(sets.conditions.slice(0, 10)), times: { min: 1 } } },
      { none: [{ observation: { ...named(sets.observations.slice(20)), value: { min: 199 } } }] },
      { any: [{ medication: named(sets.medications.slice(10)) }, { encounter: named(sets.encounters) }] },
    ],
  });
};

export async function timed<T>(run: () => Promise<T>): Promise<{ readonly ms: number; readonly result: T }> {
  const from = performance.now();
  const result = await run();
  return { ms: performance.now() - from, result };
}

export const at = (times: readonly number[], share: number): number =>
  [...times].sort((a, b) => a - b)[Math.min(times.length - 1, Math.floor(share * times.length))]!;
