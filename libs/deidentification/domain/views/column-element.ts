import { parsePath, type PathNode } from './path-parse';
import { typeIn } from './path-shape';
import { isChoice, typedName } from './path-values';
import type { Select, ViewDefinition } from './view-definition';

/** Functions that lead from elements to some of them. */
const SAME: ReadonlySet<string> = new Set(['first', 'last', 'where', 'single', 'tail', 'skip', 'take']);

/**
 * The element of the resource that each column of a view shows, as a path without indexes (`code.coding.code`). A column
 * that is computed (`count()`, `%rowIndex`) has none. Of a union, the first branch that shows one counts.
 */
export function columnElements(view: ViewDefinition): ReadonlyMap<string, string> {
  const elements = new Map<string, string>();
  for (const select of view.select) collect(select, '', { view, elements });
  return elements;
}

interface Collecting {
  readonly view: ViewDefinition;
  readonly elements: Map<string, string>;
}

function collect(select: Select, outer: string, into: Collecting): void {
  const base = baseOf(select, outer, into.view.resource);
  for (const { name, path, at } of select.columns) {
    const element = base === undefined ? undefined : elementOf(parsePath(path, at), base, into.view.resource);
    if (element !== undefined && element !== '' && !into.elements.has(name)) into.elements.set(name, element);
  }
  for (const one of [...select.select, ...select.unionAll]) if (base !== undefined) collect(one, base, into);
}

/** The element that a select iterates over; undefined for `repeat`, which goes to several depths. */
function baseOf({ iteration }: Select, outer: string, resource: string): string | undefined {
  if (iteration === undefined) return outer;
  if (iteration.kind === 'repeat') return undefined;
  return elementOf(parsePath(iteration.path.path, iteration.path.at), outer, resource);
}

function elementOf(node: PathNode, base: string, resource: string): string | undefined {
  switch (node.kind) {
    case 'this':
      return base;
    case 'member': {
      if (node.of.kind === 'this' && node.name === resource && base === '') return base;
      return joined(elementOf(node.of, base, resource), node.name);
    }
    case 'index':
      return elementOf(node.of, base, resource);
    case 'call':
      return elementOfCall(node, base, resource);
    default:
      return undefined;
  }
}

function elementOfCall(
  { of, name, args }: Extract<PathNode, { kind: 'call' }>,
  base: string,
  resource: string,
): string | undefined {
  const from = elementOf(of, base, resource);
  if (name === 'getResourceKey') return joined(from, 'id');
  if (name === 'getReferenceKey') return joined(from, 'reference');
  if (SAME.has(name)) return from;
  const type = args[0] && typeIn(args[0]);
  if (name !== 'ofType' || from === undefined || type === undefined) return undefined;
  const [last = '', ...before] = from.split('.').reverse();
  return isChoice(last) ? [...before.reverse(), typedName(last, type)].join('.') : from;
}

function joined(of: string | undefined, name: string): string | undefined {
  if (of === undefined) return undefined;
  return of === '' ? name : `${of}.${name}`;
}
