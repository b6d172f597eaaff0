export { holdLock, untilWaiting, waitingTransactions } from './held-lock';
export type { HeldLock } from './held-lock';
export { steppedDatabase } from './stepped-database';
export type { Step } from './stepped-database';
export { startTestDatabase } from './test-database';
export type { TestDatabase, TestDatabaseOptions } from './test-database';
export { testRunFolder } from './test-run';
export { isAlive } from '../embedded/postmaster';
