import { parseDays } from '../calendar';
import type { Storage } from './view-definition';

/** FHIR R4 primitive types that are not stored as text. */
const STORAGE_OF_TYPE: { readonly [type: string]: Storage } = {
  boolean: 'boolean',
  integer: 'integer',
  positiveInt: 'integer',
  unsignedInt: 'integer',
  integer64: 'bigint',
  decimal: 'double',
};

/** Types of the tag `ansi/type` (SQL on FHIR v2, type hinting) that we store as such. */
const STORAGE_OF_ANSI: { readonly [type: string]: Storage } = {
  BOOLEAN: 'boolean',
  INTEGER: 'integer',
  INT: 'integer',
  BIGINT: 'bigint',
  DOUBLE: 'double',
  'DOUBLE PRECISION': 'double',
  DATE: 'date',
  VARCHAR: 'text',
  'CHARACTER VARYING': 'text',
};

const TYPE_URI = 'http://hl7.org/fhirpath/System.';
const STRUCTURE_URI = 'http://hl7.org/fhir/StructureDefinition/';

/** The FHIR type without the address of its definition: `http://hl7.org/fhir/StructureDefinition/code` → `code`. */
export function typeName(type: string): string {
  if (type.startsWith(STRUCTURE_URI)) return type.slice(STRUCTURE_URI.length);
  return type.startsWith(TYPE_URI) ? type.slice(TYPE_URI.length).toLowerCase() : type;
}

/** How a column of this FHIR type is stored, unless a tag says otherwise; undefined for a tag that we do not know. */
export function storageOf(type: string | undefined, ansiType: string | undefined): Storage | undefined {
  if (ansiType !== undefined) return STORAGE_OF_ANSI[ansiType.toUpperCase()];
  return (type === undefined ? undefined : STORAGE_OF_TYPE[type]) ?? 'text';
}

const INTEGER_MAX = 2 ** 31 - 1;
const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** Whether a value can stand in a cell. Numbers that JSON text can say and a table cannot (1e999) fit nowhere. */
export const FITS: { readonly [storage in Storage]: (value: unknown) => boolean } = {
  boolean: (value) => typeof value === 'boolean',
  integer: (value) => Number.isInteger(value) && Math.abs(value as number) <= INTEGER_MAX,
  bigint: (value) => Number.isSafeInteger(value),
  double: (value) => Number.isFinite(value),
  date: (value) => typeof value === 'string' && DAY.test(value) && parseDays(value) !== undefined,
  text: (value) => typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value),
};
