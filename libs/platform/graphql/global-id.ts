import { base64url, fromUtf8, isUuid, utf8, type Id } from '@aceso/kernel';
import { EdgeError } from './edge.errors';

const GLOBAL_ID_LENGTH_MAX = 200;

/** The id that clients see: base64url of `Kind:uuid`. Clients treat it as opaque. */
export function toGlobalId(kind: string, id: string): string {
  return base64url.encode(utf8(`${kind}:${id}`));
}

/** The UUID inside a client's id. What is malformed or names another kind does not exist: NOT_FOUND. */
export function fromGlobalId<Kind extends string>(kind: Kind, globalId: string): Id<Kind> {
  const uuid = decode(globalId, `${kind}:`);
  if (!isUuid(uuid)) throw new EdgeError('NOT_FOUND', `there is no such ${kind}`);
  return uuid as string as Id<Kind>;
}

function decode(globalId: string, prefix: string): string | undefined {
  if (globalId.length > GLOBAL_ID_LENGTH_MAX) return undefined;
  try {
    const text = fromUtf8(base64url.decode(globalId));
    return text.startsWith(prefix) ? text.slice(prefix.length) : undefined;
  } catch {
    return undefined; // not base64url, or not UTF-8
  }
}
