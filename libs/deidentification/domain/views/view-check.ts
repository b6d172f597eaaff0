import { DeidentificationError } from '../../deidentification.errors';
import { checkPath } from './path-check';
import { CRITERIA_FUNCTIONS, TYPE_FUNCTIONS } from './path-functions';
import { parsePath, type PathNode } from './path-parse';
import { typeIn } from './path-shape';
import { isChoice, typedName } from './path-values';
import type { Located, Select, ViewDefinition } from './view-definition';
import { parseView } from './view-parse';
import type { ElementTree, ViewScope } from './view-scope';

/** Elements that a path can lead to: those of one name, or the typed forms of a choice. */
export type Reach = readonly ReachedElement[];

interface ReachedElement {
  readonly tree: ElementTree;
  /** The name under which it was reached, where that name leaves the type open: `value` for `valueQuantity`. */
  readonly choice?: { readonly name: string; readonly typed: string };
}

/** Functions that give items of what they are asked of. */
const SAME: ReadonlySet<string> = new Set(
  'where first last tail skip take single distinct trim exclude intersect'.split(' '),
);

/**
 * Parses a view that somebody brings and follows each of its paths through the elements that a scope holds. Throws
 * VIEW_OUT_OF_SCOPE with the path that reads something else, and what {@link parseView} throws.
 */
export function checkView(document: unknown, scope: ViewScope): ViewDefinition {
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
  for (const select of view.select) checkSelect(select, view, root);
  return view;
}

function checkSelect(select: Select, view: ViewDefinition, outer: Reach): void {
  const { iteration } = select;
  const inner =
    iteration === undefined
      ? outer
      : iteration.kind === 'repeat'
        ? repeated(iteration.paths, view, outer)
        : reachOf(iteration.path, view, outer);
  for (const column of select.columns) reachOf(column, view, inner);
  for (const one of [...select.select, ...select.unionAll]) checkSelect(one, view, inner);
}

/** What `repeat` leads to from outside; from there it goes on only where the elements hold themselves, as no rule does. */
function repeated(paths: readonly Located[], view: ViewDefinition, outer: Reach): Reach {
  return paths.flatMap((located) => reachOf(located, view, outer));
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
        return this.reach(node.of, focus);
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
    const found = from.flatMap(({ tree }): Reach => {
      if (Object.hasOwn(tree, name)) return [{ tree: tree[name]! }];
      if (!isChoice(name)) return [];
      return Object.keys(tree)
        .filter((typed) => typed.startsWith(name) && /^[A-Z]/.test(typed.slice(name.length)))
        .map((typed) => ({ tree: tree[typed]!, choice: { name, typed } }));
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
    return SAME.has(name) ? from : [];
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
