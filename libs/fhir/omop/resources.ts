import { readDay } from '../read-day';
import { codingOf, type OmopConcept } from './concepts';

/** One row of a table of the OMOP CDM 5.x by column names in small letters; everything is text, as in the file. */
export type OmopRow = Readonly<Record<string, string | undefined>>;

export interface OmopContext {
  /** Concepts by id. */
  readonly concept: (id: number) => OmopConcept | undefined;
  /** Day of death by person id. */
  readonly death: (personId: string) => string | undefined;
  readonly hasVisit: (visitId: string) => boolean;
}

type Resource = Readonly<Record<string, unknown>> & { readonly resourceType: string; readonly id: string };
type ToResource = (row: OmopRow, context: OmopContext) => Resource | undefined;

const US_CORE = 'http://hl7.org/fhir/us/core/StructureDefinition';
const OMB = 'urn:oid:2.16.840.1.113883.6.238';
const ACT_CLASS = 'http://terminology.hl7.org/CodeSystem/v3-ActCode';
const UCUM = 'http://unitsofmeasure.org';

/** OMOP concept ids: gender, OMB race and ethnicity, classes of visits, operators of measurements. */
const GENDERS: Readonly<Record<string, string>> = { '8507': 'male', '8532': 'female', '8521': 'other' };
const RACES: Readonly<Record<string, string>> = {
  '8515': '2028-9',
  '8516': '2054-5',
  '8527': '2106-3',
  '8557': '2076-8',
  '8657': '1002-5',
};
const ETHNICITIES: Readonly<Record<string, string>> = { '38003563': '2135-2', '38003564': '2186-5' };
const CLASSES: Readonly<Record<string, string>> = { '9201': 'IMP', '9202': 'AMB', '9203': 'EMER', '262': 'EMER' };
const COMPARATORS: Readonly<Record<string, string>> = {
  '4171754': '<=',
  '4171755': '>=',
  '4171756': '<',
  '4172704': '>',
};

/** The tables that become resources, in the order in which they are written. Persons come first. */
export const OMOP_TABLES: Readonly<
  Record<string, { readonly concepts: readonly string[]; readonly toResource: ToResource }>
> = {
  person: { concepts: [], toResource: patientOf },
  visit_occurrence: {
    concepts: ['visit_concept_id', 'visit_source_concept_id'],
    toResource: (row, context) => ({
      ...head('Encounter', 'visit', row.visit_occurrence_id, row),
      status: 'finished',
      class: CLASSES[row.visit_concept_id ?? '']
        ? { system: ACT_CLASS, code: CLASSES[row.visit_concept_id ?? ''] }
        : codingOf(idOf(row.visit_concept_id), context.concept(idOf(row.visit_concept_id))),
      type: [codeOf(row, 'visit', context)],
      period: period(row.visit_start_date, row.visit_end_date),
    }),
  },
  condition_occurrence: {
    concepts: ['condition_concept_id', 'condition_source_concept_id'],
    toResource: (row, context) => ({
      ...head('Condition', 'condition', row.condition_occurrence_id, row),
      ...encounterOf(row, context),
      code: codeOf(row, 'condition', context),
      ...(day(row.condition_start_date) && { onsetDateTime: day(row.condition_start_date) }),
      ...(day(row.condition_end_date) && { abatementDateTime: day(row.condition_end_date) }),
    }),
  },
  drug_exposure: {
    concepts: ['drug_concept_id', 'drug_source_concept_id'],
    toResource: (row, context) => ({
      ...head('MedicationStatement', 'drug', row.drug_exposure_id, row),
      status: 'unknown',
      ...(encounterOf(row, context).encounter && { context: encounterOf(row, context).encounter }),
      medicationCodeableConcept: codeOf(row, 'drug', context),
      effectivePeriod: period(row.drug_exposure_start_date, row.drug_exposure_end_date),
    }),
  },
  procedure_occurrence: {
    concepts: ['procedure_concept_id', 'procedure_source_concept_id'],
    toResource: (row, context) => ({
      ...head('Procedure', 'procedure', row.procedure_occurrence_id, row),
      ...encounterOf(row, context),
      status: 'completed',
      code: codeOf(row, 'procedure', context),
      ...(day(row.procedure_date) && { performedDateTime: day(row.procedure_date) }),
    }),
  },
  measurement: {
    concepts: ['measurement_concept_id', 'measurement_source_concept_id', 'unit_concept_id', 'value_as_concept_id'],
    toResource: (row, context) => observationOf(row, 'measurement', context),
  },
  observation: {
    concepts: ['observation_concept_id', 'observation_source_concept_id', 'unit_concept_id', 'value_as_concept_id'],
    toResource: (row, context) => observationOf(row, 'observation', context),
  },
};

/** The resource of a row; undefined where it has no key, no person, or no such table. Pure. */
export function omopResource(table: string, row: OmopRow, context: OmopContext): Resource | undefined {
  if (!row.person_id || !row[`${table}_id`]) return undefined;
  return Object.hasOwn(OMOP_TABLES, table) ? OMOP_TABLES[table]!.toResource(row, context) : undefined;
}

const idOf = (text: string | undefined): number => Number(text ?? 0);
const patientId = (row: OmopRow): string => `person-${row.person_id}`;
/** OMOP writes days, and times of day that are mostly midnight: days are kept. */
const day = (text: string | undefined): string | undefined =>
  readDay(text?.replace(/^(\d{4})(\d{2})(\d{2})$/, '$1-$2-$3'));

function head(resourceType: string, kind: string, id: string | undefined, row: OmopRow): Resource {
  return { resourceType, id: `${kind}-${id}`, subject: { reference: `Patient/${patientId(row)}` } };
}

function encounterOf({ visit_occurrence_id: visit }: OmopRow, { hasVisit }: OmopContext) {
  return visit && hasVisit(visit) ? { encounter: { reference: `Encounter/visit-${visit}` } } : {};
}

function period(start: string | undefined, end: string | undefined) {
  return { ...(day(start) && { start: day(start) }), ...(day(end) && { end: day(end) }) };
}

/** The standard concept and what it was coded as; concept 0 is none. */
function codeOf(row: OmopRow, column: string, { concept }: OmopContext) {
  const ids = new Set([idOf(row[`${column}_concept_id`]), idOf(row[`${column}_source_concept_id`])]);
  const coding = [...ids].filter((id) => id > 0).map((id) => conceptCoding(id, concept(id)));
  return coding.length > 0 ? { coding } : { text: row[`${column}_source_value`] ?? 'no matching concept' };
}

function conceptCoding(id: number, concept: OmopConcept | undefined) {
  return { ...codingOf(id, concept), ...(concept?.name && { display: concept.name }) };
}

function observationOf(row: OmopRow, table: 'measurement' | 'observation', context: OmopContext): Resource {
  const at = day(row[`${table}_date`]);
  return {
    ...head('Observation', table, row[`${table}_id`], row),
    ...encounterOf(row, context),
    status: 'final',
    code: codeOf(row, table, context),
    ...(at && { effectiveDateTime: at }),
    ...valueOf(row, context),
  };
}

function valueOf(row: OmopRow, { concept }: OmopContext): object {
  const { value_as_number: number, value_as_string: string, unit_concept_id: unit, unit_source_value: written } = row;
  const coded = idOf(row.value_as_concept_id);
  if (number !== undefined && number !== '' && Number.isFinite(Number(number))) {
    const known = concept(idOf(unit));
    const comparator = COMPARATORS[row.operator_concept_id ?? ''];
    const code = known?.vocabulary === 'UCUM' ? { system: UCUM, code: known.code } : {};
    const text = written ?? known?.name;
    return {
      valueQuantity: { value: Number(number), ...(comparator && { comparator }), ...(text && { unit: text }), ...code },
    };
  }
  if (coded > 0) return { valueCodeableConcept: { coding: [conceptCoding(coded, concept(coded))] } };
  return string ? { valueString: string } : {};
}

function patientOf(row: OmopRow, { death }: OmopContext): Resource {
  const two = (text: string): string => text.padStart(2, '0');
  const { year_of_birth: year, month_of_birth: month, day_of_birth: dayOfMonth } = row;
  const birth = [year?.padStart(4, '0'), ...(month ? [two(month), ...(dayOfMonth ? [two(dayOfMonth)] : [])] : [])].join(
    '-',
  );
  const extension = [
    omb('us-core-race', RACES[row.race_concept_id ?? '']),
    omb('us-core-ethnicity', ETHNICITIES[row.ethnicity_concept_id ?? '']),
  ].filter((each) => each !== undefined);
  const died = death(row.person_id!);
  return {
    resourceType: 'Patient',
    id: patientId(row),
    ...(extension.length > 0 && { extension }),
    gender: GENDERS[row.gender_concept_id ?? ''] ?? 'unknown',
    ...(year && { birthDate: birth }),
    ...(died !== undefined && (day(died) ? { deceasedDateTime: day(died) } : { deceasedBoolean: true })),
  };
}

function omb(name: string, code: string | undefined) {
  if (code === undefined) return undefined;
  return { url: `${US_CORE}/${name}`, extension: [{ url: 'ombCategory', valueCoding: { system: OMB, code } }] };
}
