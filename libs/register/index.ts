export { readLines } from './ingest/line-source';
export type { SourceLine } from './ingest/line-source';
