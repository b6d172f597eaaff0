import { utf8 } from '@aceso/kernel';
import { DeidentificationError, type DeidentificationErrorCode } from '../../deidentification.errors';
import { ownDocument, type OwnViewDocument } from './own-document';
import { parsePath, type PathNode } from './path-parse';
import { SHIPPED_VIEWS } from './shipped-views';
import { checkView, type Reach } from './view-check';
import { compileView } from './view-compile';
import {
  columnsOf,
  type Column,
  type Located,
  type Select,
  type Storage,
  type ViewDefinition,
} from './view-definition';
import { viewKeys } from './view-keys';
import { VALUES, type ViewScope } from './view-scope';

/** A view of a research center that may run on its package. */
export interface OwnView {
  readonly document: OwnViewDocument;
  readonly view: ViewDefinition;
}

/** Views of one request, and bytes (UTF-8) of all of them together. */
export const OWN_VIEWS_MAX = 10;
export const OWN_VIEWS_BYTES_MAX = 65_536;
export const OWN_VIEW_COLUMNS_MAX = 100;
/** Paths of one request that the FHIRPath library evaluates, which takes tens of times longer. */
export const OWN_LIBRARY_PATHS_MAX = 20;

/** A name that is one file on every system and one identifier in SQL, quoted or not. */
const TABLE_NAME = /^[a-z][a-z0-9_]{0,62}$/;
/** Names that Windows keeps for devices, also with an ending. */
const DEVICE = /^(?:con|prn|aux|nul|com\d|lpt\d)$/;
/** Reserved in SQL: the words of DuckDB that no table can be called without quotes; a test compares them. */
const RESERVED: ReadonlySet<string> = new Set(
  (
    'all analyse analyze and any anti array as asc asof asymmetric at authorization binary both by case cast check collate ' +
    'collation column columns concurrently constraint create cross default deferrable desc describe distinct do else end ' +
    'except false fetch for foreign freeze from full generated glob group having ilike in initially inner intersect into ' +
    'is isnull join lambda lateral leading left like limit map natural not notnull null offset on only or order outer ' +
    'overlaps pivot pivot_longer pivot_wider placing positional primary qualify references returning right select semi ' +
    'show similar some struct summarize symmetric table tablesample then to trailing true try_cast union unique unpack ' +
    'unpivot using variadic verbose when where window with'
  ).split(' '),
);
/** What a package calls something else in SQL. */
const TAKEN: ReadonlySet<string> = new Set([...SHIPPED_VIEWS.map(({ name }) => name), 'package_counts']);

/**
 * The views of a request, by name. Each is refused with a code and `views[<n>]`, the place in it and what to change: what
 * {@link ownDocument} and {@link checkView} throw, VIEW_NAME_REFUSED, TABLE_NAME_TAKEN, VIEW_KEY_MISSING (rows of who
 * withdraws could not be found), VIEW_LISTS_MULTIPLY, VIEW_VALUE_UNFIT where no resource could fit, VIEW_TOO_LARGE.
 */
export function ownViews(texts: readonly string[], scope: ViewScope): readonly OwnView[] {
  const bytes = texts.reduce((sum, text) => sum + utf8(text).length, 0);
  if (texts.length > OWN_VIEWS_MAX || bytes > OWN_VIEWS_BYTES_MAX) {
    const limits = `at most ${OWN_VIEWS_MAX} views of ${OWN_VIEWS_BYTES_MAX} bytes together`;
    refuse('VIEW_TOO_LARGE', `views: ${limits}; leave some out, "aceso views" makes them of the package`);
  }
  const views = texts.map((text, at) => inView(at, () => ownView(ownDocument(text), scope)));
  requireNames(views);
  requireFewLibraryPaths(views);
  return [...views].sort((a, b) => (a.view.name < b.view.name ? -1 : 1));
}

/** Checks one view once more, as it stands in a request. Throws as {@link ownViews} does, without the number. */
export function ownView(document: OwnViewDocument, scope: ViewScope): OwnView {
  requireName(document.name);
  const view = checkView(document, scope, { column: requireFit, iteration: requireElements });
  const columns = view.select.flatMap(columnsOf).length;
  if (columns > OWN_VIEW_COLUMNS_MAX)
    refuse('VIEW_TOO_LARGE', `select: at most ${OWN_VIEW_COLUMNS_MAX} columns, here are ${columns}; split the view`);
  requireOneList(view.select, [], 'select');
  requireKeys(view);
  return { document, view };
}

function requireName(name: unknown): void {
  if (typeof name !== 'string' || !TABLE_NAME.test(name))
    return refuse(
      'VIEW_NAME_REFUSED',
      'name: small letters, digits and underscores, beginning with a letter, at most 63',
    );
  if (TAKEN.has(name))
    throw new DeidentificationError('VIEW_NAME_REFUSED', `name: every package has a ${name}; choose another name`);
  if (RESERVED.has(name) || DEVICE.test(name))
    refuse('VIEW_NAME_REFUSED', `name: ${name} is a word of SQL or of an operating system; choose another name`);
}

function requireNames(views: readonly OwnView[]): void {
  const names = new Set<string>();
  for (const [at, { view }] of views.entries()) {
    if (names.has(view.name))
      refuse('TABLE_NAME_TAKEN', `views[${at}].name: two views are called ${view.name}; give each a name of its own`);
    names.add(view.name);
  }
}

function requireFewLibraryPaths(views: readonly OwnView[]): void {
  const places = views.flatMap(({ view }, at) =>
    inView(at, () => compileView(view, () => () => [])).libraryPaths.map((place) => `views[${at}].${place}`),
  );
  const place = places[OWN_LIBRARY_PATHS_MAX];
  if (place !== undefined) {
    const limit = `at most ${OWN_LIBRARY_PATHS_MAX} slow paths a request (docs/reference/views.md, FHIRPath)`;
    refuse('VIEW_TOO_LARGE', `${place}: ${limit}; let SQL compute this from the columns`);
  }
}

/** Withdrawal lists name persons and rows: who has a table without them cannot delete what they ask for. */
function requireKeys(view: ViewDefinition): void {
  const { row, person } = viewKeys(view);
  if (row === undefined)
    throw new DeidentificationError(
      'VIEW_KEY_MISSING',
      'select: add a column with the path getResourceKey(), so that rows can be deleted',
    );
  if (person === undefined)
    throw new DeidentificationError(
      'VIEW_KEY_MISSING',
      'select: add a column with the path subject.getReferenceKey(Patient), so that rows of a person can be deleted',
    );
}

/**
 * Of selects side by side, and the union beside them, one at most gives several rows: two lists multiply, and a few small
 * ones take longer than any job has.
 */
function requireOneList(selects: readonly Select[], unionAll: readonly Select[], at: string): void {
  const several = selects.flatMap((select, i) => (givesSeveral(select) ? [`${at}[${i}]`] : []));
  if (several.length + (unionAll.length > 0 ? 1 : 0) > 1) {
    const place = several[1] ?? several[0]!;
    throw new DeidentificationError(
      'VIEW_LISTS_MULTIPLY',
      `${place}: two lists side by side multiply; use unionAll, or a view for each`,
    );
  }
  for (const [i, select] of selects.entries()) requireOneList(select.select, select.unionAll, `${at}[${i}].select`);
  for (const branch of unionAll) requireOneList(branch.select, branch.unionAll, `${at} (unionAll)`);
}

function givesSeveral({ iteration, select, unionAll }: Select): boolean {
  return iteration !== undefined || unionAll.length > 0 || select.some(givesSeveral);
}

const CHOOSING: ReadonlySet<string> = new Set('where first last tail skip take single ofType'.split(' '));

/** A list of something else than elements (a union of a hundred texts inside another) multiplies rows as well. */
function requireElements({ at, path }: Located): void {
  const isChain = (node: PathNode): boolean => {
    if (node.kind === 'member') return node.of.kind === 'this' || isChain(node.of);
    if (node.kind === 'index') return isChain(node.of);
    return node.kind === 'call' && CHOOSING.has(node.name) && isChain(node.of);
  };
  if (!isChain(parsePath(path, at)))
    refuse('VIEW_LISTS_MULTIPLY', `${at}: lead to elements, by their names, where() and the like`);
}

const KIND_OF_STORAGE: { readonly [storage in Storage]: 'number' | 'boolean' | 'text' | undefined } = {
  boolean: 'boolean',
  integer: 'number',
  bigint: 'number',
  double: 'number',
  date: 'text',
  text: undefined,
};

/** What every resource with the element would be refused for when the table is made is refused now. */
function requireFit({ at, name, path, storage, collection }: Column, reach: Reach): void {
  for (const { tree, many } of reach) {
    const parts = Object.keys(tree);
    const { kind, plainToo } = tree[VALUES] ?? {};
    if (parts.length > 0 && plainToo !== true)
      refuse('VIEW_VALUE_UNFIT', `${at} (${name}): ${path} has parts; lead to one of ${parts.join(', ')}`);
    if (many === true && !collection)
      refuse(
        'VIEW_VALUE_UNFIT',
        `${at} (${name}): ${path} may have several values; use first(), where(), forEach, or "collection": true`,
      );
    const wanted = KIND_OF_STORAGE[storage];
    if (kind !== undefined && wanted !== undefined && kind !== wanted)
      refuse('VIEW_VALUE_UNFIT', `${at} (${name}): ${path} is ${kind}, the column is ${storage}; change its type`);
  }
}

function inView<Result>(at: number, run: () => Result): Result {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof DeidentificationError)) throw error;
    throw new DeidentificationError(error.code, `views[${at}]: ${error.message}`, { cause: error });
  }
}

function refuse(code: DeidentificationErrorCode, message: string): never {
  throw new DeidentificationError(code, message);
}
