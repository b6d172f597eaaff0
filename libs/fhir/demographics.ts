import { objectOf, objectsOf, textOf, type FhirResource, type JsonObject } from './resource';
import { stateCode } from './us-states';

/** FHIR R4 AdministrativeGender. */
export type Sex = 'female' | 'male' | 'other' | 'unknown';

/** What the register keeps of a Patient outside its sealed record: coarse by design. */
export interface Demographics {
  /** `YYYY-MM`, or `YYYY` where the record says no more. */
  readonly birthMonth: string | undefined;
  readonly sex: Sex;
  readonly deceased: boolean;
  /** First three digits of a United States ZIP code. */
  readonly zip3: string | undefined;
  /** Two-letter code of a United States state or territory. */
  readonly state: string | undefined;
  /** US Core race and ethnicity: code of the OMB category, `multiple` where several are given. */
  readonly race: string | undefined;
  readonly ethnicity: string | undefined;
}

const SEXES: ReadonlySet<unknown> = new Set(['female', 'male', 'other', 'unknown']);
const US_CORE = 'http://hl7.org/fhir/us/core/StructureDefinition/';
const ZIP = /^(\d{3})\d{2}(?:-?\d{4})?$/;
const CODE = /^[A-Za-z0-9.-]{1,16}$/;

/** Reads a Patient. Whatever has another form than FHIR R4 and US Core give it reads as not said. */
export function readDemographics(patient: FhirResource): Demographics {
  const address = homeAddress(patient);
  return {
    birthMonth: /^\d{4}(-\d{2})?/.exec(textOf(patient.birthDate) ?? '')?.[0],
    sex: SEXES.has(patient.gender) ? (patient.gender as Sex) : 'unknown',
    deceased: patient.deceasedBoolean === true || textOf(patient.deceasedDateTime) !== undefined,
    zip3: ZIP.exec(textOf(address.postalCode) ?? '')?.[1],
    state: stateCode(textOf(address.state) ?? ''),
    race: ombCategory(patient, 'us-core-race'),
    ethnicity: ombCategory(patient, 'us-core-ethnicity'),
  };
}

/** Whole birth date of a Patient as written, for matching under a keyed hash; undefined where the day is not said. */
export function readBirthDate(patient: FhirResource): string | undefined {
  return /^\d{4}-\d{2}-\d{2}$/.exec(textOf(patient.birthDate) ?? '')?.[0];
}

function homeAddress(patient: JsonObject): JsonObject {
  const addresses = objectsOf(patient.address).filter(({ use }) => use !== 'old');
  return objectOf(addresses.find(({ use }) => use === 'home') ?? addresses[0]);
}

/** US Core Race and Ethnicity extensions: `ombCategory` repeats for race. */
function ombCategory(patient: JsonObject, name: string): string | undefined {
  const extension = objectsOf(patient.extension).find(({ url }) => url === US_CORE + name);
  const categories = objectsOf(objectOf(extension).extension)
    .filter(({ url }) => url === 'ombCategory')
    .map(({ valueCoding }) => textOf(objectOf(valueCoding).code))
    .filter((code): code is string => code !== undefined && CODE.test(code));
  const distinct = new Set(categories);
  return distinct.size > 1 ? 'multiple' : categories[0];
}
