import { CohortError } from './cohort.errors';

/** Characters (code points) of the name of a saved cohort. */
export const COHORT_NAME_LENGTH_MAX = 100;

/** A name as it is kept: without blanks around it, composed (Unicode NFC). Throws COHORT_NAME_INVALID. */
export function cohortName(text: string): string {
  const name = text.normalize('NFC').trim();
  const { length } = [...name];
  if (length < 1 || length > COHORT_NAME_LENGTH_MAX || /\p{Cc}|\p{Cs}|\p{Zl}|\p{Zp}/u.test(name)) {
    throw new CohortError(
      'COHORT_NAME_INVALID',
      `a saved cohort has a name of 1 to ${COHORT_NAME_LENGTH_MAX} characters on one line`,
    );
  }
  return name;
}
