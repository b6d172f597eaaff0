import { DeidentificationError } from '../../deidentification.errors';
import { checkPath } from './path-check';
import { equal, extensionsOf, LOGIC, MoreThanOne, referenceKeys, resourceKeys, truthOf } from './path-functions';
import { parsePath, type PathNode } from './path-parse';
import { baseOf, constantsIn, typeIn } from './path-shape';
import { choiceOf, firstOf, isChoice, itemsOf, through, typedName, type Values } from './path-values';
import type { Constant, Located } from './view-definition';

/** The position of the row within each iteration of the view. */
export interface RowIndexes {
  readonly indexes: readonly number[];
}

export type EvaluatePath = (focus: unknown, row: RowIndexes) => Values;

/**
 * Evaluates FHIRPath that is not compiled here. `base` is the path to the element that is asked, from the resource type on
 * or from a data type; undefined for whole resources and where it is not known. Compiled once, asked for each element.
 */
export type CompileFhirPath = (
  expression: string,
  base: string | undefined,
) => (focus: unknown, variables: { readonly [name: string]: unknown }) => readonly unknown[];

/** Where a path stands in its view. */
export interface PathContext {
  readonly resource: string;
  readonly constants: ReadonlyMap<string, Constant>;
  /** Which iteration it stands in; 0 is the resource itself. */
  readonly place: number;
  /** See {@link CompileFhirPath}. */
  readonly base: string | undefined;
  readonly fallback: CompileFhirPath;
}

export interface CompiledPath {
  readonly evaluate: EvaluatePath;
  /** Path to what it leads to, as far as it is known. */
  readonly base: string | undefined;
  /** False where the library evaluates it. */
  readonly native: boolean;
}

/** Throws VIEW_PATH_INVALID, VIEW_PATH_UNSUPPORTED or VIEW_CONSTANT_INVALID with the place of the path. */
export function compilePath({ at, path }: Located, context: PathContext): CompiledPath {
  const node = parsePath(path, at);
  checkPath(node, context.constants, at);
  const native = compileNode(node, context);
  const base = baseOf(node, context.base ?? context.resource);
  if (native !== undefined) return { evaluate: guarded(native, at), base, native: true };
  return { evaluate: guarded(libraryPath(node, { at, path }, context), at), base, native: false };
}

/** What a value is not fit for is said with the path; messages of the library may quote values and are dropped. */
function guarded(evaluate: EvaluatePath, at: string): EvaluatePath {
  return (focus, row) => {
    try {
      return evaluate(focus, row);
    } catch (error) {
      if (error instanceof DeidentificationError) throw error;
      const why =
        error instanceof MoreThanOne ? 'more than one value where one is asked for' : 'it cannot be evaluated';
      throw new DeidentificationError('VIEW_VALUE_UNFIT', `${at}: ${why}; use first(), where() or ofType()`);
    }
  };
}

const TEMPORAL_TYPES: { readonly [type: string]: string } = { date: '@', dateTime: '@', instant: '@', time: '@T' };

/** Dates and times become literals, so that they are compared as such; other constants are variables. */
function libraryPath(
  node: PathNode,
  { at, path: text }: Located,
  { constants, place, base, fallback }: PathContext,
): EvaluatePath {
  const variables: Record<string, unknown> = {};
  let expression = text;
  for (const { name, from, to } of constantsIn(node).sort((a, b) => b.from - a.from)) {
    const constant = constants.get(name);
    if (constant === undefined) continue;
    const prefix = TEMPORAL_TYPES[constant.type];
    if (prefix === undefined) variables[name] = constant.value;
    else expression = `${expression.slice(0, from)}${prefix}${constant.value}${expression.slice(to)}`;
  }
  const evaluate = compiled(() => fallback(expression, place === 0 ? undefined : base), at);
  return (focus, { indexes }) => evaluate(focus, { ...variables, rowIndex: indexes[place] });
}

/** What the library says of an expression may quote all of it. */
function compiled<Compiled>(compile: () => Compiled, at: string): Compiled {
  try {
    return compile();
  } catch (cause) {
    const message = `${at}: the FHIRPath library does not take this expression; write it in the forms of docs/reference/views.md`;
    throw new DeidentificationError('VIEW_PATH_INVALID', message, { cause });
  }
}

/** Closures for the paths that views are made of; undefined for everything else. */
function compileNode(node: PathNode, context: PathContext): EvaluatePath | undefined {
  switch (node.kind) {
    case 'this':
      return (focus) => focus;
    case 'empty':
      return () => undefined;
    case 'literal':
      return () => node.value;
    case 'constant':
      return compileConstant(node.name, context);
    case 'member':
      return compileMember(node, context);
    case 'index': {
      const [of, index] = [compileNode(node.of, context), numberIn(node.index, context)];
      return of && index !== undefined ? (focus, row) => itemsOf(of(focus, row))[index] : undefined;
    }
    case 'call':
      return compileCall(node, context);
    case 'operator':
      return compileOperator(node, context);
    default:
      return undefined;
  }
}

function compileConstant(name: string, { constants, place }: PathContext): EvaluatePath | undefined {
  if (name === 'rowIndex') return (_, { indexes }) => indexes[place];
  const { type, value } = constants.get(name)!;
  return TEMPORAL_TYPES[type] === undefined ? () => value : undefined;
}

function numberIn(node: PathNode, { constants }: PathContext): number | undefined {
  const value =
    node.kind === 'literal' ? node.value : node.kind === 'constant' ? constants.get(node.name)?.value : undefined;
  return typeof value === 'number' ? value : undefined;
}

function compileMember({ of, name }: Extract<PathNode, { kind: 'member' }>, context: PathContext) {
  // `Patient.name` asked of a Patient is its name; elements begin with a small letter.
  if (of.kind === 'this' && /^[A-Z]/.test(name)) {
    if (context.place > 0 || name !== context.resource) return undefined;
    return (focus: unknown) => focus;
  }
  const parent = compileNode(of, context);
  if (parent === undefined) return undefined;
  if (!isChoice(name)) return (focus: unknown, row: RowIndexes) => through(parent(focus, row), (from) => from[name]);
  return (focus: unknown, row: RowIndexes) => through(parent(focus, row), (from) => from[name] ?? choiceOf(from, name));
}

function compileCall(node: Extract<PathNode, { kind: 'call' }>, context: PathContext): EvaluatePath | undefined {
  const { name, args } = node;
  if (name === 'ofType') return compileOfType(node, context);
  const of = compileNode(node.of, context);
  if (of === undefined) return undefined;
  const [argument] = args;
  if (args.length > 1) return undefined;
  if (name === 'where' || (name === 'exists' && argument !== undefined)) {
    const criterion = argument && isTruth(argument) ? compileNode(argument, context) : undefined;
    if (criterion === undefined) return undefined;
    const holds = (row: RowIndexes) => (item: unknown) => truthOf(criterion(item, row)) === true;
    return name === 'where'
      ? (focus, row) => itemsOf(of(focus, row)).filter(holds(row))
      : (focus, row) => itemsOf(of(focus, row)).some(holds(row));
  }
  if (argument !== undefined) return compileArgument(node, of, argument);
  switch (name) {
    case 'first':
      return (focus, row) => firstOf(of(focus, row));
    case 'exists':
      return (focus, row) => itemsOf(of(focus, row)).length > 0;
    case 'empty':
      return (focus, row) => itemsOf(of(focus, row)).length === 0;
    case 'count':
      return (focus, row) => itemsOf(of(focus, row)).length;
    case 'not':
      return (focus, row) => {
        const truth = truthOf(of(focus, row));
        return truth === undefined ? undefined : !truth;
      };
    case 'join':
      return (focus, row) => joined(of(focus, row), '');
    case 'getResourceKey':
      return (focus, row) => resourceKeys(of(focus, row));
    case 'getReferenceKey':
      return (focus, row) => referenceKeys(of(focus, row), undefined);
    default:
      return undefined;
  }
}

function compileArgument(
  { of: ofNode, name }: Extract<PathNode, { kind: 'call' }>,
  of: EvaluatePath,
  argument: PathNode,
): EvaluatePath | undefined {
  if (name === 'getReferenceKey') {
    const type = typeIn(argument);
    return (focus, row) => referenceKeys(of(focus, row), type);
  }
  if (argument.kind !== 'literal' || typeof argument.value !== 'string') return undefined;
  const text = argument.value;
  if (name === 'join') return (focus, row) => joined(of(focus, row), text);
  // Extensions of a primitive stand beside it in JSON: only the library finds them.
  const onObject = ofNode.kind === 'this' || (ofNode.kind === 'call' && ofNode.name === 'extension');
  return name === 'extension' && onObject ? (focus, row) => extensionsOf(of(focus, row), text) : undefined;
}

function joined(values: Values, separator: string): string {
  return itemsOf(values).join(separator);
}

/** `value.ofType(Quantity)` reads `valueQuantity`; elements of one type are left to the library, which knows it. */
function compileOfType({ of, args }: Extract<PathNode, { kind: 'call' }>, context: PathContext) {
  const type = args[0] === undefined ? undefined : typeIn(args[0]);
  if (type === undefined || of.kind !== 'member' || !isChoice(of.name)) return undefined;
  const parent = compileNode(of.of, context);
  if (parent === undefined) return undefined;
  const name = typedName(of.name, type);
  return (focus: unknown, row: RowIndexes) => through(parent(focus, row), (from) => from[name]);
}

const TRUTH_FUNCTIONS: ReadonlySet<string> = new Set(['exists', 'empty', 'not']);

/** Whether an expression gives true, false or nothing, and so may be a criterion. */
function isTruth(node: PathNode): boolean {
  if (node.kind === 'operator') return node.operator === '=' || node.operator === '!=' || node.operator in LOGIC;
  return node.kind === 'call'
    ? TRUTH_FUNCTIONS.has(node.name)
    : node.kind === 'literal' && typeof node.value === 'boolean';
}

function compileOperator(node: Extract<PathNode, { kind: 'operator' }>, context: PathContext) {
  const { operator, operands } = node;
  const [left, right] = operands.map((operand) => compileNode(operand, context));
  if (left === undefined || right === undefined) return undefined;
  const logic = Object.hasOwn(LOGIC, operator) ? LOGIC[operator] : undefined;
  if (logic !== undefined) {
    return (focus: unknown, row: RowIndexes) => logic(truthOf(left(focus, row)), () => truthOf(right(focus, row)));
  }
  if ((operator !== '=' && operator !== '!=') || !isComparable(operands, context)) return undefined;
  return (focus: unknown, row: RowIndexes) => {
    const same = equal(left(focus, row), right(focus, row));
    return same === undefined || operator === '=' ? same : !same;
  };
}

const LIKE_A_TIME = /^\d{4}(?:-\d{2}(?:-\d{2}.*)?)?$|^T?\d{2}:\d{2}/;

/** Equality of JSON values is FHIRPath's where one side is neither date nor quantity, or both are keys. */
function isComparable(operands: readonly PathNode[], { constants }: PathContext): boolean {
  const isPlain = (node: PathNode): boolean => {
    const value =
      node.kind === 'literal' ? node.value : node.kind === 'constant' ? constants.get(node.name)?.value : undefined;
    if (node.kind === 'constant' && node.name === 'rowIndex') return true;
    return value !== undefined && !(typeof value === 'string' && LIKE_A_TIME.test(value));
  };
  return operands.some(isPlain) || operands.every((node) => node.kind === 'call' && /^get\w+Key$/.test(node.name));
}
