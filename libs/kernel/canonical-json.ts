import canonicalize from 'canonicalize';

/** A value that JSON can carry. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined };

/**
 * Canonical JSON (RFC 8785): one text for one value, so that it can be hashed and signed. Members that are
 * `undefined` are left out. Throws a TypeError for a value that JSON cannot carry.
 */
export function canonicalJson(value: unknown): string {
  // What was stored canonical and read again is in order already: ECMAScript writes it as it was, in a third of the time.
  const text = isInOrder(value) ? JSON.stringify(value) : canonicalize(value);
  if (text === undefined) throw new TypeError('the value has no JSON form');
  return text;
}

/** Whether the members of every object stand in the order of RFC 8785 section 3.2.3, and no value needs the longer way. */
function isInOrder(value: unknown): boolean {
  if (typeof value === 'string') return true;
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object' || value === null) return true;
  if (Array.isArray(value)) return value.every(isInOrder);
  if ('toJSON' in value) return false;
  const members = value as Record<string, unknown>;
  let last = '';
  for (const name of Object.keys(members)) {
    if (name < last || !isInOrder(members[name])) return false;
    last = name;
  }
  return true;
}
