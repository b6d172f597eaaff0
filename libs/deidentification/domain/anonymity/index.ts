export { anonymise, measureNode } from './anonymise';
export type { Anonymisation, AnonymisationOptions, AnonymisationProgress } from './anonymise';
export { TableEncoder } from './encoded-table';
export type { EncodedTable } from './encoded-table';
export { hierarchyOf } from './hierarchy';
export type { Hierarchy, HierarchyLevel } from './hierarchy';
export {
  ageHierarchy,
  codeParentHierarchy,
  codePrefixHierarchy,
  dateHierarchy,
  numberHierarchy,
  zipHierarchy,
} from './built-in-hierarchies';
export { METRICS } from './metric';
export type { MetricName } from './metric';
export type { PrivacyModel } from './privacy-model';
export { releasedRecords } from './release-rows';
export type { ReleasedRecords } from './release-rows';
