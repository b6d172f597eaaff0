export { exportConsent } from './export-consent';
export type { ConsentHead } from './export-consent';
export { importConsent } from './import-consent';
export type { ImportOptions } from './foreign-rules';
export { PROVISIONS_MAX, provisionTree } from './provision-tree';
export type { ProvisionNode, RulePart } from './provision-tree';
export type { FindParty, NamedParty } from './read-provision';
export { FHIR_VERSIONS, RULES_POLICY } from './terms';
export type { Element, FhirVersion } from './terms';
