const UUID_PREFIX = 'urn:uuid:';

/**
 * The id that a literal reference to a resource of `type` names (FHIR R4 section 2.3.0.1): `urn:uuid:…`, `Type/id`,
 * `Type/id/_history/n` or an absolute URL that ends so. `undefined` for other types, conditional references (`Type?…`)
 * and references to contained resources (`#…`).
 */
export function parseReference(text: string, type: string): string | undefined {
  if (text.startsWith(UUID_PREFIX)) return text.slice(UUID_PREFIX.length);
  const history = text.indexOf('/_history/');
  const path = history === -1 ? text : text.slice(0, history);
  const slash = path.lastIndexOf('/');
  if (slash === -1 || slash === path.length - 1 || !path.endsWith(type, slash)) return undefined;
  const before = slash - type.length;
  if (before !== 0 && path[before - 1] !== '/') return undefined;
  return path.slice(slash + 1);
}
