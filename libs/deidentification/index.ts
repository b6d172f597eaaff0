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
