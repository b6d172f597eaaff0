import { DeidentificationError } from '../../deidentification.errors';
import { FUNCTIONS, TYPE_FUNCTIONS } from './path-functions';
import type { PathNode } from './path-parse';
import type { Constant } from './view-definition';

/**
 * Looks at every part of an expression: functions of the list only, constants of the view only. Throws
 * VIEW_PATH_UNSUPPORTED or VIEW_CONSTANT_INVALID.
 */
export function checkPath(node: PathNode, constants: ReadonlyMap<string, Constant>, at: string): void {
  const check = (inner: PathNode) => checkPath(inner, constants, at);
  switch (node.kind) {
    case 'constant':
      if (node.name !== 'rowIndex' && !constants.has(node.name))
        throw new DeidentificationError('VIEW_CONSTANT_INVALID', `${at}: the view defines no constant %${node.name}`);
      return;
    case 'member':
      // Every JavaScript object has these; no FHIR element is called so.
      if (node.name in Object.prototype)
        throw new DeidentificationError('VIEW_PATH_UNSUPPORTED', `${at}: no element is called ${node.name}`);
      return check(node.of);
    case 'index':
      check(node.of);
      return check(node.index);
    case 'call':
      if (!FUNCTIONS.has(node.name)) {
        const message = `${at}: views do not call ${node.name}(); docs/reference/views.md lists what they call`;
        throw new DeidentificationError('VIEW_PATH_UNSUPPORTED', message);
      }
      check(node.of);
      return TYPE_FUNCTIONS.has(node.name) ? undefined : node.args.forEach(check);
    case 'operator':
      return node.operands.forEach(check);
    case 'type':
      return check(node.of);
    default:
      return;
  }
}
