import type { DateRule } from '@aceso/deidentification/domain';

/** What binds the recipient of every package (point 2 of a risk report). */
export const CONTROLS: readonly string[] = [
  'the package is encrypted to the key that the request names, and every response with its bytes is logged before it begins',
  'the terms forbid to find out who a person is, to join the package with another and to pass it on',
  'purpose, recipients, country and term are those that every person in the files signed',
];

/** Why no l-diversity and no t-closeness is told of a package of single persons. */
export const SENSITIVE_NOTE =
  'the Patient rows, on which k holds, have no sensitive attribute; diagnoses and values stand in other rows, many a person, ' +
  'and l-diversity and t-closeness judge one value a person. What the sets of diagnoses give away stands in point 10';

/** What stays possible although k holds. */
export function residualRisks(dates: DateRule): readonly string[] {
  return [
    dates.kind === 'shift'
      ? 'one shift moves all dates of a person, so the days between events are true: whoever knows several of them can find the person'
      : 'whoever knows in which years several events were can find the person',
    'a set of diagnoses that somebody knows finds a person as often as point 10 says',
    'the first date of a record hints at an age that the band hides',
    'everybody in the files meets the criteria of the request: to know that a person is in them is to know that',
    'persons of one class may share a diagnosis, which is then known of all of them',
  ];
}

export function assumptionsOf(k: number): readonly string[] {
  return [
    `an attacker knows the attributes on which k holds, and nothing else: classes have at least ${k} persons`,
    'whoever is vouched for by a provider that belongs to the recipient hides nobody, and is counted nowhere in this report',
    'the recipient keeps the terms, and packages of different recipients are not put together',
    'what providers recorded of age, sex, place, race and ethnicity is true',
  ];
}

export const NOT_MODELLED: readonly string[] = [
  'families and households whose records lie together in the files',
  'knowledge of single events, diagnoses or values beside the attributes on which k holds',
  'the size of the population: being alone in the files is taken for being alone in the world',
  'recipients who pool their packages; only those of the same buyer were compared',
];
