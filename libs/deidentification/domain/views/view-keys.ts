import { parsePath, type PathNode } from './path-parse';
import { typeIn } from './path-shape';
import type { Column, Select, ViewDefinition } from './view-definition';

/** The columns of a view whose values are keys. */
export interface ViewKeys {
  /** Column with the pseudonym of the resource that a row comes from. */
  readonly row: string | undefined;
  /** Column with the pseudonym of the person. */
  readonly person: string | undefined;
  /** Columns that hold the key of a resource of another type, with that type. */
  readonly references: ReadonlyMap<string, string>;
}

/** Elements of a row that lead to its person, and to nobody else. */
const PERSON_ELEMENTS: ReadonlySet<string> = new Set(['subject', 'patient']);

/** Finds the key columns of a view by what their paths say, the same in all branches of a union. Throws VIEW_PATH_INVALID. */
export function viewKeys(view: ViewDefinition): ViewKeys {
  const paths = new Map<string, PathNode[]>();
  for (const column of view.select.flatMap(everyColumn)) {
    if (column.collection || column.storage !== 'text') continue;
    paths.set(column.name, [...(paths.get(column.name) ?? []), parsePath(column.path, column.at)]);
  }
  const always = (holds: (node: PathNode) => boolean): string | undefined =>
    [...paths].find(([, nodes]) => nodes.every(holds))?.[0];
  const row = always((node) => isResourceKey(node, view.resource));
  const person =
    view.resource === 'Patient'
      ? row
      : always((node) => isPersonKey(node, view.resource)); /* of the row itself, not of one that it names */
  const references = [...paths].flatMap(([name, nodes]) => {
    const types = new Set(nodes.map(referredType));
    const [type] = types;
    return types.size === 1 && type !== undefined ? [[name, type] as const] : [];
  });
  return { row, person, references: new Map(references) };
}

/** All columns, those of every branch of a union. */
export function everyColumn(select: Select): readonly Column[] {
  return [...select.columns, ...select.select.flatMap(everyColumn), ...select.unionAll.flatMap(everyColumn)];
}

function isResourceKey(node: PathNode, resource: string): boolean {
  return node.kind === 'call' && node.name === 'getResourceKey' && isResource(node.of, resource);
}

function isPersonKey(node: PathNode, resource: string): boolean {
  if (node.kind !== 'call' || node.name !== 'getReferenceKey' || node.of.kind !== 'member') return false;
  const { of, args } = node;
  const type = args[0] && typeIn(args[0]);
  return PERSON_ELEMENTS.has(of.name) && isResource(of.of, resource) && (type ?? 'Patient') === 'Patient';
}

function isResource(node: PathNode, resource: string): boolean {
  return node.kind === 'this' || (node.kind === 'member' && node.of.kind === 'this' && node.name === resource);
}

function referredType(node: PathNode): string | undefined {
  if (node.kind !== 'call' || node.name !== 'getReferenceKey') return undefined;
  return node.args[0] && typeIn(node.args[0]);
}
