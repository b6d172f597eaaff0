export { parseFhirPathRules } from './configuration';
export type { FhirPathConfiguration } from './configuration';
export { hashText, withId } from './crypto-hash';
export { foldedOffset } from './date-shift';
export { compileFhirPathRules } from './engine';
export type { ApplyRules, ResourceSource, RulesContext } from './engine';
export { applyRulesToFiles, RULES_NOTICE } from './rules-on-files';
export type { RulesOnFilesOptions, RulesReport } from './rules-on-files';
