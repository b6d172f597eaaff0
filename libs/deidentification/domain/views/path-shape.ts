import type { PathNode } from './path-parse';
import { isChoice } from './path-values';

/** `Quantity`, `FHIR.Quantity` or `'Quantity'` → Quantity. */
export function typeIn(node: PathNode): string | undefined {
  if (node.kind === 'literal') return typeof node.value === 'string' && node.value !== '' ? node.value : undefined;
  return node.kind === 'member' ? node.name : undefined;
}

/** Every constant that an expression names. */
export function constantsIn(node: PathNode): Extract<PathNode, { kind: 'constant' }>[] {
  switch (node.kind) {
    case 'constant':
      return [node];
    case 'member':
    case 'type':
      return constantsIn(node.of);
    case 'index':
      return [...constantsIn(node.of), ...constantsIn(node.index)];
    case 'call':
      return [node.of, ...node.args].flatMap(constantsIn);
    case 'operator':
      return node.operands.flatMap(constantsIn);
    default:
      return [];
  }
}

/** The path to what an expression leads to; undefined where it cannot be told. */
export function baseOf(node: PathNode, base: string | undefined): string | undefined {
  if (node.kind === 'this') return base;
  if (node.kind === 'index') return baseOf(node.of, base);
  if (node.kind === 'member') {
    if (node.of.kind === 'this' && node.name === base) return base;
    const parent = baseOf(node.of, base);
    return parent === undefined || isChoice(node.name) ? undefined : `${parent}.${node.name}`;
  }
  if (node.kind !== 'call') return undefined;
  if (node.name === 'ofType') return node.args[0] && typeIn(node.args[0]);
  if (node.name === 'extension') return 'Extension';
  return node.name === 'where' || node.name === 'first' ? baseOf(node.of, base) : undefined;
}
