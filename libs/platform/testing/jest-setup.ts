import { beginTestRun } from './test-run';

/** Runs once before all tests. Relative import: jest does not map aliases here. */
export default async function setUp(): Promise<void> {
  await beginTestRun();
}
