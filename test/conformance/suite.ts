/** What became of one case of outside test data. A skipped or failed case always carries its reason. */
export interface ConformanceCase {
  readonly case: string;
  readonly outcome: 'passed' | 'failed' | 'skipped';
  readonly reason?: string;
  /** What was looked at, where the number of cases does not say it; or where our answer differs from the source's, and why. */
  readonly note?: string;
}

/** One suite of outside test data; `dataDir` holds the folders that the data's README names. */
export interface ConformanceSuite {
  readonly name: string;
  run(dataDir: string): AsyncIterable<ConformanceCase>;
}
