import { RESOURCE_TYPES } from '@aceso/fhir';
import * as r4 from 'fhirpath/fhir-context/r4';
import { REPEATED } from './repeated-elements';

/** What FHIR R4 says of one element, by the JSON member that holds it. */
export interface ElementKind {
  /** Name in FHIRPath: without the type of a choice (`deceased` for the member `deceasedDateTime`). */
  readonly name: string;
  /** `HumanName`, `dateTime`, `BackboneElement`, a resource type; `Resource` where any may stand. */
  readonly type: string;
  /** Where the elements inside are defined: a type, or the path of a backbone element. */
  readonly path: string;
  /** A primitive with a value of its own. */
  readonly primitive: boolean;
  /** Known to be a list in R4 although an object may have come. */
  readonly repeats: boolean;
}

/** Grows to R4's own elements at most: names that R4 does not know are not kept. */
const KINDS = new Map<string, ElementKind>();
const OWN_PATH = new Set(['BackboneElement', 'Element']);

/** The kind of a resource; undefined for a type that R4 does not know. */
export function resourceKind(type: unknown): ElementKind | undefined {
  if (typeof type !== 'string' || !RESOURCE_TYPES.has(type)) return undefined;
  return { name: type, type, path: type, primitive: false, repeats: false };
}

/** The kind of a JSON member of an element whose insides are defined at `path`; undefined where R4 knows none. */
export function elementKind(path: string, member: string): ElementKind | undefined {
  const full = `${path}.${member}`;
  const known = KINDS.get(full);
  if (known) return known;
  const kind = lookup(path, member, full);
  if (kind) KINDS.set(full, kind);
  return kind;
}

function lookup(path: string, member: string, full: string): ElementKind | undefined {
  const repeats = REPEATED.has(full) || REPEATED.has(`*.${member}`);
  const elsewhere = own(r4.pathsDefinedElsewhere, full);
  if (elsewhere !== undefined) {
    return { name: member, type: 'BackboneElement', path: elsewhere, primitive: false, repeats };
  }
  const given = own(r4.path2Type, full);
  if (given === undefined) return undefined;
  const type = typeOf(given, path, member);
  const primitive = /^[a-z]/.test(type);
  return { name: choiceOf(path, member), type, path: OWN_PATH.has(type) ? full : type, primitive, repeats };
}

/** The model names types of the FHIRPath system where R4 says `id`, `string` or `uri`. */
function typeOf(given: string, path: string, member: string): string {
  if (!given.startsWith('System.')) return given;
  if (member === 'id') return RESOURCE_TYPES.has(path) ? 'id' : 'string';
  return member === 'url' ? 'uri' : 'string';
}

function choiceOf(path: string, member: string): string {
  for (let length = member.length - 1; length > 0; length -= 1) {
    if (!/[A-Z]/.test(member[length]!)) continue;
    const name = member.slice(0, length);
    if (own(r4.choiceTypePaths, `${path}.${name}`) !== undefined) return name;
  }
  return member;
}

function own<Value>(table: { readonly [key: string]: Value }, key: string): Value | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}

/** {@link ElementsOfR4} of this server: resource types under `''`, elements under their path. */
export function elementsOfR4(path: string, member: string): ElementKind | undefined {
  return path === '' ? resourceKind(member) : elementKind(path, member);
}
