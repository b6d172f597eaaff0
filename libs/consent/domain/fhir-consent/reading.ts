import { isObject, type JsonObject } from '@aceso/fhir';
import { FhirConsentError } from '../consent.errors';

/** Refuses an element of a Consent that has no counterpart in rules, or more than one. */
export function refuse(path: string, why: string): never {
  throw new FhirConsentError('FHIR_CONSENT_NOT_EXPRESSIBLE', path, why);
}

/** Refuses what is no FHIR at all. */
export function malformed(path: string, why: string): never {
  throw new FhirConsentError('FHIR_CONSENT_MALFORMED', path, why);
}

/** The objects of a repeating element with their paths; none when it is absent. */
export function elementsOf(parent: JsonObject, name: string, path: string): [JsonObject, string][] {
  const value = parent[name];
  if (value === undefined) return [];
  if (!Array.isArray(value) || value.length === 0) malformed(`${path}.${name}`, 'is a list');
  return value.map((item: unknown, at) => {
    const itemPath = `${path}.${name}[${at}]`;
    if (!isObject(item)) malformed(itemPath, 'is an element');
    return [item, itemPath];
  });
}

/** A single element, or undefined when it is absent. */
export function elementOf(parent: JsonObject, name: string, path: string): JsonObject | undefined {
  const value = parent[name];
  if (value === undefined) return undefined;
  if (!isObject(value)) malformed(`${path}.${name}`, 'is an element');
  return value;
}

export interface CodeAt {
  readonly system: string;
  readonly code: string;
  readonly path: string;
}

/** A coding that says its system. */
export function codeAt(coding: JsonObject, path: string): CodeAt {
  const { system, code } = coding;
  if (typeof system !== 'string') refuse(`${path}.system`, 'a code means nothing without its system');
  if (typeof code !== 'string') refuse(`${path}.code`, 'there is no code');
  return { system, code, path };
}

/** Codings of a concept; text alone is not read. */
export function codesOf(concept: JsonObject, path: string): CodeAt[] {
  const codings = elementsOf(concept, 'coding', path);
  if (codings.length === 0) refuse(path, 'there is no coding, and text is not read');
  return codings.map(([coding, at]) => codeAt(coding, at));
}

/** The only coding of a concept. */
export function onlyCode(concept: JsonObject, path: string): CodeAt {
  const [first, second] = codesOf(concept, path);
  if (second) refuse(second.path, 'more than one coding');
  return first as CodeAt;
}

/** Refuses every member that is not listed: whatever it says would be lost. Plain extensions change no meaning (FHIR R4 2.4.0). */
export function onlyMembers(element: JsonObject, known: readonly string[], path: string): void {
  for (const name of Object.keys(element)) {
    if (name !== 'id' && name !== 'extension' && !known.includes(name)) refuse(`${path}.${name}`, 'has no counterpart');
  }
}
