import { endTestRun } from './test-run';

/** Runs once after all tests. */
export default async function tearDown(): Promise<void> {
  await endTestRun();
}
