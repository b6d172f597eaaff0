import { gibleedCases } from './cohort.gibleed';
import { phenotypeCases } from './cohort.phenotypes';
import type { ConformanceSuite } from './suite';

/** Other people's cohorts: definitions of OHDSI's phenotype library, and the counts of its Eunomia sample. */
export const cohortSuite: ConformanceSuite = {
  name: 'cohort',
  async *run(dataDir) {
    yield* phenotypeCases(dataDir);
    yield* gibleedCases(dataDir);
  },
};
