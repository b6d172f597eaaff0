import { phenotypeCases } from './cohort.phenotypes';
import type { ConformanceSuite } from './suite';

/** Other people's cohorts: definitions of OHDSI's phenotype library. */
export const cohortSuite: ConformanceSuite = { name: 'cohort', run: phenotypeCases };
