import type { RuleParameters } from './parameters';
import type { ElementNode } from './element-tree';
import type { SecurityLabel } from './security-labels';

/** What a method looks at besides the element. */
export interface Redaction {
  readonly parameters: RuleParameters;
  /** `YYYY-MM-DD`: ages above 89 are judged against it. */
  readonly asOf: string;
}

export const DATE_TYPES: ReadonlySet<string> = new Set(['date', 'dateTime', 'instant']);
/** Ages above it are removed (45 CFR 164.514(b)(2)(i)(C)). */
const AGE_MAX = 89;

/** Removes a primitive's value, or keeps the part of a date, an age or a postal code that the parameters allow. */
export function redact(element: ElementNode, redaction: Redaction): SecurityLabel | undefined {
  if (element.value === undefined || element.value === '') return undefined;
  const { parameters } = redaction;
  if (DATE_TYPES.has(element.kind.type)) return redactDate(element, redaction);
  if (element.kind.type === 'decimal' && element.parent?.kind.type === 'Age') {
    if (!parameters.enablePartialAgesForRedact || Number(element.value) > AGE_MAX) element.value = undefined;
    return 'redacted';
  }
  if (element.kind.name === 'postalCode' && element.parent?.kind.type === 'Address') {
    element.value = partialPostalCode(String(element.value), parameters);
    return element.value === undefined ? 'redacted' : 'abstracted';
  }
  element.value = undefined;
  return 'redacted';
}

const DATE = /^(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?(?!\d)/;

/** The year of a date, where partial dates stay and it shows no age above 89. */
export function redactDate(element: ElementNode, { parameters, asOf }: Redaction): SecurityLabel {
  const date = DATE.exec(String(element.value));
  const stays = parameters.enablePartialDatesForRedact && date !== null && !showsOldAge(date, asOf);
  element.value = stays ? date[1]! : undefined;
  return 'redacted';
}

/** Whether somebody born on that date would be older than 89: a date without month or day counts as its first. */
export function showsOldAge(
  [, year, month = '01', day = '01']: readonly (string | undefined)[],
  asOf: string,
): boolean {
  const beforeBirthday = asOf.slice(5) < `${month}-${day}`;
  return Number(asOf.slice(0, 4)) - Number(year) - (beforeBirthday ? 1 : 0) > AGE_MAX;
}

const US_POSTAL_CODE = /^\d{3}[\d-]*$/;

/** `98052` → `98000`, in a restricted area `00000`. Codes of other countries' form do not stay in part. */
function partialPostalCode(code: string, parameters: RuleParameters): string | undefined {
  if (!parameters.enablePartialZipCodesForRedact || !US_POSTAL_CODE.test(code)) return undefined;
  const area = code.slice(0, 3);
  const kept = parameters.restrictedZipCodeTabulationAreas.includes(area) ? '000' : area;
  return kept + code.slice(3).replace(/\d/g, '0');
}
