export { DeidentificationError } from '../deidentification.errors';
export type { DeidentificationErrorCode } from '../deidentification.errors';
export { policyHash, policyText } from './policy';
export type { CodeSyntax, DateRule, ElementRule, ElementRules, Policy, ResourceRule } from './policy';
export { checkPolicy } from './policy-check';
export { POLICIES, policyNamed } from './policies';
export { dateShiftDays, dateShiftDraws, pseudonymsUnder } from './pseudonym';
export { possibleDaysMin, shiftBaseDays, shiftSpreadDays } from './composed-shift';
export type { Pseudonymise } from './pseudonym';
export { dayNumber, dayText, parseDays } from './calendar';
export type { DayNumber, DaySpan } from './calendar';
export { eventWindows } from './event-dates';
export type { EventWindow, EventWindows, ReleasedDate } from './event-dates';
export { RecordSpans } from './record-spans';
export type { RecordSpan } from './record-spans';
export type { DisplayOf, ReleasedCoding } from './coding-table';
export { RegisterRows, rowDomain } from './record-rows';
export type { RecordRows, RowPosition, RowReference } from './record-rows';
export { compileProjector, salePseudonyms } from './projector';
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
export type { ChosenGeneralisation, HistogramCell } from './lattice';
export { FinalMeasurement, measureFinal } from './final-measure';
export type { FinalMeasure } from './final-measure';
export { firstDay } from './row-dates';
export { measureLinkage } from './linkage';
export type { Linkage } from './linkage';
export { ANY_BIRTH, birthMonthOf, birthWindow, intersectWindows } from './birth-window';
export type { BirthMonth, BirthWindow } from './birth-window';
export { composedPersons } from './composition';
export type { ComposedPerson, EarlierView } from './composition';
export { chooseComposed } from './composed-choice';
export type { ComposedChoice } from './composed-choice';
