import { availableParallelism } from 'node:os';

export const THREADS_MAX = 64;
/** More threads help only where a machine is left to one process; each holds a heap of its own. */
const THREADS_UNASKED_MAX = 4;

/** One thread a core unless somebody says otherwise, four at most. */
export const THREADS_DEFAULT = Math.min(availableParallelism(), THREADS_UNASKED_MAX);
