import type { ElementRule, ElementRules, Policy } from '../policy';
import { CLASS_ATTRIBUTES } from '../quasi-identifiers';

/** Under this key stands what is known of the values of an element. */
export const VALUES = Symbol('values');

/** What is known of the values of an element before there are any. */
export interface KnownValues {
  /** True: a JSON array, so there may be more than one. */
  readonly list?: true;
  /** What a value without elements of its own is; nothing where that is not known. */
  readonly kind?: 'text' | 'number' | 'boolean';
  /** True: a text is a day, or a year where the policy lets out no more. */
  readonly date?: true;
  /** True: a value may be a number though numbers with a unit have elements. */
  readonly plainToo?: true;
}

/** The elements of an object that may be read, each with its own elements. */
export interface ElementTree {
  readonly [element: string]: ElementTree;
  readonly [VALUES]?: KnownValues;
}

/** What a view may read: the elements of each resource type. */
export type ViewScope = ReadonlyMap<string, ElementTree>;

const leaf = (kind: NonNullable<KnownValues['kind']>): ElementTree => Object.freeze({ [VALUES]: { kind } });
const TEXT = leaf('text');
const NUMBER = leaf('number');
const BOOLEAN = leaf('boolean');
const DATE: ElementTree = Object.freeze({ [VALUES]: { kind: 'text', date: true } });
const listOf = (tree: ElementTree): ElementTree => ({ ...tree, [VALUES]: { ...tree[VALUES], list: true } });
const texts = (...names: readonly string[]): ElementTree =>
  Object.fromEntries(names.map((name) => [name, TEXT] as const));

const CODING = texts('system', 'code', 'display');
const CONCEPT: ElementTree = { coding: listOf(CODING) };
const REFERENCE = texts('reference');

const QUANTITY: ElementTree = { value: NUMBER, ...texts('comparator', 'unit', 'system', 'code') };
/** A number or a Quantity: the rules that give it fit both. */
const NUMBER_OR_QUANTITY: ElementTree = { ...QUANTITY, [VALUES]: { plainToo: true } };

const OF_PLAIN_RULE: { readonly [rule in Exclude<Extract<ElementRule, string>, 'drop'>]: ElementTree } = {
  concept: CONCEPT,
  concepts: listOf(CONCEPT),
  coding: CODING,
  codings: listOf(CODING),
  date: DATE,
  period: { start: DATE, end: DATE },
  quantity: QUANTITY,
  boolean: BOOLEAN,
  count: NUMBER,
  counts: listOf(NUMBER),
  decimal: NUMBER,
};

/**
 * The scope of a sale: what the rows of its package can hold under a policy. `fields` are the resource types of the
 * request; without them all types of the policy. Patient rows hold the generalised attributes and nothing else.
 */
export function scopeOfPolicy(policy: Policy, fields?: readonly string[]): ViewScope {
  const types = Object.entries(policy.resources)
    .filter(([type]) => fields === undefined || fields.includes(type))
    .map(([type, { patientElement, elements }]): readonly [string, ElementTree] => {
      const own = { resourceType: TEXT, id: TEXT, subject: REFERENCE, [patientElement]: REFERENCE };
      const masked: ElementTree = Object.keys(elements).some((name) => name.startsWith('value'))
        ? { dataAbsentReason: CONCEPT }
        : {};
      return [type, { ...own, ...masked, ...treeOf(elements) }];
    });
  return new Map<string, ElementTree>([['Patient', texts('resourceType', 'id', ...CLASS_ATTRIBUTES)], ...types]);
}

function treeOf(elements: ElementRules): ElementTree {
  const trees = Object.entries(elements).flatMap(([name, rule]) =>
    rule === 'drop' ? [] : [[name, treeOfRule(rule)] as const],
  );
  return Object.fromEntries(trees);
}

function treeOfRule(rule: Exclude<ElementRule, 'drop'>): ElementTree {
  if (typeof rule === 'string') return OF_PLAIN_RULE[rule];
  if ('one' in rule) return treeOf(rule.one);
  if ('each' in rule) return listOf(treeOf(rule.each));
  if ('generalise' in rule || 'perturb' in rule) return NUMBER_OR_QUANTITY;
  if ('references' in rule) return listOf(REFERENCE);
  if ('reference' in rule) return REFERENCE;
  if ('substitute' in rule) return typeof rule.substitute === 'boolean' ? BOOLEAN : TEXT;
  return 'someOf' in rule ? listOf(TEXT) : TEXT;
}
