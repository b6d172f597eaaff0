import { VALUES, type ElementTree, type ViewScope } from './view-scope';

/** A day, and so also a year with something behind it: what dates of any policy begin with. */
const DAY = '2020-02-29';
const SAMPLES = { text: 'a', number: 1, boolean: true } as const;

/**
 * Two resources of nobody that a scope could hold: one with every element, once, and one with none. What fails on both
 * kinds of input would fail on every package.
 */
export function probesOf(resource: string, scope: ViewScope): readonly object[] {
  const named = { resourceType: resource, id: 'a' };
  const tree = scope.get(resource);
  return tree === undefined ? [named] : [{ ...membersOf(tree), ...named }, named];
}

function membersOf(tree: ElementTree): { readonly [element: string]: unknown } {
  return Object.fromEntries(Object.entries(tree).map(([name, inner]) => [name, valueOf(name, inner)]));
}

function valueOf(name: string, tree: ElementTree): unknown {
  const { list, kind, date, plainToo } = tree[VALUES] ?? {};
  const isPlain = Object.keys(tree).length === 0 || (plainToo === true && !name.endsWith('Quantity'));
  const value = isPlain ? (date === true ? DAY : SAMPLES[kind ?? 'number']) : membersOf(tree);
  return list === true ? [value] : value;
}
