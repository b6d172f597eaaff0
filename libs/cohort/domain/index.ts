export { COHORT_NAME_LENGTH_MAX } from './cohort-name';
export type { FindConcept } from './circe/concepts';
export { importCirce } from './circe/import-circe';
export type { CirceImport } from './circe/import-circe';
export type { NamedPlace } from './circe/reading';
export { ConceptTree, parseConceptTable } from './concept-tree';
export type { ConceptEdge } from './concept-tree';
export { CODES_MAX, EVENT_KINDS, RULES_MAX } from './criteria';
export type { Criteria, Entry, EventKind, Rule } from './criteria';
export { KIND_TYPES } from './kind-types';
export {
  checkCriteria,
  CRITERIA_LENGTH_MAX,
  criteriaHash,
  firstRules,
  parseCriteria,
  parseInOrder,
} from './criteria-document';
export { criteriaInWords } from './sentence';
export { bornAtEarliest, bornAtLatest, surelyReached } from './age';
export { OTHERS_CELL } from './class-table';
export type { AgeBandYears } from './class-table';
export { foundParameters, mayDecide } from './found';
export type { FoundContext } from './found';
export type { PersonSet } from './person-set';
export { COUNT_ROUNDED_TO, COUNT_THRESHOLD, disclose } from './disclosure';
export { PUBLIC_PERSONS_MIN, PUBLIC_ROUNDED_DOWN_TO, publicNumber } from './public-number';
export type { AnsweredCount, DisclosedCount, Suppression } from './disclosure';
export { CLOSE_PERSONS_MAX } from './closeness';
export { judgeEligibility } from './eligibility';
export type { Eligibility, IndexedPerson, IneligibleReason } from './eligibility';
export { CohortError } from './cohort.errors';
export type { CohortErrorCode } from './cohort.errors';
export { PROFILE_TABLES } from './profile';
export type { ProfileTable } from './profile';
