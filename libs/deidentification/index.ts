export {
  ageBand,
  byDateThenPseudonym,
  checkPolicy,
  chooseGeneralisation,
  classKey,
  CodePersons,
  compileProjector,
  DeidentificationError,
  dropRareCodes,
  FinalMeasurement,
  measureFinal,
  measureLinkage,
  POLICIES,
  policyHash,
  policyNamed,
  policyText,
  quasiIdentifiers,
  rareCodes,
  RegisterRows,
  withoutDanglingReferences,
} from './domain';
export type {
  ChosenGeneralisation,
  DeidentificationErrorCode,
  FinalMeasure,
  Generalisation,
  HistogramCell,
  Linkage,
  PersonAttributes,
  PersonInSale,
  PersonProjector,
  Policy,
  ProjectedRow,
  QuasiIdentifiers,
  ReleasedRow,
  RowPosition,
  SaleContext,
} from './domain';
export { elementsOfR4 } from './r4-elements';
export { deidentifyFiles } from './offline/offline-deidentification';
export type { OfflineOptions } from './offline/offline-deidentification';
export type { OfflineReport } from './offline/offline-report';
export { readTable } from './offline/table-files';
export type { ReadTable, TableFiles } from './offline/table-files';
export { writeRelease } from './offline/release-file';
export type { ReleaseFile } from './offline/release-file';
export { requirePlainTarget, writingTo } from './offline/writing-to';
export { tableRisk } from './offline/table-risk';
export type { TableRiskInput } from './offline/table-risk';
export { loadFhirPathLibrary } from './tables/fhirpath-library';
export { makeTables } from './tables/make-tables';
export type { TableColumn, TableFile, TableInput, TablesOptions, TablesReport } from './tables/make-tables';
export { openTable, TABLE_FORMATS, tableFormat } from './tables/table-writer';
export type { TableFormat, TablePlace, TableWriter } from './tables/table-writer';
