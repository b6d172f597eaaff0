import { DeidentificationError } from '../../deidentification.errors';
import { parsePath } from './path-parse';
import { reachOf, type Reach } from './view-check';
import { columnsOf, type Column, type Located, type Select, type ViewDefinition } from './view-definition';
import { everyColumn } from './view-keys';
import type { ViewScope } from './view-scope';

/** The path that leads nowhere: what a policy does not let out is in no row, so this gives the same cells. */
const NOTHING = '{}';

/**
 * A view without the columns that a scope does not hold. It gives the rows and cells that the whole view would give of
 * resources in which only elements of the scope are left. Undefined where no row or nothing but keys and positions is
 * left. Throws VIEW_PATH_INVALID and the like, but never VIEW_OUT_OF_SCOPE.
 */
export function narrowView(view: ViewDefinition, scope: ViewScope): ViewDefinition | undefined {
  const tree = scope.get(view.resource);
  if (tree === undefined) return undefined;
  const root: Reach = [{ tree }];
  if (view.where.some((located) => insideOf(located, view, root) === undefined)) return undefined;
  const emptied = view.select.map((select) => emptySelect(select, view, root));
  if (emptied.some((select) => select === undefined)) return undefined;
  const selects = emptied as readonly Select[];
  const told = selects.flatMap(everyColumn).filter(({ path }) => path !== NOTHING);
  if (told.every(isKeyOrPosition)) return undefined;
  const names = new Set(told.map(({ name }) => name));
  return { ...view, select: selects.map((select) => keepColumns(select, names)) };
}

/** A select in which paths that leave the scope lead nowhere; undefined where it gives no row then. */
function emptySelect(select: Select, view: ViewDefinition, outer: Reach): Select | undefined {
  const { iteration, ...content } = select;
  if (iteration === undefined) return emptyContent(content, view, outer);
  const paths = iteration.kind === 'repeat' ? iteration.paths : [iteration.path];
  const inside = paths.flatMap((path) => {
    const reach = insideOf(path, view, outer);
    return reach === undefined ? [] : [{ path, reach }];
  });
  if (inside.length === 0) return iteration.kind === 'forEachOrNull' ? oneEmptyRow(select) : undefined;
  const emptied = emptyContent(
    content,
    view,
    inside.flatMap(({ reach }) => reach),
  );
  if (emptied === undefined) return undefined;
  return iteration.kind === 'repeat'
    ? { ...emptied, iteration: { ...iteration, paths: inside.map(({ path }) => path) } }
    : { ...emptied, iteration };
}

function emptyContent(
  { columns, select, unionAll }: Omit<Select, 'iteration'>,
  view: ViewDefinition,
  focus: Reach,
): Select | undefined {
  const inner = select.map((one) => emptySelect(one, view, focus));
  const branches = unionAll.map((one) => emptySelect(one, view, focus)).filter((one) => one !== undefined);
  if (inner.some((one) => one === undefined) || (unionAll.length > 0 && branches.length === 0)) return undefined;
  return {
    columns: columns.map((column) => (insideOf(column, view, focus) ? column : { ...column, path: NOTHING })),
    select: inner as readonly Select[],
    unionAll: branches,
  };
}

/** What `forEachOrNull` gives of what is never there. */
function oneEmptyRow(select: Select): Select {
  return { columns: columnsOf(select).map((column) => ({ ...column, path: NOTHING })), select: [], unionAll: [] };
}

function insideOf(located: Located, view: ViewDefinition, focus: Reach): Reach | undefined {
  try {
    return reachOf(located, view, focus);
  } catch (error) {
    if (error instanceof DeidentificationError && error.code === 'VIEW_OUT_OF_SCOPE') return undefined;
    throw error;
  }
}

/** Branches of a union keep the same columns, as they have the same names. */
function keepColumns(select: Select, names: ReadonlySet<string>): Select {
  const keep = (one: Select): Select => keepColumns(one, names);
  return {
    ...select,
    columns: select.columns.filter(({ name }) => names.has(name)),
    select: select.select.map(keep),
    unionAll: select.unionAll.map(keep),
  };
}

function isKeyOrPosition({ path, at }: Column): boolean {
  const node = parsePath(path, at);
  return node.kind === 'constant' || (node.kind === 'call' && /^get(Resource|Reference)Key$/.test(node.name));
}
