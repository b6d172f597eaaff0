export { ExtractionKit, openExtractionKit } from './extraction-kit';
export type { Contributor, FundedSale } from './extraction-kit';
export { samplePerson } from './sample-person';
