import { isFhirId } from './reference';
import { isObject, type FhirResource, type JsonObject } from './resource';
import { RESOURCE_TYPES } from './resource-types';
import type { Finding } from './verdict';

type JsonKind = 'object' | 'array' | 'string';

/** Elements that placing and indexing read, with the JSON kind that R4 gives them. What is read nowhere is not judged. */
const EVERY_RESOURCE: { readonly [element: string]: JsonKind } = {
  meta: 'object',
  text: 'object',
  contained: 'array',
  extension: 'array',
};

const KINDS: { readonly [type: string]: { readonly [element: string]: JsonKind } } = {
  AllergyIntolerance: { code: 'object', clinicalStatus: 'object' },
  CarePlan: { category: 'array', period: 'object' },
  Condition: { code: 'object', clinicalStatus: 'object', onsetPeriod: 'object' },
  DiagnosticReport: { code: 'object', category: 'array' },
  Encounter: { class: 'object', type: 'array', period: 'object' },
  Immunization: { vaccineCode: 'object' },
  MedicationRequest: { medicationCodeableConcept: 'object', medicationReference: 'object' },
  Observation: { code: 'object', valueQuantity: 'object', component: 'array', category: 'array' },
  Patient: {
    identifier: 'array',
    name: 'array',
    address: 'array',
    gender: 'string',
    birthDate: 'string',
    deceasedDateTime: 'string',
  },
  Procedure: { code: 'object', performedPeriod: 'object' },
};

/** FHIR R4 2.24.0.1 (date): year, year and month, or a whole date. */
const FHIR_DATE = /^\d{4}(?:-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|[12]\d|3[01]))?)?$/;

/** Why a parsed value can never be a record, judged by its type and id; undefined where it can. */
export function checkIdentity({ resourceType, id }: JsonObject): Finding | undefined {
  if (typeof resourceType !== 'string' || resourceType === '') return { code: 'RESOURCE_TYPE_MISSING' };
  if (!RESOURCE_TYPES.has(resourceType)) return { code: 'RESOURCE_TYPE_UNKNOWN', path: 'resourceType' };
  if (resourceType === 'Bundle') return { code: 'BUNDLE_NESTED', path: 'Bundle' };
  if (id === undefined) return { code: 'ID_MISSING', path: `${resourceType}.id` };
  return isFhirId(id) ? undefined : { code: 'ID_MALFORMED', path: `${resourceType}.id` };
}

/** The first element whose JSON kind is not R4's, as an ELEMENT_MALFORMED finding. */
export function checkStructure(resource: FhirResource): Finding | undefined {
  const type = resource.resourceType;
  const element =
    wrongElement(resource, EVERY_RESOURCE) ?? wrongElement(resource, KINDS[type] ?? {}) ?? wrongBirthDate(resource);
  return element === undefined ? undefined : { code: 'ELEMENT_MALFORMED', path: `${type}.${element}` };
}

function wrongElement(resource: JsonObject, kinds: { readonly [element: string]: JsonKind }): string | undefined {
  for (const element in kinds) {
    const value = resource[element];
    if (value !== undefined && !isKind(value, kinds[element] as JsonKind)) return element;
  }
  return undefined;
}

function isKind(value: unknown, kind: JsonKind): boolean {
  if (kind === 'array') return Array.isArray(value);
  return kind === 'object' ? isObject(value) : typeof value === 'string';
}

/** Ages are judged by it, so a birth date that is no date is not let in. */
function wrongBirthDate({ resourceType, birthDate }: FhirResource): string | undefined {
  if (resourceType !== 'Patient' || birthDate === undefined) return undefined;
  return FHIR_DATE.test(birthDate as string) ? undefined : 'birthDate';
}
