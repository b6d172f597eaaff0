export { ExtractionKit, openExtractionKit } from './extraction-kit';
export type { Contributor, FundedSale, SentRecord } from './extraction-kit';
export { releasedTooLate, takeCommits, watchCommits } from './commit-order';
export type { Committed } from './commit-order';
export { samplePerson } from './sample-person';
export { releasedPackage, type ReleasedPackage } from './released-package';
