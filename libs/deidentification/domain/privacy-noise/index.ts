export { discreteLaplace, EPSILON_MAX_MILLI, EPSILON_MIN_MILLI, epsilonOf } from './discrete-laplace';
export type { Epsilon } from './discrete-laplace';
export { noisyCount } from './noisy-count';
export type { NoisyCount } from './noisy-count';
export { keyedBytes, RandomSource } from './random-source';
