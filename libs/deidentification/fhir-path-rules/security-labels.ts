import { isObject, type JsonObject } from '@aceso/fhir';

/** What was done to some element of a resource. */
export type SecurityLabel =
  'redacted' | 'abstracted' | 'hashed' | 'masked' | 'perturbed' | 'substituted' | 'generalised';

const OBSERVATION_VALUE = 'http://terminology.hl7.org/CodeSystem/v3-ObservationValue';

/** The codings as users of the format know them, in their order; the code of the hash is misspelt there and stays so. */
const CODINGS: readonly (readonly [SecurityLabel, JsonObject])[] = [
  ['redacted', { system: OBSERVATION_VALUE, code: 'REDACTED', display: 'redacted' }],
  ['abstracted', { system: OBSERVATION_VALUE, code: 'ABSTRED', display: 'abstracted' }],
  ['hashed', { system: OBSERVATION_VALUE, code: 'CRYTOHASH', display: 'cryptographic hash function' }],
  ['masked', { system: OBSERVATION_VALUE, code: 'MASKED', display: 'masked' }],
  ['perturbed', { code: 'PERTURBED', display: 'exact value is replaced with another exact value' }],
  ['substituted', { code: 'SUBSTITUTED', display: 'exact value is replaced with a predefined value' }],
  ['generalised', { code: 'GENERALIZED', display: 'exact value is replaced with a general value' }],
];

/** The resource with `meta.security` telling what was done; labels that it has already are not said twice. */
export function labelled(resource: JsonObject, labels: ReadonlySet<SecurityLabel>): JsonObject {
  if (labels.size === 0) return resource;
  const meta = isObject(resource['meta']) ? resource['meta'] : {};
  const present: unknown[] = Array.isArray(meta['security']) ? (meta['security'] as unknown[]) : [];
  const codes = new Set(present.map((coding) => (isObject(coding) ? coding['code'] : undefined)));
  const added = CODINGS.filter(([label, coding]) => labels.has(label) && !codes.has(coding['code']));
  return { ...resource, meta: { ...meta, security: [...present, ...added.map(([, coding]) => coding)] } };
}
