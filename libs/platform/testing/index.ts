export { holdLock, untilWaiting } from './held-lock';
export type { HeldLock } from './held-lock';
export { startTestDatabase } from './test-database';
export type { TestDatabase, TestDatabaseOptions } from './test-database';
export { testRunFolder } from './test-run';
