import { DeidentificationError, type DeidentificationErrorCode } from '../../deidentification.errors';
import { storageOf, typeName } from './column-storage';
import {
  columnsOf,
  PATH_LENGTH_MAX,
  VIEW_COLUMNS_MAX,
  VIEW_DEPTH_MAX,
  VIEW_SELECTS_MAX,
  type Column,
  type Constant,
  type Iteration,
  type Located,
  type Select,
  type ViewDefinition,
} from './view-definition';

interface Members {
  readonly [member: string]: unknown;
}

/** Names that every SQL dialect takes (SQL on FHIR v2, sql-name). */
const SQL_NAME = /^[A-Za-z][A-Za-z0-9_]{0,62}$/;
const RESOURCE_TYPE = /^[A-Z][A-Za-z]{1,63}$/;
/** How FHIR R4 writes dates and times (datatypes.html). */
const TEMPORAL: { readonly [type: string]: RegExp | undefined } = {
  date: /^\d{4}(?:-\d{2}(?:-\d{2})?)?$/,
  dateTime: /^\d{4}(?:-\d{2}(?:-\d{2}(?:T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2})?)?)?)?$/,
  instant: /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2})$/,
  time: /^\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?$/,
};
const ITERATIONS = ['forEach', 'forEachOrNull', 'repeat'] as const;

/**
 * Checks the structure of a ViewDefinition; paths are parsed when it is compiled. Throws VIEW_MALFORMED,
 * VIEW_CONSTANT_INVALID, VIEW_COLUMNS_DIFFER or VIEW_TOO_LARGE with the place in the document and what belongs there.
 */
export function parseView(document: unknown): ViewDefinition {
  const view = members(document, 'the view');
  const { resource, name } = view;
  if (typeof resource !== 'string' || !RESOURCE_TYPE.test(resource))
    return refuse('VIEW_MALFORMED', 'resource: name the FHIR resource type whose resources give rows');
  if (name !== undefined && (typeof name !== 'string' || !SQL_NAME.test(name)))
    return refuse('VIEW_MALFORMED', 'name: letters, digits and underscores, beginning with a letter');
  const selects = { count: 0 };
  const select = listOf(view, 'select', '').map((one, at) => parseSelect(one, `select[${at}]`, selects, 1));
  if (select.length === 0) refuse('VIEW_MALFORMED', 'select: a view has one select or more');
  requireColumns(select.flatMap(columnsOf));
  return {
    name: name ?? resource.toLowerCase(),
    resource,
    constants: parseConstants(view),
    select,
    where: listOf(view, 'where', '').map((one, at) => located(members(one, `where[${at}]`), 'path', `where[${at}]`)),
  };
}

function parseSelect(value: unknown, at: string, selects: { count: number }, depth: number): Select {
  const select = members(value, at);
  selects.count += 1;
  if (depth > VIEW_DEPTH_MAX || selects.count > VIEW_SELECTS_MAX) {
    const limits = `${VIEW_DEPTH_MAX} selects inside each other and ${VIEW_SELECTS_MAX} in all`;
    refuse('VIEW_TOO_LARGE', `${at}: a view has at most ${limits}; split it`);
  }
  const inner = (member: string) =>
    listOf(select, member, at).map((one, i) => parseSelect(one, `${at}.${member}[${i}]`, selects, depth + 1));
  const iteration = parseIteration(select, at);
  const parsed = {
    columns: listOf(select, 'column', at).map((one, i) => parseColumn(one, `${at}.column[${i}]`)),
    select: inner('select'),
    unionAll: inner('unionAll'),
    ...(iteration === undefined ? {} : { iteration }),
  };
  if (parsed.columns.length + parsed.select.length + parsed.unionAll.length === 0)
    refuse('VIEW_MALFORMED', `${at}: give it column, select or unionAll`);
  requireUnion(parsed.unionAll, at);
  return parsed;
}

function parseIteration(select: Members, at: string): Iteration | undefined {
  const [kind, another] = ITERATIONS.filter((member) => select[member] !== undefined);
  if (kind === undefined) return undefined;
  if (another !== undefined) refuse('VIEW_MALFORMED', `${at}: keep one of ${kind} and ${another}`);
  if (kind !== 'repeat') return { kind, path: located(select, kind, at) };
  const paths = listOf(select, kind, at).map((path, i) => located({ path }, 'path', `${at}.repeat[${i}]`, ''));
  if (paths.length === 0) refuse('VIEW_MALFORMED', `${at}.repeat: list one path or more`);
  return { kind, paths };
}

function parseColumn(value: unknown, at: string): Column {
  const column = members(value, at);
  const { name, type, collection = false, description } = column;
  if (typeof name !== 'string' || !SQL_NAME.test(name))
    return refuse('VIEW_MALFORMED', `${at}.name: letters, digits and underscores, beginning with a letter`);
  if (type !== undefined && typeof type !== 'string')
    return refuse('VIEW_MALFORMED', `${at}.type: the name of a FHIR type`);
  if (typeof collection !== 'boolean') return refuse('VIEW_MALFORMED', `${at}.collection: true or false`);
  const fhirType = type === undefined ? undefined : typeName(type);
  const storage = storageOf(fhirType, ansiType(column, at));
  if (storage === undefined)
    return refuse('VIEW_MALFORMED', `${at}.tag: ansi/type is BOOLEAN, INTEGER, BIGINT, DOUBLE, DATE or VARCHAR`);
  return {
    ...located(column, 'path', at),
    name,
    type: fhirType,
    storage,
    collection,
    description: typeof description === 'string' ? description : undefined,
  };
}

function ansiType(column: Members, at: string): string | undefined {
  const tags = listOf(column, 'tag', at).map((tag, i) => members(tag, `${at}.tag[${i}]`));
  const value = tags.find(({ name }) => name === 'ansi/type')?.['value'];
  return value === undefined ? undefined : String(value);
}

function parseConstants(view: Members): ReadonlyMap<string, Constant> {
  const constants = new Map<string, Constant>();
  for (const [i, one] of listOf(view, 'constant', '').entries()) {
    const at = `constant[${i}]`;
    const constant = members(one, at);
    const { name } = constant;
    if (typeof name !== 'string' || !SQL_NAME.test(name))
      return refuse('VIEW_CONSTANT_INVALID', `${at}.name: letters, digits and underscores, beginning with a letter`);
    if (name === 'rowIndex' || constants.has(name))
      return refuse('VIEW_CONSTANT_INVALID', `${at}: the name ${name} is taken; choose another`);
    const [member, another] = Object.keys(constant).filter((key) => /^value[A-Z]/.test(key));
    const value = member === undefined ? undefined : constant[member];
    if (member === undefined || another !== undefined || !isPrimitive(value))
      return refuse('VIEW_CONSTANT_INVALID', `${at} (${name}): give it one value[x] with a text, number or boolean`);
    const type = `${member[5]!.toLowerCase()}${member.slice(6)}`;
    // The library gets them as part of an expression: what is no date there would be read as one.
    if (!(TEMPORAL[type]?.test(String(value)) ?? true))
      return refuse('VIEW_CONSTANT_INVALID', `${at} (${name}): ${member} is written as FHIR writes a ${type}`);
    constants.set(name, { type, value });
  }
  return constants;
}

const isPrimitive = (value: unknown): value is Constant['value'] =>
  typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value);

/** All branches of a union have the same columns in the same order, of the same types. */
function requireUnion(branches: readonly Select[], at: string): void {
  const shapes = branches.map((branch) => columnsOf(branch));
  for (const [i, shape] of shapes.entries()) {
    const differs = shapes[0]!.length !== shape.length || shape.some((column, c) => !isAlike(column, shapes[0]![c]!));
    if (differs)
      refuse('VIEW_COLUMNS_DIFFER', `${at}.unionAll[${i}]: name the columns of unionAll[0], in its order and types`);
  }
}

const isAlike = (one: Column, other: Column): boolean =>
  one.name === other.name && one.storage === other.storage && one.collection === other.collection;

/** Names are compared without regard to case, as SQL compares them. */
function requireColumns(columns: readonly Column[]): void {
  if (columns.length === 0) refuse('VIEW_MALFORMED', 'select: name one column or more');
  if (columns.length > VIEW_COLUMNS_MAX)
    refuse('VIEW_TOO_LARGE', `a view has at most ${VIEW_COLUMNS_MAX} columns; split it`);
  const names = new Set<string>();
  for (const { name, at } of columns) {
    if (names.has(name.toLowerCase()))
      refuse('VIEW_COLUMNS_DIFFER', `${at}: another column is called ${name}; choose another name`);
    names.add(name.toLowerCase());
  }
}

function located(from: Members, member: string, at: string, suffix = `.${member}`): Located {
  const path = from[member];
  if (typeof path !== 'string' || path.trim() === '')
    return refuse('VIEW_MALFORMED', `${at}${suffix}: a FHIRPath expression`);
  if (path.length > PATH_LENGTH_MAX)
    return refuse('VIEW_TOO_LARGE', `${at}${suffix}: at most ${PATH_LENGTH_MAX} characters`);
  return { at: `${at}${suffix}`, path };
}

function members(value: unknown, at: string): Members {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return refuse('VIEW_MALFORMED', `${at}: a JSON object`);
  return value as Members;
}

function listOf(from: Members, member: string, at: string): readonly unknown[] {
  const value = from[member] ?? [];
  if (!Array.isArray(value)) return refuse('VIEW_MALFORMED', `${at === '' ? '' : `${at}.`}${member}: a JSON array`);
  return value as readonly unknown[];
}

function refuse(code: DeidentificationErrorCode, message: string): never {
  throw new DeidentificationError(code, message);
}
