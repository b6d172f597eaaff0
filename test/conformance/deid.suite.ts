import { riskCases } from './deid.risk';
import type { ConformanceCase, ConformanceSuite } from './suite';

/** Everything under `deid`: optima, figures and pairs of other anonymisers. */
export const deidSuite: ConformanceSuite = {
  name: 'deid',
  async *run(dataDir): AsyncGenerator<ConformanceCase> {
    yield* riskCases(dataDir);
  },
};
