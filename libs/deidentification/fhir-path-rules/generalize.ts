import type { RuleMethod } from './configuration';
import type { ElementNode } from './element-tree';
import { redact, type Redaction } from './redact';
import type { SecurityLabel } from './security-labels';

type Generalize = (element: ElementNode, redaction: Redaction) => SecurityLabel | undefined;

/** The first case whose condition holds of a primitive gives its new value; without one it is redacted or stays. */
export function compileGeneralize(method: Extract<RuleMethod, { kind: 'generalize' }>): Generalize {
  return (element, redaction) => {
    if (element.value === undefined || element.value === '') return undefined;
    const found = method.cases.find(([condition]) => condition(element)[0] === true);
    if (found) {
      element.value = replacement(found[1](element)[0], element);
      return 'generalised';
    }
    if (method.otherValues === 'keep') return undefined;
    return redact(element, { ...redaction, parameters: { ...redaction.parameters, ...NOTHING_IN_PART } });
  };
}

/** Other values go as a whole: what may stay in part is said by the cases. */
const NOTHING_IN_PART = {
  enablePartialDatesForRedact: false,
  enablePartialAgesForRedact: false,
  enablePartialZipCodesForRedact: false,
} as const;

const NUMBERS = new Set(['integer', 'decimal', 'positiveInt', 'unsignedInt']);

/** The result in the JSON form that the element's type has. */
function replacement(result: unknown, { kind }: ElementNode): string | number | boolean | undefined {
  if (result === undefined || result === null) return undefined;
  if (kind.type === 'boolean' && typeof result === 'boolean') return result;
  if (!NUMBERS.has(kind.type)) return String(result);
  const number = Number(result);
  if (!Number.isFinite(number)) throw new TypeError('no number');
  return number;
}
