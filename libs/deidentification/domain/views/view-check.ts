import { DeidentificationError } from '../../deidentification.errors';
import { checkPath } from './path-check';
import { CRITERIA_FUNCTIONS, TYPE_FUNCTIONS } from './path-functions';
import { parsePath, type PathNode } from './path-parse';
import { typeIn } from './path-shape';
import { isChoice, typedName } from './path-values';
import type { Column, Iteration, Located, Select, ViewDefinition } from './view-definition';
import { parseView } from './view-parse';
import { VALUES, type ElementTree, type ViewScope } from './view-scope';

/** Elements that a path can lead to: those of one name, or the typed forms of a choice. */
export type Reach = readonly ReachedElement[];

export interface ReachedElement {
  readonly tree: ElementTree;
  /** True where a list was met on the way and nothing chose of it since: there may be more than one. */
  readonly many?: boolean;
  /** The name under which it was reached, where that name leaves the type open: `value` for `valueQuantity`. */
  readonly choice?: { readonly name: string; readonly typed: string };
}

/** Functions that give items of what they are asked of. */
const SAME: ReadonlySet<string> = new Set(
  'where first last tail skip take single distinct trim exclude intersect'.split(' '),
);

/** Functions that give one item at most. */
const ONE: ReadonlySet<string> = new Set(['first', 'last', 'single']);

/** What {@link checkView} tells on its way. */
export interface ViewVisitor {
  column?(column: Column, reach: Reach): void;
  iteration?(path: Located, reach: Reach): void;
}

/**
 * Parses a view that somebody brings and follows each of its paths through the elements that a scope holds. Throws
 * VIEW_OUT_OF_SCOPE with the path that reads something else, and what {@link parseView} throws.
 */
export function checkView(document: unknown, scope: ViewScope, visitor: ViewVisitor = {}): ViewDefinition {
  const view = parseView(document);
  const tree = scope.get(view.resource);
  if (tree === undefined) {
    const types = [...scope.keys()].sort().join(', ');
    throw new DeidentificationError(
      'VIEW_OUT_OF_SCOPE',
      `resource: ${view.resource} is not in scope; in scope: ${types}`,
    );
  }
  const root: Reach = [{ tree }];
  for (const located of view.where) reachOf(located, view, root);
  for (const select of view.select) checkSelect(select, { view, visitor }, root);
  return view;
}

interface Checking {
  readonly view: ViewDefinition;
  readonly visitor: ViewVisitor;
}

function checkSelect(select: Select, checking: Checking, outer: Reach): void {
  const { view, visitor } = checking;
  const inner = select.iteration === undefined ? outer : iterated(select.iteration, checking, outer);
  for (const column of select.columns) {
    const reach = reachOf(column, view, inner); // before it is asked who wants to know: an unread path is an unchecked one
    visitor.column?.(column, reach);
  }
  for (const one of [...select.select, ...select.unionAll]) checkSelect(one, checking, inner);
}

/**
 * What an iteration leads to, element by element. From where `repeat` leads to it goes on only where the elements hold
 * themselves, as no rule does.
 */
function iterated(iteration: Iteration, { view, visitor }: Checking, outer: Reach): Reach {
  const paths = iteration.kind === 'repeat' ? iteration.paths : [iteration.path];
  return paths.flatMap((path) => {
    const reach = reachOf(path, view, outer);
    visitor.iteration?.(path, reach);
    return reach.map((one) => ({ ...one, many: false }));
  });
}

/** The elements that a path leads to from others. Throws VIEW_OUT_OF_SCOPE when it reads what none of them has. */
export function reachOf({ at, path }: Located, view: ViewDefinition, focus: Reach): Reach {
  const node = parsePath(path, at);
  checkPath(node, view.constants, at);
  return new ScopeWalk(at, view.resource).reach(node, focus);
}

class ScopeWalk {
  constructor(
    private readonly at: string,
    private readonly resource: string,
  ) {}

  reach(node: PathNode, focus: Reach): Reach {
    switch (node.kind) {
      case 'this':
        return focus;
      case 'member':
        if (node.of.kind === 'this' && node.name === this.resource) return focus;
        return this.member(this.reach(node.of, focus), node.name);
      case 'index':
        this.reach(node.index, focus);
        return this.reach(node.of, focus).map((one) => ({ ...one, many: false }));
      case 'call':
        return this.call(node, focus);
      case 'operator': {
        const reached = node.operands.flatMap((operand) => this.reach(operand, focus));
        return node.operator === '|' ? reached : [];
      }
      case 'type':
        this.reach(node.of, focus);
        return [];
      default:
        return [];
    }
  }

  private member(from: Reach, name: string): Reach {
    const found = from.flatMap(({ tree, many = false }): Reach => {
      const at = (typed: string) => ({ tree: tree[typed]!, many: many || tree[typed]![VALUES]?.list === true });
      if (Object.hasOwn(tree, name)) return [at(name)];
      if (!isChoice(name)) return [];
      return Object.keys(tree)
        .filter((typed) => typed.startsWith(name) && /^[A-Z]/.test(typed.slice(name.length)))
        .map((typed) => ({ ...at(typed), choice: { name, typed } }));
    });
    return found.length > 0 ? found : this.refuse(name);
  }

  private call({ of, name, args }: Extract<PathNode, { kind: 'call' }>, focus: Reach): Reach {
    const from = this.reach(of, focus);
    if (name === 'getResourceKey') return this.member(from, 'id');
    if (name === 'getReferenceKey') return this.member(from, 'reference');
    if (name === 'extension') return this.member(from, 'extension');
    if (name === 'ofType') return this.ofType(from, args[0] && typeIn(args[0]));
    if (TYPE_FUNCTIONS.has(name)) return [];
    const reached = args.flatMap((arg) => this.reach(arg, CRITERIA_FUNCTIONS.has(name) ? from : focus));
    if (name === 'iif') return reached;
    if (name === 'union') return [...from, ...reached];
    if (!SAME.has(name)) return [];
    // Whether one is left of what a criterion chose, only values can tell.
    return ONE.has(name) || name === 'where' ? from.map((one) => ({ ...one, many: false })) : from;
  }

  private ofType(from: Reach, type: string | undefined): Reach {
    if (type === undefined) return [];
    const found = from.filter(({ choice }) => choice === undefined || choice.typed === typedName(choice.name, type));
    return found.length > 0 ? found : this.refuse(`ofType(${type})`);
  }

  private refuse(name: string): never {
    const message = `${this.at}: it reads ${name}, which is outside the data scope; leave it out or choose another element`;
    throw new DeidentificationError('VIEW_OUT_OF_SCOPE', message);
  }
}
