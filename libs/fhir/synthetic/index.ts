export { generatePopulation } from './population';
export type { PopulationOptions, SyntheticRecord } from './population';
export { SeededRandom } from './random';
