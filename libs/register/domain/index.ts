export { mergeDemographics } from './demographics';
export { deadOn, latencyDays } from './erasure-latency';
export type { LatencySettings } from './erasure-latency';
export { HASH_RECORDS_MAX, judgeEvidence } from './link';
export type { LinkEvidence, LinkState } from './link';
export { KeptBack } from './kept-back';
export { LaterVersions, LINE, newestLines } from './newest-lines';
export type { MarkedLines, NewestLines } from './newest-lines';
export {
  checkDigest,
  checkHeader,
  headerBytes,
  readVersions,
  SEGMENT_BYTES_MAX,
  SEGMENT_CODEC,
  SEGMENT_FORMAT,
  segmentDigest,
  segmentKeyData,
  sourceRecordKeyData,
  VERSION_BYTES,
  writeVersions,
} from './segment';
export type { ChainPlace, SegmentHeader, StoredSegment, Version } from './segment';
export { Tally, verdictNumber } from './totals';
export type { IngestTotals, Totals } from './totals';
export { bundleParts, CSV_COLUMNS, csvParts, EXPORT_FORMATS } from './record-export';
export type { ExportFormat, ExportPart } from './record-export';
export { comparePlaces, passes, placeOf, TimelinePage } from './timeline';
export type { RecordFilter, SeenResource, TimelinePlace } from './timeline';
export {
  BLOCK_SLOTS,
  decodeFacts,
  encodeColumns,
  encodeFacts,
  entryBytes,
  factEntries,
  FORM_FLOAT,
  FORM_NONE,
  NO_DAY,
  NO_VALUE,
} from './fact-block';
export type { FactColumns, FactEntry } from './fact-block';
export { FACT_CODE, FACT_CODE_PARTS, factCodeKey } from './fact-code';
export type { FactCode } from './fact-code';
export { birthMonths, decodePersons, encodePersons, SEXES, stateNumber, UNKNOWN } from './person-block';
export type { PersonColumns, PersonEntry } from './person-block';
