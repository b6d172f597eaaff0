import { assert } from '@aceso/kernel';

/** A record with its quasi-identifiers generalised alike on both sides, and whose it truly is. */
export interface LinkedRecord {
  readonly person: string;
  readonly classKey: string;
}

/** What an attacker with the source at hand got. */
export interface RelinkResult {
  /** Persons of the source whom the attacker looked for. */
  readonly attempts: number;
  /** Those who are in the release. */
  readonly present: number;
  /** Right guesses. */
  readonly hits: number;
  /** Right guesses a person who is in the release. */
  readonly hitRate: number;
  /** What the class sizes foretell: classes / records. */
  readonly predicted: number;
  /** More right guesses than chance explains: four standard errors above the prediction. */
  readonly beatsPrediction: boolean;
}

const STANDARD_ERRORS_MAX = 4;

/**
 * The empirical attack: for each person of the source, guess one record of the release with the same quasi-identifiers. The
 * release holds one record a person. `below(n)` draws a whole number from 0 to n − 1.
 */
export function relink(
  source: Iterable<LinkedRecord>,
  release: readonly LinkedRecord[],
  below: (limit: number) => number,
): RelinkResult {
  const classes = new Map<string, string[]>();
  for (const { person, classKey } of release) {
    const members = classes.get(classKey);
    if (members) members.push(person);
    else classes.set(classKey, [person]);
  }
  const released = new Set(release.map(({ person }) => person));
  assert(released.size === release.length, 'a person has one record in the release');
  const total = { attempts: 0, present: 0, hits: 0 };
  for (const { person, classKey } of source) {
    total.attempts += 1;
    if (released.has(person)) total.present += 1;
    const members = classes.get(classKey);
    if (members && members[below(members.length)] === person) total.hits += 1;
  }
  const predicted = release.length === 0 ? 0 : classes.size / release.length;
  let variance = 0;
  for (const { length } of classes.values()) variance += 1 - 1 / length;
  const hitRate = total.present === 0 ? 0 : total.hits / total.present;
  const error = total.present === 0 ? 0 : Math.sqrt(variance) / total.present;
  return { ...total, hitRate, predicted, beatsPrediction: hitRate > predicted + STANDARD_ERRORS_MAX * error };
}
