import { objectOf, objectsOf, textOf, type JsonObject } from '@aceso/fhir';
import type { SeenResource } from './timeline';

/** What a person's export is written as. */
export const EXPORT_FORMATS = ['fhir', 'csv'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** Columns of the CSV; `resource` is the whole FHIR resource as JSON. */
export const CSV_COLUMNS = [
  'day',
  'type',
  'id',
  'provider',
  'code',
  'display',
  'value',
  'unit',
  'status',
  'resource',
] as const;

/** What a spreadsheet takes for a formula at the beginning of a cell, also in full width (OWASP, CSV Injection). */
const FORMULA = /^[=+\-@\t\r\n\uFF1D\uFF0B\uFF0D\uFF20]/;
const NEEDS_QUOTES = /[",\r\n]/;
const LINE_END = '\r\n';

/** Tells that an export broke off: after it nothing is written, so what is cut is not valid JSON, nor ends with the CSV's last line. */
export interface ExportPart {
  readonly begin: string;
  /** One resource, `first` without what stands between two. */
  part(seen: SeenResource, first: boolean): string;
  readonly end: string;
}

/**
 * A FHIR R4 Bundle of type `collection` (2.36), an entry a line. `fullUrl` is by source record, since two providers may use the same
 * id (a URN, as there is no server that they are read from).
 */
export function bundleParts(id: string, at: number): ExportPart {
  const head = { resourceType: 'Bundle', id, type: 'collection', timestamp: new Date(at).toISOString() };
  return {
    begin: `${JSON.stringify(head).slice(0, -1)},"entry":[\n`,
    part: ({ resource, sourceRecordId }, first) => {
      const fullUrl = `urn:aceso:source-record:${sourceRecordId}:${resource.resourceType}:${resource.id}`;
      return `${first ? '' : ',\n'}${JSON.stringify({ fullUrl, resource })}`;
    },
    end: '\n]}\n',
  };
}

/** A table by RFC 4180, a line a resource. A text that a spreadsheet would run gets an apostrophe before it. */
export function csvParts(): ExportPart {
  return {
    begin: `${CSV_COLUMNS.join(',')}${LINE_END}`,
    part: (seen) => `${cellsOf(seen).map(csvCell).join(',')}${LINE_END}`,
    end: '',
  };
}

function cellsOf({ resource, category }: SeenResource): readonly (string | number | undefined)[] {
  const concept = objectOf(
    resource.code ?? resource.medicationCodeableConcept ?? resource.vaccineCode ?? typeOf(resource),
  );
  const [coding] = objectsOf(concept.coding);
  const quantity = objectOf(resource.valueQuantity);
  const value =
    typeof quantity.value === 'number' ? quantity.value : textOf(objectOf(resource.valueCodeableConcept).text);
  return [
    category.day ?? undefined,
    resource.resourceType,
    resource.id,
    category.provider,
    coding && `${textOf(coding.system) ?? ''}|${textOf(coding.code) ?? ''}`,
    textOf(concept.text) ?? textOf(coding?.display),
    value ?? textOf(resource.valueString),
    textOf(quantity.unit),
    textOf(resource.status),
    JSON.stringify(resource),
  ];
}

/** `type` of an encounter is a list. */
function typeOf({ type }: JsonObject): unknown {
  return Array.isArray(type) ? type[0] : type;
}

/** One cell; nothing is an empty one. */
export function csvCell(value: string | number | undefined): string {
  if (value === undefined) return '';
  if (typeof value === 'number') return String(value);
  const safe = FORMULA.test(value) ? `'${value}` : value;
  return NEEDS_QUOTES.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
