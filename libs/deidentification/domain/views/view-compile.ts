import { DeidentificationError } from '../../deidentification.errors';
import { FITS } from './column-storage';
import { compilePath, type CompileFhirPath, type EvaluatePath, type PathContext } from './path-compile';
import { itemsOf, type Values } from './path-values';
import { columnsOf, type Column, type Select, type ViewDefinition } from './view-definition';

/** One row: cells in the order of the columns. Nothing is `null`; a column of collections holds arrays. */
export type Cells = readonly unknown[];

export interface CompiledView {
  readonly name: string;
  readonly resource: string;
  readonly columns: readonly Column[];
  /** Paths that the library evaluates, by their place in the view: they cost more. */
  readonly libraryPaths: readonly string[];
  /**
   * Gives the rows of one resource of the view's type, none for other types. The array is used again: copy what you
   * keep. Throws VIEW_VALUE_UNFIT (a value that its column cannot hold) or VIEW_ROWS_EXCESSIVE.
   */
  rows(resource: unknown, take: (cells: Cells) => void): void;
}

/** Rows of one resource: lists of a resource multiply when they stand side by side. */
export const ROWS_OF_A_RESOURCE_MAX = 100_000;
/** Elements inside each other that `repeat` follows. */
const REPEAT_DEPTH_MAX = 64;

interface Row {
  readonly focus: unknown[];
  readonly indexes: number[];
  readonly cells: unknown[];
  take: (cells: Cells) => void;
  count: number;
}

/** Does its part of a row and calls the next step, once for every row that there is. */
type Step = (row: Row) => void;

interface Context extends PathContext {
  readonly libraryPaths: string[];
  /** Every iteration has a place of its own for its element: those side by side run inside each other. */
  readonly places: { count: number };
}

/** Compiles a view once; its rows then cost no interpretation. Throws what {@link compilePath} throws. */
export function compileView(view: ViewDefinition, fallback: CompileFhirPath): CompiledView {
  const { name, resource, constants } = view;
  const libraryPaths: string[] = [];
  const context: Context = {
    resource,
    constants,
    place: 0,
    base: resource,
    fallback,
    libraryPaths,
    places: { count: 1 },
  };
  const columns = view.select.flatMap(columnsOf);
  const where = view.where.map((located) => [located.at, path(located, context).evaluate] as const);
  const steps = compileAll(view.select, 0, context, emit);
  // One for all resources: every cell is written before a row is given.
  const row: Row = { focus: [], indexes: [0], cells: columns.map(() => null), take: () => undefined, count: 0 };
  return {
    name,
    resource,
    columns,
    libraryPaths: libraryPaths.sort(),
    rows: (value, take) => {
      if ((value as { readonly resourceType?: unknown } | null)?.resourceType !== resource) return;
      row.focus[0] = value;
      row.take = take;
      row.count = 0;
      if (where.every(([at, evaluate]) => isTrue(evaluate(value, row), at))) steps(row);
    },
  };
}

function emit(row: Row): void {
  row.count += 1;
  if (row.count > ROWS_OF_A_RESOURCE_MAX) {
    const message = `one resource gives more than ${ROWS_OF_A_RESOURCE_MAX} rows; make two views of lists side by side`;
    throw new DeidentificationError('VIEW_ROWS_EXCESSIVE', message);
  }
  row.take(row.cells);
}

function isTrue(values: Values, at: string): boolean {
  const items = itemsOf(values);
  if (items.length === 0) return false;
  if (items.length === 1 && typeof items[0] === 'boolean') return items[0];
  throw new DeidentificationError('VIEW_VALUE_UNFIT', `${at}: gives neither true nor false; compare, or ask exists()`);
}

function path(located: { readonly at: string; readonly path: string }, context: Context) {
  const compiled = compilePath(located, context);
  if (!compiled.native) context.libraryPaths.push(located.at);
  return compiled;
}

/** Selects side by side: every row of one with every row of the others, the first varying slowest. */
function compileAll(selects: readonly Select[], slot: number, context: Context, next: Step): Step {
  const widths = selects.map((select) => columnsOf(select).length);
  const starts = widths.map((_, at) => slot + widths.slice(0, at).reduce((sum, width) => sum + width, 0));
  return selects.reduceRight((after, select, at) => compileSelect(select, starts[at]!, context, after), next);
}

function compileSelect(select: Select, slot: number, context: Context, next: Step): Step {
  const { iteration } = select;
  if (iteration === undefined) return compileContent(select, slot, context, next);
  const place = context.places.count;
  context.places.count += 1;
  const inner = (base: string | undefined): Context => ({ ...context, place, base });
  const contentOf = (base: string | undefined): Step => compileContent(select, slot, inner(base), next);
  if (iteration.kind === 'repeat') return compileRepeat(iteration.paths, context, { inner, contentOf });
  const { evaluate, base } = path(iteration.path, context);
  const content = contentOf(base);
  const end = slot + columnsOf(select).length;
  return (row) => {
    const items = itemsOf(evaluate(row.focus[context.place], row));
    for (let at = 0; at < items.length; at += 1) {
      row.focus[place] = items[at];
      row.indexes[place] = at;
      content(row);
    }
    if (items.length > 0 || iteration.kind === 'forEach') return;
    row.cells.fill(null, slot, end);
    next(row);
  };
}

function compileRepeat(
  paths: readonly { readonly at: string; readonly path: string }[],
  context: Context,
  { inner, contentOf }: { inner: (base: string | undefined) => Context; contentOf: (base: string | undefined) => Step },
): Step {
  const outer = paths.map((located) => path(located, context));
  // Asked of what the paths led to. R4 repeats elements under one definition, so the first base holds for all.
  const [base] = new Set(outer.map((compiled) => compiled.base));
  const again = paths.map((located) => path(located, inner(base)).evaluate);
  const content = contentOf(base);
  const { place } = inner(base);
  return (row) => {
    let position = 0;
    const visit = (evaluators: readonly EvaluatePath[], focus: unknown, depth: number): void => {
      if (depth > REPEAT_DEPTH_MAX)
        throw new DeidentificationError('VIEW_ROWS_EXCESSIVE', `${paths[0]!.at}: repeats without end`);
      for (const evaluate of evaluators) {
        for (const item of itemsOf(evaluate(focus, row))) {
          row.focus[place] = item;
          row.indexes[place] = position;
          position += 1;
          content(row);
          visit(again, item, depth + 1);
        }
      }
    };
    visit(
      outer.map(({ evaluate }) => evaluate),
      row.focus[context.place],
      0,
    );
  };
}

function compileContent(select: Select, slot: number, context: Context, next: Step): Step {
  const width = select.columns.length;
  const unionSlot = slot + width + select.select.flatMap(columnsOf).length;
  const union = compileUnion(select.unionAll, unionSlot, context, next);
  const selects = compileAll(select.select, slot + width, context, union);
  return width === 0 ? selects : compileColumns(select.columns, slot, context, selects);
}

function compileUnion(branches: readonly Select[], slot: number, context: Context, next: Step): Step {
  if (branches.length === 0) return next;
  const steps = branches.map((branch) => compileSelect(branch, slot, context, next));
  return (row) => steps.forEach((step) => step(row));
}

function compileColumns(columns: readonly Column[], slot: number, context: Context, next: Step): Step {
  const evaluators = columns.map((column) => path(column, context).evaluate);
  const cells = columns.map(cellOf);
  const { place } = context;
  return (row) => {
    const focus = row.focus[place];
    for (let at = 0; at < evaluators.length; at += 1) row.cells[slot + at] = cells[at]!(evaluators[at]!(focus, row));
    next(row);
  };
}

function cellOf(column: Column): (values: Values) => unknown {
  const { at, name, collection, storage } = column;
  const fits = FITS[storage];
  const refuse = (why: string): never => {
    throw new DeidentificationError('VIEW_VALUE_UNFIT', `${at} (${name}): ${why}`);
  };
  const checked = (value: unknown): unknown =>
    fits(value) ? value : refuse(`a value is not ${storage}; lead the path to one element and give its type`);
  if (collection) return (values) => itemsOf(values).map(checked);
  return (values) => {
    if (values === undefined || values === null) return null;
    if (!Array.isArray(values)) return checked(values);
    const items = itemsOf(values);
    if (items.length > 1) refuse('more than one value; use first(), where(), forEach, or "collection": true');
    return items.length === 0 ? null : checked(items[0]);
  };
}
