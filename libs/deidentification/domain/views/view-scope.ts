import type { ElementRule, ElementRules, Policy } from '../policy';
import { CLASS_ATTRIBUTES } from '../quasi-identifiers';

/** The elements of an object that may be read, each with its own elements. */
export interface ElementTree {
  readonly [element: string]: ElementTree;
}

/** What a view may read: the elements of each resource type. */
export type ViewScope = ReadonlyMap<string, ElementTree>;

const LEAF: ElementTree = Object.freeze({});
const leaves = (...names: readonly string[]): ElementTree =>
  Object.fromEntries(names.map((name) => [name, LEAF] as const));

const CODING = leaves('system', 'code', 'display');
const CONCEPT: ElementTree = { coding: CODING };
const REFERENCE = leaves('reference');

const QUANTITY = leaves('value', 'comparator', 'unit', 'system', 'code');

const OF_PLAIN_RULE: { readonly [rule in Exclude<Extract<ElementRule, string>, 'drop'>]: ElementTree } = {
  concept: CONCEPT,
  concepts: CONCEPT,
  coding: CODING,
  codings: CODING,
  date: LEAF,
  period: leaves('start', 'end'),
  quantity: QUANTITY,
  boolean: LEAF,
  count: LEAF,
  counts: LEAF,
  decimal: LEAF,
};

/**
 * The scope of a sale: what the rows of its package can hold under a policy. `fields` are the resource types of the
 * request; without them all types of the policy. Patient rows hold the generalised attributes and nothing else.
 */
export function scopeOfPolicy(policy: Policy, fields?: readonly string[]): ViewScope {
  const types = Object.entries(policy.resources)
    .filter(([type]) => fields === undefined || fields.includes(type))
    .map(([type, { patientElement, elements }]): readonly [string, ElementTree] => {
      const own = { resourceType: LEAF, id: LEAF, subject: REFERENCE, [patientElement]: REFERENCE };
      const masked: ElementTree = Object.keys(elements).some((name) => name.startsWith('value'))
        ? { dataAbsentReason: CONCEPT }
        : {};
      return [type, { ...own, ...masked, ...treeOf(elements) }];
    });
  return new Map<string, ElementTree>([['Patient', leaves('resourceType', 'id', ...CLASS_ATTRIBUTES)], ...types]);
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
  if ('each' in rule) return treeOf(rule.each);
  if ('generalise' in rule || 'perturb' in rule) return QUANTITY; // a number or a Quantity: the rule fits both
  return 'reference' in rule || 'references' in rule ? REFERENCE : LEAF;
}
