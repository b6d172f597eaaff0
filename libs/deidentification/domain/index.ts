export { DeidentificationError } from '../deidentification.errors';
export type { DeidentificationErrorCode } from '../deidentification.errors';
export { policyHash, policyText } from './policy';
export type { CodeSyntax, DateRule, ElementRule, ElementRules, Policy, ResourceRule } from './policy';
export { checkPolicy } from './policy-check';
export type { ElementsOfR4, KnownElement } from './policy-fit';
export { POLICIES, policyNamed } from './policies';
export { dateShiftDays, dateShiftDraws, noiseUnder, pseudonymsUnder } from './pseudonym';
export { possibleDaysMin, shiftBaseDays, shiftSpreadDays } from './composed-shift';
export type { Pseudonymise } from './pseudonym';
export { dayNumber, dayText, parseDays } from './calendar';
export type { DayNumber, DaySpan } from './calendar';
export { eventWindows } from './event-dates';
export type { EventWindow, EventWindows, ReleasedDate } from './event-dates';
export { RecordSpans } from './record-spans';
export type { RecordSpan } from './record-spans';
export type { DisplayOf, ReleasedCoding } from './coding-table';
export { RegisterRows, rowDomain, rowPseudonym } from './record-rows';
export type { RecordRows, RowPosition, RowReference } from './record-rows';
export { compileProjector, requireSaleKey, salePseudonyms } from './projector';
export type { PersonInSale, PersonProjector, ProjectedRow, ReleasedRow, SaleContext } from './projector';
export { byDateThenPseudonym, withoutDanglingReferences, withoutReferences } from './person-rows';
export type { PlacedRow } from './person-rows';
export { collectPlainCodes, plainCodeOf } from './plain-codes';
export { CodePersons, collectCodes, dropRareCodes, rareCodes } from './rare-codes';
export {
  AGE_POOLED_FROM,
  ageBand,
  CLASS_ATTRIBUTES,
  classKey,
  generalise,
  quasiIdentifiers,
} from './quasi-identifiers';
export type { Generalisation, GeneralisedAttributes, PersonAttributes, QuasiIdentifiers } from './quasi-identifiers';
export { chooseGeneralisation, LATTICE, rankGeneralisations } from './lattice';
export type { ChosenGeneralisation, HistogramCell, RankedGeneralisation } from './lattice';
export { lossOfRelease, LOSS_FORMULA } from './release-loss';
export type { ReleaseLoss } from './release-loss';
export { FinalMeasurement, measureFinal } from './final-measure';
export type { FinalMeasure } from './final-measure';
export { firstDay } from './row-dates';
export { measureLinkage } from './linkage';
export type { Linkage } from './linkage';
export { ANY_BIRTH, birthMonthOf, birthWindow, intersectWindows } from './birth-window';
export type { BirthMonth, BirthWindow } from './birth-window';
export { composedPersons } from './composition';
export type { ComposedPerson, EarlierView } from './composed-person';
export { chooseComposed } from './composed-choice';
export type { ComposedChoice } from './composed-choice';
export {
  ageHierarchy,
  anonymise,
  codeParentHierarchy,
  codePrefixHierarchy,
  dateHierarchy,
  hierarchyOf,
  measureNode,
  METRICS,
  numberHierarchy,
  releasedRecords,
  TableEncoder,
  zipHierarchy,
} from './anonymity';
export type {
  Anonymisation,
  AnonymisationOptions,
  AnonymisationProgress,
  EncodedTable,
  Hierarchy,
  HierarchyLevel,
  MetricName,
  PrivacyModel,
  ReleasedRecords,
} from './anonymity';
export {
  attackerRisks,
  ClassTable,
  diversityReached,
  K_MIN_DEFAULT,
  measureRisk,
  populationUniques,
  recordCount,
  recordsBelow,
  REPORTED_K,
  sensitiveValues,
  threshold,
} from './risk';
export type {
  AttackerRisk,
  AttackerRisks,
  DiversityReached,
  PopulationUniques,
  RecordClass,
  RecordsAtRisk,
  RiskMeasure,
  RiskOptions,
  SizeCount,
  Threshold,
  UniquesEstimate,
  UniquesModel,
} from './risk';
export {
  discreteLaplace,
  EPSILON_MAX_MILLI,
  EPSILON_MIN_MILLI,
  epsilonOf,
  keyedBytes,
  noisyCount,
  RandomSource,
} from './privacy-noise';
export type { Epsilon, NoisyCount } from './privacy-noise';
export { html, htmlPage, htmlTable, relink, riskPage, riskReport } from './report';
export type {
  Disclosed,
  DiscloseSum,
  Html,
  LinkedRecord,
  RefusalCode,
  RelinkResult,
  RiskReport,
  RiskReportInput,
  Verdict,
} from './report';
export { columnsOf } from './views/view-definition';
export type { Column, Storage, ViewDefinition } from './views/view-definition';
export { parseView } from './views/view-parse';
export type { CompileFhirPath } from './views/path-compile';
export { referenceKeys, resourceKeys } from './views/path-functions';
export { compileView } from './views/view-compile';
export type { Cells, CompiledView } from './views/view-compile';
export { checkView } from './views/view-check';
export { columnElements } from './views/column-element';
export { narrowView } from './views/view-narrow';
export { scopeOfPolicy } from './views/view-scope';
export type { ElementTree, ViewScope } from './views/view-scope';
export {
  OWN_LIBRARY_PATHS_MAX,
  OWN_VIEW_COLUMNS_MAX,
  OWN_VIEWS_BYTES_MAX,
  OWN_VIEWS_MAX,
  ownView,
  ownViews,
} from './views/own-view';
export type { OwnView } from './views/own-view';
export type { OwnViewDocument } from './views/own-document';
export { viewKeys } from './views/view-keys';
export type { ViewKeys } from './views/view-keys';
export { probesOf } from './views/view-probe';
export { viewInWords } from './views/view-words';
export { SHIPPED_VIEWS, shippedView } from './views/shipped-views';
export type { ViewDocument } from './views/shipped-views';
