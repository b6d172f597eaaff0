import { fhirPathRuleCases } from './deid.fhir-path-rules';
import type { ConformanceSuite } from './suite';

/** Everything under `deid`: configurations and before/after pairs of other people's de-identification tools. */
export const deidSuite: ConformanceSuite = {
  name: 'deid',
  async *run(dataDir) {
    yield* fhirPathRuleCases(dataDir);
  },
};
