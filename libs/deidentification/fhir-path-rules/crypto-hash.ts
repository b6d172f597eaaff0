import { RESOURCE_TYPES } from '@aceso/fhir';
import { hex, utf8, type HmacSha256 } from '@aceso/kernel';
import type { ElementNode } from './element-tree';
import type { SecurityLabel } from './security-labels';

/** Lower-case hexadecimal HMAC-SHA256 under a text as key: no domain, the same wherever a value stands. */
export function hashText(value: string, key: string, hmacSha256: HmacSha256): string {
  return value === '' ? '' : hex.encode(hmacSha256(utf8(key), utf8(value)));
}

/** Literal references of FHIR R4 (2.3.0.1): what stands before the id, the id, what stands after it. */
const REFERENCES: readonly RegExp[] = [
  /^(#)([A-Za-z0-9\-.]+)()$/,
  new RegExp(
    `^((?:https?://(?:[A-Za-z0-9\\-.:%$_]+/)+)?(?:${[...RESOURCE_TYPES].join('|')})/)` +
      '([A-Za-z0-9\\-.]{1,64})((?:/_history/[A-Za-z0-9\\-.]{1,64})?)$',
  ),
  /^(urn:uuid:)([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})()$/,
  /^(urn:oid:)([0-2](?:\.(?:0|[1-9][0-9]*))+)()$/,
];

/** Changes the id in a literal reference; in a text that is none, all of it. `#` alone and empty texts stay. */
export function withId(reference: string, change: (id: string) => string): string {
  if (reference === '' || reference === '#') return reference;
  for (const form of REFERENCES) {
    const [, before, id, after] = form.exec(reference) ?? [];
    if (id !== undefined) return `${before}${change(id)}${after}`;
  }
  return change(reference);
}

/** Hashes a primitive's value, in references the id alone. */
export function cryptoHash(element: ElementNode, hash: (text: string) => string): SecurityLabel | undefined {
  if (element.value === undefined || element.value === '') return undefined;
  const text = String(element.value);
  const refers = element.kind.name === 'reference' && element.parent?.kind.type === 'Reference';
  element.value = refers ? withId(text, hash) : hash(text);
  return 'hashed';
}
