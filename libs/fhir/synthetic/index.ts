export {
  SYNTHETIC_BLOCK_PERSONS,
  SYNTHETIC_CODE_SYSTEM,
  SYNTHETIC_CODES,
  SYNTHETIC_DECIMALS,
  syntheticFacts,
} from './fact-blocks';
export type { SyntheticBlock, SyntheticCode, SyntheticColumns, SyntheticFactsOptions } from './fact-blocks';
export { generatePopulation } from './population';
export type { PopulationOptions, SyntheticRecord } from './population';
export { SeededRandom } from './random';
