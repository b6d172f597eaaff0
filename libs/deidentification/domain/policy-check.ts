import { DeidentificationError, type DeidentificationErrorCode } from '../deidentification.errors';
import type { ElementRule, Policy } from './policy';
import { fits, type ElementsOfR4, type KnownElement } from './policy-fit';

/**
 * Checks of a policy when it is loaded, one error code a mistake, so that a job never starts on a policy that would let
 * out too much. The shipped policies pass through the same checks in their test.
 */

type Members = { readonly [member: string]: unknown };

const PLAIN_RULES: ReadonlySet<string> = new Set([
  'concept',
  'concepts',
  'coding',
  'codings',
  'date',
  'period',
  'quantity',
  'boolean',
  'count',
  'counts',
  'decimal',
  'drop',
]);
/** Methods that say nothing without their parameter. */
const PARAMETER_RULES: ReadonlySet<string> = new Set(
  'generalise perturb substitute oneOf someOf reference references each one'.split(' '),
);

/** What section 6 of the design never lets out, whatever a policy says. */
const FORBIDDEN_ELEMENTS: ReadonlySet<string> = new Set(
  (
    'id meta text contained extension modifierExtension identifier note name telecom address contact photo communication ' +
    'birthDate valueString valueAttachment presentedForm content conclusion performer participant practitioner provider ' +
    'requester recorder asserter author custodian serviceProvider facility location insurer insurance payor careTeam ' +
    'payment total net amount unitPrice adjudication benefitBalance lotNumber serialNumber distinctIdentifier udiCarrier ' +
    'deviceName uid instance display subject patient'
  ).split(' '),
);
const FORBIDDEN_TYPES: ReadonlySet<string> = new Set(
  (
    'Patient Person RelatedPerson Practitioner PractitionerRole Organization Location HealthcareService ' +
    'FamilyMemberHistory Provenance AuditEvent Media Binary Bundle Coverage Account'
  ).split(' '),
);
const PATTERN_LENGTH_MAX = 200;
const SHIFT_DAYS_MAX = 3650;
const DECIMALS_MAX = 6;
const STEP_MAX = 1e6;
/** A constant is a code: it has no room for somebody's name. */
const CONSTANT = /^[A-Za-z][A-Za-z0-9-]{0,39}$/;

/**
 * The value as a policy, judged against the types and elements of FHIR R4. Throws POLICY_… with the place of the first
 * mistake.
 */
export function checkPolicy(value: unknown, r4: ElementsOfR4): Policy {
  const policy = members(value, 'policy');
  if (policy['format'] !== 'aceso/deidentification-policy/v1')
    refuse('POLICY_MALFORMED', 'format: expected aceso/deidentification-policy/v1');
  if (typeof policy['name'] !== 'string' || !/^[a-z0-9-]{1,40}$/.test(policy['name']))
    refuse('POLICY_MALFORMED', 'name: expected 1 to 40 lower-case letters, digits and hyphens');
  if (typeof policy['label'] !== 'string') refuse('POLICY_MALFORMED', 'label: expected a text');
  whole(policy['version'], { path: 'version', min: 1, max: 1_000_000 });
  whole(policy['historyYearsMax'], { path: 'historyYearsMax', min: 1, max: 89 });
  whole(policy['classSizeMin'], { path: 'classSizeMin', min: 2, max: 1000 });
  checkDates(members(policy['dates'], 'dates'));
  checkZip3(members(policy['restrictedZip3'], 'restrictedZip3'));
  checkCodeSystems(members(policy['codeSystems'], 'codeSystems'));
  checkPrecision(members(policy['precision'], 'precision'));
  checkResources(members(policy['resources'], 'resources'), r4);
  return value as Policy;
}

function refuse(code: DeidentificationErrorCode, path: string): never {
  throw new DeidentificationError(code, `the policy is refused at ${path}`);
}

function members(value: unknown, path: string): Members {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    refuse('POLICY_MALFORMED', `${path}: expected an object`);
  return value as Members;
}

function whole(
  value: unknown,
  {
    path,
    min,
    max,
    code = 'POLICY_MALFORMED',
  }: { path: string; min: number; max: number; code?: DeidentificationErrorCode },
): void {
  if (!Number.isInteger(value) || (value as number) < min || (value as number) > max)
    refuse(code, `${path}: expected a whole number from ${min} to ${max}`);
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';
const isTexts = (value: unknown): value is string[] => Array.isArray(value) && value.every(isText);

function checkDates(dates: Members): void {
  if (dates['kind'] === 'year') return;
  if (dates['kind'] !== 'shift') refuse('POLICY_DATE_RULE_INVALID', 'dates.kind');
  whole(dates['daysMax'], { path: 'dates.daysMax', min: 1, max: SHIFT_DAYS_MAX, code: 'POLICY_DATE_RULE_INVALID' });
}

function checkZip3(zip3: Members): void {
  if (!isText(zip3['census'])) refuse('POLICY_MALFORMED', 'restrictedZip3.census: expected a text');
  if (!isTexts(zip3['prefixes']) || !zip3['prefixes'].every((prefix) => /^[0-9]{3}$/.test(prefix))) {
    refuse('POLICY_MALFORMED', 'restrictedZip3.prefixes: expected a list of texts of three digits');
  }
}

function checkCodeSystems(systems: Members): void {
  for (const [system, value] of Object.entries(systems)) {
    const path = `codeSystems["${system}"]`;
    const syntax = members(value, path);
    if ('codes' in syntax) {
      if (!isTexts(syntax['codes'])) refuse('POLICY_CODE_SYSTEM_INVALID', path);
      continue;
    }
    checkPattern(syntax['pattern'], path);
    if (syntax['alsoPattern'] !== undefined) checkPattern(syntax['alsoPattern'], path);
    if (![undefined, 'luhn', 'verhoeff'].includes(syntax['checkDigit'] as string))
      refuse('POLICY_CODE_SYSTEM_INVALID', path);
  }
}

/** A pattern must compile, and must refuse spaces: a syntax that takes free text is none. */
function checkPattern(pattern: unknown, path: string): void {
  if (!isText(pattern) || pattern.length > PATTERN_LENGTH_MAX) refuse('POLICY_CODE_SYSTEM_INVALID', path);
  try {
    if (new RegExp(`^(?:${pattern})$`).test('free text of a note')) refuse('POLICY_CODE_SYSTEM_INVALID', path);
  } catch {
    refuse('POLICY_CODE_SYSTEM_INVALID', path);
  }
}

function checkPrecision(precision: Members): void {
  const range = { min: 1, max: DECIMALS_MAX, code: 'POLICY_PRECISION_INVALID' } as const;
  whole(precision['significantDigits'], { ...range, path: 'precision.significantDigits' });
  whole(precision['significantDigitsMax'], { ...range, path: 'precision.significantDigitsMax' });
  for (const [code, decimals] of Object.entries(members(precision['decimalsByCode'], 'precision.decimalsByCode'))) {
    whole(decimals, { ...range, min: 0, path: `precision.decimalsByCode["${code}"]` });
  }
}

function checkResources(resources: Members, r4: ElementsOfR4): void {
  for (const [type, value] of Object.entries(resources)) {
    if (FORBIDDEN_TYPES.has(type)) refuse('POLICY_ELEMENT_FORBIDDEN', type);
    const known = r4('', type);
    if (known === undefined) refuse('POLICY_TYPE_UNKNOWN', `resource type ${quoted(type)}`);
    const rule = members(value, type);
    const { patientElement } = rule;
    if (patientElement !== 'subject' && patientElement !== 'patient') {
      refuse('POLICY_MALFORMED', `${type}.patientElement: expected subject or patient`);
    }
    if (r4(type, patientElement)?.type !== 'Reference') refuse('POLICY_ELEMENT_UNKNOWN', `${type}.${patientElement}`);
    const elements = members(rule['elements'], `${type}.elements`);
    for (const list of ['primary', 'dates'] as const) {
      const named = rule[list];
      if (!Array.isArray(named) || !named.every((name) => typeof name === 'string' && Object.hasOwn(elements, name))) {
        refuse('POLICY_MALFORMED', `${type}.${list}: expected a list of names out of ${type}.elements`);
      }
    }
    checkElements(elements, { path: type, element: known, resources, r4 });
  }
}

/** A name of the file, short enough for a message. */
const quoted = (name: string) => JSON.stringify(name.slice(0, 60));

interface Place {
  readonly path: string;
  /** What R4 says of the element that the rules stand in. */
  readonly element: KnownElement;
  readonly resources: Members;
  readonly r4: ElementsOfR4;
}

function checkElements(elements: Members, place: Place): void {
  for (const [name, rule] of Object.entries(elements)) {
    const path = `${place.path}.${name}`;
    if (!/^[a-z][A-Za-z0-9]*$/.test(name) || name in Object.prototype)
      refuse('POLICY_MALFORMED', `${place.path}: ${quoted(name)} is no name of an element`);
    if (FORBIDDEN_ELEMENTS.has(name) && rule !== 'drop') refuse('POLICY_ELEMENT_FORBIDDEN', path);
    const element = place.r4(place.element.path, name);
    if (element === undefined) refuse('POLICY_ELEMENT_UNKNOWN', path);
    checkRule(rule as ElementRule, { ...place, path, element });
  }
}

function checkRule(rule: ElementRule, place: Place): void {
  if (typeof rule === 'string') {
    if ((rule as string) === 'encrypt')
      refuse('POLICY_METHOD_REFUSED', `${place.path}: what is encrypted can be opened`);
    if (PARAMETER_RULES.has(rule)) refuse('POLICY_PARAMETER_MISSING', place.path);
    if (!PLAIN_RULES.has(rule)) refuse('POLICY_RULE_UNKNOWN', place.path);
    return checkFit(rule, place);
  }
  const named = Object.entries(members(rule, place.path));
  if (named.length !== 1) refuse('POLICY_RULE_UNKNOWN', place.path);
  const [kind, argument] = named[0] as [string, unknown];
  if (kind === 'encrypt') refuse('POLICY_METHOD_REFUSED', `${place.path}: what is encrypted can be opened`);
  if (!PARAMETER_RULES.has(kind)) refuse('POLICY_RULE_UNKNOWN', place.path);
  checkParameter(kind, argument, place);
  checkFit(rule, place);
  if (kind === 'each' || kind === 'one') checkElements(argument as Members, place);
}

function checkFit(rule: ElementRule, { path, element }: Place): void {
  if (!fits(rule, element.type)) refuse('POLICY_RULE_UNFIT', `${path}: R4 has a ${element.type} there`);
}

function checkParameter(kind: string, argument: unknown, { path, resources }: Place): void {
  switch (kind) {
    case 'each':
    case 'one':
      members(argument, path);
      return;
    case 'oneOf':
    case 'someOf':
      if (!isTexts(argument)) refuse('POLICY_PARAMETER_MISSING', `${path}: a list of codes`);
      return;
    case 'generalise':
    case 'perturb':
      if (typeof argument !== 'number' || !(argument > 0 && argument <= STEP_MAX))
        refuse('POLICY_PARAMETER_MISSING', `${path}: a number above 0, at most ${STEP_MAX}`);
      return;
    case 'substitute':
      if (typeof argument !== 'boolean' && !(typeof argument === 'string' && CONSTANT.test(argument)))
        refuse('POLICY_PARAMETER_MISSING', `${path}: a code of at most 40 letters, digits and hyphens, true or false`);
      return;
    default:
      if (!isText(argument)) refuse('POLICY_PARAMETER_MISSING', `${path}: a resource type`);
      if (!Object.hasOwn(resources, argument)) refuse('POLICY_REFERENCE_UNKNOWN', path);
  }
}
