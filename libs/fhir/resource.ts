/** A JSON object whose members nobody has looked at yet. */
export interface JsonObject {
  readonly [member: string]: unknown;
}

/** A resource whose type is one of FHIR R4 and whose id is well formed; all other members are unchecked. */
export interface FhirResource extends JsonObject {
  readonly resourceType: string;
  readonly id: string;
}

/** True for a JSON object: not null, not an array. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value as an object, or an empty one: reading on from it gives `undefined` everywhere. */
export function objectOf(value: unknown): JsonObject {
  return isObject(value) ? value : NOTHING;
}

const NOTHING: JsonObject = Object.freeze({});
const NONE: readonly JsonObject[] = Object.freeze([]);

/** The objects of an array; whatever else stands there is left out. */
export function objectsOf(value: unknown): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : NONE;
}

/** The value as a text that is not empty, or undefined. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
