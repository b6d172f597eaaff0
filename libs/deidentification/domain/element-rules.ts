import type { KnownCoding, LookupCoding, ReleasedCoding } from './coding-table';
import type { ReleasedDate } from './event-dates';
import { releasedCount, releasedNumber } from './number-precision';
import { comparatorKey, plainCodeKey } from './plain-codes';
import type { ElementRule, ElementRules, Policy } from './policy';
import type { RowReference } from './record-rows';
import { isOfALife } from './record-spans';
import { isUnit, unitKeys } from './unit';

/** What a step may look at while one resource is projected. */
export interface Pass {
  /** Dates of what was done. */
  date: ReleasedDate;
  /** Dates of the person's life: onsets and ends of what somebody has. */
  lifeDate: ReleasedDate;
  /** The released form of a reference, or `undefined` when it leads to no resource of the same record. */
  refer: (type: string, reference: string) => RowReference | undefined;
  /** The keys of all codes that leave in this row: `system|code` of codings, of units (`unitKeys`), of plain codes. */
  codes: string[];
  /** Decimal places of the measurement around a quantity, when its code is listed. */
  decimals: number | undefined;
  /** Noise for the next number of the row under a path, in [−1, 1): the same whenever the row is made under this sale key. */
  noise: (path: string) => number;
}

/** Turns one element's value into what leaves, or `undefined`. Never throws on malformed input. */
export type Step = (value: unknown, pass: Pass) => unknown;

/** Copies the allowed elements of an object, in the alphabetical order of their names; true when anything was copied. */
export type CopyElements = (source: JsonMembers, pass: Pass, target: Record<string, unknown>) => boolean;

export interface JsonMembers {
  readonly [member: string]: unknown;
}

/** Elements of an array that are looked at; longer arrays are cut (no resource of the sample data has more than 600). */
const ARRAY_LENGTH_MAX = 10_000;
const UCUM_SYSTEM = 'http://unitsofmeasure.org';

export interface RuleContext {
  readonly lookup: LookupCoding;
  readonly precision: Policy['precision'];
  /** Where the object stands: the resource type and the elements that lead to it. */
  readonly path: string;
}

/** Compiles the allow-list of an object once; the result reads only the elements that are named. */
export function compileElements(rules: ElementRules, context: RuleContext): CopyElements {
  const names = Object.keys(rules).sort(); // the policy's hash does not know an order, so neither may the rows
  const steps = names.map((name) => {
    const step = compileRule(rules[name]!, { ...context, path: `${context.path}.${name}` });
    return isOfALife(name) ? ofALife(step) : step;
  });
  const numbers = names.filter((name) => isMeasured(rules[name]!));
  const measures = rules['code'] === 'concept' && numbers.length > 0;
  const copy: CopyElements = (source, pass, target) => {
    let copied = false;
    for (let at = 0; at < names.length; at += 1) {
      const value = source[names[at]!];
      if (value === undefined) continue;
      const released = steps[at]!(value, pass);
      if (released === undefined) continue;
      target[names[at]!] = released;
      copied = true;
    }
    for (const name of numbers) noteUnit(target, name, pass);
    return copied;
  };
  if (!measures) return copy;
  const decimalsOf = decimalsLookup(context.precision);
  return (source, pass, target) => {
    const outer = pass.decimals;
    pass.decimals = decimalsOf(source['code']);
    const copied = copy(source, pass, target);
    pass.decimals = outer;
    return copied;
  };
}

function isMeasured(rule: ElementRule): boolean {
  if (typeof rule === 'string') return rule === 'quantity' || rule === 'decimal';
  return 'generalise' in rule || 'perturb' in rule;
}

function ofALife(step: Step): Step {
  return (value, pass) => step(value, { ...pass, date: pass.lifeDate });
}

function noteUnit(target: JsonMembers, name: string, pass: Pass): void {
  const { unit, comparator } = (target[name] ?? {}) as { readonly unit?: string; readonly comparator?: string };
  if (unit !== undefined) pass.codes.push(...unitKeys(target['code'], unit));
  if (comparator !== undefined) pass.codes.push(comparatorKey(comparator));
}

function compileRule(rule: ElementRule, context: RuleContext): Step {
  if (typeof rule === 'string') return PLAIN[rule](context);
  if ('generalise' in rule) return number(context, (value) => Math.floor(value / rule.generalise) * rule.generalise);
  if ('perturb' in rule) {
    return number(context, (value, pass) => value + (pass.noise(context.path) * rule.perturb) / 2);
  }
  if ('substitute' in rule) return (value) => (value === null ? undefined : rule.substitute);
  if ('oneOf' in rule) return oneOf(rule.oneOf, context);
  if ('someOf' in rule) return eachOf(oneOf(rule.someOf, context));
  if ('reference' in rule) return reference(rule.reference);
  if ('references' in rule) return eachOf(reference(rule.references));
  if ('one' in rule) return backbone(compileElements(rule.one, context));
  return eachOf(backbone(compileElements(rule.each, context)));
}

const PLAIN: Record<Extract<ElementRule, string>, (context: RuleContext) => Step> = {
  coding: ({ lookup }) => coding(lookup),
  codings: ({ lookup }) => eachOf(coding(lookup)),
  concept: ({ lookup }) => concept(lookup),
  concepts: ({ lookup }) => eachOf(concept(lookup)),
  date: () => (value, pass) => (typeof value === 'string' ? pass.date(value) : undefined),
  period: () => period,
  quantity: ({ precision }) => quantity(precision),
  boolean: () => (value) => (typeof value === 'boolean' ? value : undefined),
  count: () => releasedCount,
  counts: () => eachOf(releasedCount),
  decimal:
    ({ precision }) =>
    (value, pass) =>
      releasedNumber(value, pass.decimals, precision),
  drop: () => () => undefined,
};

/** A number by itself or in a Quantity, changed before it is rounded: no change adds digits. */
function number({ precision }: RuleContext, change: (value: number, pass: Pass) => number): Step {
  const inQuantity = quantity(precision);
  const changed = (value: unknown, pass: Pass) => (typeof value === 'number' ? change(value, pass) : undefined);
  return (value, pass) => {
    if (isMembers(value)) return inQuantity({ ...value, value: changed(value['value'], pass) }, pass);
    return releasedNumber(changed(value, pass), pass.decimals, precision);
  };
}

/** The objects of an array that leave; an array of which nothing is left does not leave. */
function eachOf(step: Step): Step {
  return (value, pass) => {
    if (!Array.isArray(value)) return undefined;
    const released: unknown[] = [];
    const length = Math.min(value.length, ARRAY_LENGTH_MAX);
    for (let at = 0; at < length; at += 1) {
      const one = step(value[at], pass);
      if (one !== undefined) released.push(one);
    }
    return released.length === 0 ? undefined : released;
  };
}

function oneOf(codes: readonly string[], { path }: RuleContext): Step {
  const allowed = new Map<unknown, string>(codes.map((code) => [code, plainCodeKey(path, code)]));
  return (value, pass) => {
    const key = allowed.get(value);
    if (key === undefined) return undefined;
    pass.codes.push(key);
    return value;
  };
}

function isMembers(value: unknown): value is JsonMembers {
  return typeof value === 'object' && value !== null;
}

function known(value: unknown, lookup: LookupCoding, pass: Pass): KnownCoding | undefined {
  if (!isMembers(value)) return undefined;
  const found = lookup(value['system'], value['code']);
  if (found !== undefined) pass.codes.push(found.key);
  return found;
}

function coding(lookup: LookupCoding): Step {
  return (value, pass) => known(value, lookup, pass)?.coding;
}

/** CodeableConcept: its codings only; `text` and the provider's displays stay behind. */
function concept(lookup: LookupCoding): Step {
  return (value, pass) => {
    const codings = isMembers(value) ? value['coding'] : undefined;
    if (!Array.isArray(codings)) return undefined;
    if (codings.length === 1) return known(codings[0], lookup, pass)?.concept;
    const released: ReleasedCoding[] = [];
    for (const candidate of codings.slice(0, ARRAY_LENGTH_MAX)) {
      const found = known(candidate, lookup, pass);
      if (found !== undefined) released.push(found.coding);
    }
    return released.length === 0 ? undefined : { coding: released };
  };
}

function period(value: unknown, pass: Pass): unknown {
  if (!isMembers(value)) return undefined;
  const start = typeof value['start'] === 'string' ? pass.date(value['start']) : undefined;
  const end = typeof value['end'] === 'string' ? pass.date(value['end']) : undefined;
  if (end === undefined) return start === undefined ? undefined : { start };
  return start === undefined ? { end } : { start, end };
}

const COMPARATORS: ReadonlySet<unknown> = new Set(['<', '<=', '>=', '>']);

/** Quantity: a number without a unit that we can read would mislead, so an unknown unit takes the number with it. */
function quantity(precision: Policy['precision']): Step {
  return (source, pass) => {
    if (!isMembers(source)) return undefined;
    const value = releasedNumber(source['value'], pass.decimals, precision);
    if (value === undefined) return undefined;
    const released: Record<string, unknown> = { value };
    if (COMPARATORS.has(source['comparator'])) released['comparator'] = source['comparator'];
    const unit = source['code'] ?? source['unit'];
    if (unit === undefined) return released;
    if (typeof unit !== 'string' || !isUnit(unit)) return undefined;
    released['unit'] = unit;
    if (source['system'] === UCUM_SYSTEM && source['code'] === unit) {
      released['system'] = UCUM_SYSTEM;
      released['code'] = unit;
    }
    return released;
  };
}

function reference(type: string): Step {
  return (value, pass) => {
    if (!isMembers(value) || typeof value['reference'] !== 'string') return undefined;
    return pass.refer(type, value['reference']);
  };
}

function backbone(copy: CopyElements): Step {
  return (value, pass) => {
    if (!isMembers(value)) return undefined;
    const target: Record<string, unknown> = {};
    return copy(value, pass, target) ? target : undefined;
  };
}

/** Decimal places by the first listed code of a concept. */
function decimalsLookup(precision: Policy['precision']): (concept: unknown) => number | undefined {
  const decimals = new Map(Object.entries(precision.decimalsByCode));
  return (value) => {
    const codings = isMembers(value) ? value['coding'] : undefined;
    if (!Array.isArray(codings)) return undefined;
    for (const candidate of codings) {
      const found = isMembers(candidate) ? decimals.get(candidate['code'] as string) : undefined;
      if (found !== undefined) return found;
    }
    return undefined;
  };
}
