import { join } from 'node:path';
import { adultCases } from './deid.adult';
import { fhirPathRuleCases } from './deid.fhir-path-rules';
import { riskCases } from './deid.risk';
import type { ConformanceCase, ConformanceSuite } from './suite';

/** Everything under `deid`: what other people's de-identification tools find on the same data. */
export const deidSuite: ConformanceSuite = {
  name: 'deid',
  async *run(dataDir): AsyncGenerator<ConformanceCase> {
    yield* adultCases(join(dataDir, 'deid', 'adult'));
    yield* riskCases(dataDir);
    yield* fhirPathRuleCases(dataDir);
  },
};
