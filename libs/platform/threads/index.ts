/** What a thread may load of the platform, and how it is run: nothing here needs a framework or the database. */
export { hmacSha256 } from '../cryptography/hash';
export { aheadOf, inOrder } from './in-order';
export type { Ahead } from './in-order';
export { serveJobs } from './serve-jobs';
export { THREADS_DEFAULT, THREADS_MAX } from './thread-count';
export { THREAD_HEAP_MIB_MAX, ThreadPool } from './thread-pool';
export type { ThreadJob } from './thread-pool';
export type { Answer } from './thread-protocol';
