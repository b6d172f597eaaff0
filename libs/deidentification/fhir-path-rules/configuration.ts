import { isObject, type JsonObject } from '@aceso/fhir';
import { Expressions, type Evaluate } from './expressions';
import { parametersOf, refuse, type RuleParameters } from './parameters';
import { parseRulePath, type RulePath } from './paths';

/** How a rule changes what it finds. */
export type RuleMethod =
  | { readonly kind: 'redact' | 'keep' | 'dateShift' | 'cryptoHash' | 'encrypt' }
  | { readonly kind: 'substitute'; readonly replaceWith: unknown }
  | {
      readonly kind: 'perturb';
      /** Width of the noise: a number, or a share of the value. */
      readonly span: number;
      readonly rangeType: 'fixed' | 'proportional';
      /** Decimal places that are left. */
      readonly roundTo: number;
    }
  | {
      readonly kind: 'generalize';
      /** Condition and replacement; the first condition that holds counts. */
      readonly cases: readonly (readonly [condition: Evaluate, replacement: Evaluate])[];
      readonly otherValues: 'redact' | 'keep';
    };

export interface FhirPathRule {
  /** As it stands in the file: what errors name. */
  readonly text: string;
  /** Place in the file, from 1. */
  readonly number: number;
  readonly path: RulePath;
  readonly method: RuleMethod;
}

/** A configuration in the `fhirPathRules` format, checked. */
export interface FhirPathConfiguration {
  readonly rules: readonly FhirPathRule[];
  /** Whether a rule that fails ends the run, or empties the resource it failed on. */
  readonly processingErrors: 'raise' | 'skip';
  readonly parameters: RuleParameters;
}

const RULES_MAX = 10_000;
const ROUND_TO_DEFAULT = 2;
const ROUND_TO_MAX = 28;

/**
 * Reads and checks a configuration; a byte order mark and commas before a closing bracket are read over. Throws the code
 * of the first mistake, with the number of the rule.
 */
export async function parseFhirPathRules(text: string): Promise<FhirPathConfiguration> {
  const file = parseJson(text);
  const version = file['fhirVersion'] ?? '';
  if (version !== '' && version !== 'R4') {
    refuse('FHIRPATH_RULES_VERSION_UNSUPPORTED', 'fhirVersion is R4, empty or absent: other versions are not read');
  }
  const rules = file['fhirPathRules'];
  if (!Array.isArray(rules) || rules.length === 0) {
    refuse('FHIRPATH_RULES_MISSING', 'fhirPathRules is a list of at least one rule');
  }
  if (rules.length > RULES_MAX) refuse('FHIRPATH_RULES_MALFORMED', `at most ${RULES_MAX} rules are read`);
  const processingErrors = file['processingErrors'] ?? 'raise';
  if (processingErrors !== 'raise' && processingErrors !== 'skip') {
    refuse('FHIRPATH_RULES_MALFORMED', 'processingErrors is raise or skip');
  }
  const parameters = parametersOf(file['parameters'] ?? {});
  const expressions = await Expressions.load();
  return {
    rules: rules.map((rule, at) => ruleOf(rule, { number: at + 1, expressions })),
    processingErrors,
    parameters,
  };
}

/** A comma before a closing bracket, outside of texts. */
const TRAILING_COMMA = /"(?:[^"\\]|\\.)*"|,(?=\s*[}\]])/g;

function parseJson(text: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, '').replace(TRAILING_COMMA, (part) => (part === ',' ? '' : part)));
  } catch {
    value = undefined; // V8's message quotes the file, which may hold keys
  }
  return isObject(value) ? value : refuse('FHIRPATH_RULES_MALFORMED', 'the file is no JSON object');
}

interface RulePlace {
  readonly number: number;
  readonly expressions: Expressions;
}

function ruleOf(rule: unknown, place: RulePlace): FhirPathRule {
  const { number, expressions } = place;
  if (!isObject(rule) || typeof rule['path'] !== 'string' || typeof rule['method'] !== 'string') {
    refuse('FHIRPATH_RULES_MALFORMED', `rule ${number} has a path and a method, both texts`);
  }
  const method = methodOf(rule, place);
  const path = parseRulePath(rule['path'], expressions);
  if (!path) {
    refuse(
      'FHIRPATH_RULE_PATH_INVALID',
      `the path of rule ${number} is no FHIRPath, or calls a function that is not run here`,
    );
  }
  return { text: rule['path'], number, path, method };
}

/** Method names are compared without regard to case, as files in use write both `dateShift` and `dateshift`. */
function methodOf(rule: JsonObject, { number, expressions }: RulePlace): RuleMethod {
  const name = `rule ${number}`;
  switch ((rule['method'] as string).toLowerCase()) {
    case 'redact':
      return { kind: 'redact' };
    case 'keep':
      return { kind: 'keep' };
    case 'dateshift':
      return { kind: 'dateShift' };
    case 'cryptohash':
      return { kind: 'cryptoHash' };
    case 'encrypt':
      return { kind: 'encrypt' };
    case 'substitute':
      return substituteOf(rule, name);
    case 'perturb':
      return perturbOf(rule, name);
    case 'generalize':
      return generalizeOf(rule, name, expressions);
    default:
      return refuse(
        'FHIRPATH_RULE_METHOD_UNSUPPORTED',
        `${name}: methods are redact, keep, dateShift, cryptoHash, encrypt, substitute, perturb, generalize`,
      );
  }
}

function substituteOf(rule: JsonObject, name: string): RuleMethod {
  const { replaceWith } = rule;
  if (replaceWith === undefined || replaceWith === null || Array.isArray(replaceWith)) {
    refuse('FHIRPATH_RULE_REPLACEMENT_MISSING', `${name}: replaceWith is a value or an object`);
  }
  return { kind: 'substitute', replaceWith };
}

function perturbOf(rule: JsonObject, name: string): RuleMethod {
  if (rule['span'] === undefined) refuse('FHIRPATH_RULE_SPAN_MISSING', `${name}: perturb needs a span`);
  const span = numberOf(rule['span']);
  if (span === undefined) refuse('FHIRPATH_RULE_SPAN_INVALID', `${name}: span is a number`);
  if (span < 0) refuse('FHIRPATH_RULE_SPAN_INVALID', `${name}: span is not negative`);
  const rangeType = typeof rule['rangeType'] === 'string' ? rule['rangeType'].toLowerCase() : rule['rangeType'];
  if (rangeType !== undefined && rangeType !== 'fixed' && rangeType !== 'proportional') {
    refuse('FHIRPATH_RULE_RANGE_TYPE_INVALID', `${name}: rangeType is fixed or proportional`);
  }
  return { kind: 'perturb', span, rangeType: rangeType ?? 'fixed', roundTo: roundToOf(rule['roundTo'], name) };
}

function roundToOf(value: unknown, name: string): number {
  if (value === undefined) return ROUND_TO_DEFAULT;
  const places = numberOf(value);
  if (places === undefined || !Number.isInteger(places)) {
    refuse('FHIRPATH_RULE_ROUND_TO_INVALID', `${name}: roundTo is a whole number`);
  }
  if (places < 0) refuse('FHIRPATH_RULE_ROUND_TO_INVALID', `${name}: roundTo is not negative`);
  if (places > ROUND_TO_MAX) refuse('FHIRPATH_RULE_ROUND_TO_INVALID', `${name}: roundTo is at most ${ROUND_TO_MAX}`);
  return places;
}

/** Numbers may stand as texts. */
function numberOf(value: unknown): number | undefined {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}

function generalizeOf(rule: JsonObject, name: string, expressions: Expressions): RuleMethod {
  const cases = typeof rule['cases'] === 'string' ? parseJson(rule['cases']) : rule['cases'];
  if (!isObject(cases) || Object.keys(cases).length === 0) {
    refuse('FHIRPATH_RULE_CASES_MISSING', `${name}: generalize needs cases`);
  }
  const pairs = Object.entries(cases).map(([condition, replacement], at) => {
    if (!expressions.knows(condition) || typeof replacement !== 'string' || !expressions.knows(replacement)) {
      refuse('FHIRPATH_RULE_CASE_INVALID', `${name}: case ${at + 1} is no pair of FHIRPath expressions`);
    }
    return [expressions.overPrimitives(condition), expressions.overPrimitives(replacement)] as const;
  });
  const otherValues = typeof rule['otherValues'] === 'string' ? rule['otherValues'].toLowerCase() : rule['otherValues'];
  if (otherValues !== undefined && otherValues !== 'redact' && otherValues !== 'keep') {
    refuse('FHIRPATH_RULE_OTHER_VALUES_INVALID', `${name}: otherValues is redact or keep`);
  }
  return { kind: 'generalize', cases: pairs, otherValues: otherValues ?? 'redact' };
}
