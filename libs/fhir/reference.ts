import { isObject } from './resource';

/** FHIR R4 2.24.0.1 (id): letters, digits, `-` and `.`, at most 64. */
const ID = /^[A-Za-z0-9\-.]{1,64}$/;
/** FHIR R4 2.3.0.1: `[base/]Type/id[/_history/version]`; a base is an absolute URL. */
const LITERAL =
  /^(?:https?:\/\/[^\s?#]+\/)?([A-Z][A-Za-z]+)\/([A-Za-z0-9\-.]{1,64})(?:\/_history\/[A-Za-z0-9\-.]{1,64})?$/;
const URN = /^urn:(?:uuid|oid):([A-Za-z0-9\-.]{1,64})$/;

/** True for a logical id as FHIR R4 writes it. */
export function isFhirId(value: unknown): value is string {
  return typeof value === 'string' && ID.test(value);
}

/** What a Reference points at: a typed id, a URN that a Bundle may resolve, or nothing that can be followed here. */
export type Target =
  | { readonly kind: 'literal'; readonly type: string; readonly id: string }
  | { readonly kind: 'urn'; readonly urn: string; readonly id: string; readonly type: string | undefined }
  | { readonly kind: 'contained' }
  | { readonly kind: 'unresolved' };

/**
 * Reads a FHIR R4 Reference (2.3.0): `Type/id`, an absolute URL of that form, `urn:uuid:`, `urn:oid:`. Conditional
 * (`Type?identifier=`), logical (identifier only) and display-only references are `unresolved`. Undefined where the
 * value is no Reference at all.
 */
export function readReference(value: unknown): Target | undefined {
  if (!isObject(value)) return undefined;
  const { reference } = value;
  if (reference === undefined) return { kind: 'unresolved' };
  if (typeof reference !== 'string') return undefined;
  if (reference.startsWith('#')) return { kind: 'contained' };
  const literal = LITERAL.exec(reference);
  if (literal !== null) return { kind: 'literal', type: literal[1] as string, id: literal[2] as string };
  const urn = URN.exec(reference);
  if (urn === null) return { kind: 'unresolved' };
  const type = typeof value.type === 'string' ? value.type : undefined;
  return { kind: 'urn', urn: reference, id: urn[1] as string, type };
}
