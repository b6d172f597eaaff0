import { LedgerError } from '../domain';

/** Errors of the client that mean: nobody answered, or not as a node does. */
const UNREACHABLE: ReadonlySet<string> = new Set(['HttpRequestError', 'TimeoutError', 'ResponseBodyTooLargeError']);

/**
 * What went wrong at the node, as a coded refusal. The client's own messages hold the node's address with its credentials,
 * so only their kind is repeated.
 */
export function toAnchorError(error: unknown): LedgerError {
  if (error instanceof LedgerError) return error;
  const causes = causesOf(error);
  if (causes.some(({ name }) => UNREACHABLE.has(name))) {
    return new LedgerError('ANCHOR_NODE_UNREACHABLE', 'the node of the anchor does not answer', { cause: error });
  }
  const kinds = causes.map(({ name }) => name).join(', ');
  return new LedgerError('ANCHOR_NODE_REFUSED', `the node of the anchor refuses (${kinds})`, { cause: error });
}

/** True when the node says that it does not hold what was asked for. */
export function isNotFound(error: unknown): boolean {
  return causesOf(error).some(({ name }) => name.endsWith('NotFoundError'));
}

function causesOf(error: unknown): Error[] {
  const causes: Error[] = [];
  for (let at = error; at instanceof Error; at = at.cause) causes.push(at);
  return causes;
}
