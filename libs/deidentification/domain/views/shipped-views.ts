import { DeidentificationError } from '../../deidentification.errors';
import type { ViewDefinition } from './view-definition';
import { parseView } from './view-parse';

/** A ViewDefinition as JSON has it. */
export interface ViewDocument {
  readonly resourceType: 'ViewDefinition';
  readonly name: string;
  readonly title: string;
  readonly status: 'active';
  readonly fhirVersion: readonly ['4.0.1'];
  readonly resource: string;
  readonly select: readonly object[];
}

type ColumnText = readonly [name: string, path: string, type: string, description: string];

const columns = (...texts: readonly ColumnText[]) => ({
  column: texts.map(([name, path, type, description]) => ({ name, path, type, description })),
});

function view(name: string, resource: string, title: string, ...select: readonly object[]): ViewDocument {
  return { resourceType: 'ViewDefinition', name, title, status: 'active', fhirVersion: ['4.0.1'], resource, select };
}

const ID: ColumnText = ['id', 'getResourceKey()', 'string', 'pseudonym of the row in this sale'];
const PERSON: ColumnText = ['person_id', 'subject.getReferenceKey(Patient)', 'string', 'id in the table person'];
const ENCOUNTER: ColumnText = [
  'encounter_id',
  'encounter.getReferenceKey(Encounter)',
  'string',
  'id in the table encounter',
];
const STATUS: ColumnText = ['status', 'status', 'code', 'status of the resource'];

/** Code, system and display of the first coding of a concept. */
const coded = (prefix: string, path: string, meaning: string): readonly ColumnText[] => [
  [`${prefix}_system`, `${path}.coding.first().system`, 'uri', `code system of ${meaning}`],
  [`${prefix}_code`, `${path}.coding.first().code`, 'code', meaning],
  [`${prefix}_display`, `${path}.coding.first().display`, 'string', `text of ${meaning}, from a table of displays`],
];

/** The tables that are made of a package unless somebody brings views of their own: one row a resource. */
export const SHIPPED_VIEWS: readonly ViewDocument[] = [
  view(
    'person',
    'Patient',
    'Persons with their generalised attributes',
    columns(
      ['id', 'getResourceKey()', 'string', 'pseudonym of the person in this sale'],
      ['age_band', 'ageBand', 'string', 'age at the record date, in years'],
      ['gender', 'gender', 'code', 'administrative gender'],
      ['state', 'state', 'string', 'state of residence'],
      ['zip3', 'zip3', 'string', 'first three digits of the postal code'],
      ['race', 'race', 'string', 'race, US categories'],
      ['ethnicity', 'ethnicity', 'string', 'ethnicity, US categories'],
    ),
  ),
  view(
    'encounter',
    'Encounter',
    'Encounters',
    columns(
      ID,
      PERSON,
      STATUS,
      ['start_date', 'period.start', 'dateTime', 'released start'],
      ['end_date', 'period.end', 'dateTime', 'released end'],
      ['class_code', 'class.code', 'code', 'kind of encounter: AMB, EMER, IMP and others'],
      ...coded('type', 'type.first()', 'type of the encounter'),
      ...coded('reason', 'reasonCode.first()', 'first reason'),
    ),
  ),
  view(
    'condition',
    'Condition',
    'Diagnoses and problems',
    columns(
      ID,
      PERSON,
      ENCOUNTER,
      ['clinical_status', 'clinicalStatus.coding.first().code', 'code', 'active, resolved and others'],
      ['verification_status', 'verificationStatus.coding.first().code', 'code', 'confirmed, provisional and others'],
      ...coded('condition', 'code', 'the condition'),
      ['onset_date', 'onset.ofType(dateTime)', 'dateTime', 'released onset'],
      ['abatement_date', 'abatement.ofType(dateTime)', 'dateTime', 'released end'],
      ['recorded_date', 'recordedDate', 'dateTime', 'released day of recording'],
    ),
  ),
  view(
    'observation',
    'Observation',
    'Measurements and findings; components give rows of their own',
    columns(
      ID,
      PERSON,
      ENCOUNTER,
      STATUS,
      ['category_code', 'category.first().coding.first().code', 'code', 'laboratory, vital-signs and others'],
      ['effective_date', 'effective.ofType(dateTime)', 'dateTime', 'released day'],
    ),
    {
      unionAll: [
        columns(
          ['component', '{}', 'integer', 'position of the component; empty for the observation itself'],
          ...measured(),
        ),
        {
          forEach: 'component',
          ...columns(['component', '%rowIndex', 'integer', 'position of the component, from 0'], ...measured()),
        },
      ],
    },
  ),
  view(
    'medication',
    'MedicationRequest',
    'Prescriptions',
    columns(
      ID,
      PERSON,
      ENCOUNTER,
      STATUS,
      ['intent', 'intent', 'code', 'order, plan and others'],
      ['authored_date', 'authoredOn', 'dateTime', 'released day of the prescription'],
      ...coded('medication', 'medication.ofType(CodeableConcept)', 'the medication'),
      ['as_needed', 'dosageInstruction.first().asNeeded.ofType(boolean)', 'boolean', 'taken as needed'],
      ['dose_value', 'dosageInstruction.first().doseAndRate.first().dose.ofType(Quantity).value', 'decimal', 'dose'],
      [
        'dose_unit',
        'dosageInstruction.first().doseAndRate.first().dose.ofType(Quantity).unit',
        'string',
        'unit of the dose',
      ],
      ['frequency', 'dosageInstruction.first().timing.repeat.frequency', 'integer', 'doses a period'],
      ['period', 'dosageInstruction.first().timing.repeat.period', 'decimal', 'length of the period'],
      ['period_unit', 'dosageInstruction.first().timing.repeat.periodUnit', 'code', 'unit of the period (UCUM)'],
    ),
  ),
  view(
    'procedure',
    'Procedure',
    'Procedures',
    columns(
      ID,
      PERSON,
      ENCOUNTER,
      STATUS,
      ...coded('procedure', 'code', 'the procedure'),
      ['performed_date', 'performed.ofType(dateTime)', 'dateTime', 'released day'],
      ['start_date', 'performed.ofType(Period).start', 'dateTime', 'released start'],
      ['end_date', 'performed.ofType(Period).end', 'dateTime', 'released end'],
      ...coded('reason', 'reasonCode.first()', 'first reason'),
    ),
  ),
  view(
    'immunization',
    'Immunization',
    'Immunizations',
    columns(
      ID,
      PERSON,
      ENCOUNTER,
      STATUS,
      ...coded('vaccine', 'vaccineCode', 'the vaccine'),
      ['occurrence_date', 'occurrence.ofType(dateTime)', 'dateTime', 'released day'],
      ['primary_source', 'primarySource', 'boolean', 'recorded by who gave it'],
    ),
  ),
  view(
    'claim',
    'Claim',
    'Claims: what was billed for, never an amount',
    columns(
      ID,
      PERSON,
      STATUS,
      ['use', 'use', 'code', 'claim, preauthorization or predetermination'],
      ...coded('type', 'type', 'type of the claim'),
      ['start_date', 'billablePeriod.start', 'dateTime', 'released start'],
      ['end_date', 'billablePeriod.end', 'dateTime', 'released end'],
      ['created_date', 'created', 'dateTime', 'released day of making'],
      ['prescription_id', 'prescription.getReferenceKey(MedicationRequest)', 'string', 'id in the table medication'],
      ['diagnoses', 'diagnosis.count()', 'integer', 'number of diagnoses'],
      ['items', 'item.count()', 'integer', 'number of items'],
    ),
  ),
];

/** What an Observation and its components have in common. */
function measured(): readonly ColumnText[] {
  return [
    ...coded('observation', 'code', 'what was observed'),
    ['value_number', 'value.ofType(Quantity).value', 'decimal', 'measured number, rounded'],
    ['value_comparator', 'value.ofType(Quantity).comparator', 'code', 'the true value is below or above the number'],
    ['value_unit', 'value.ofType(Quantity).unit', 'string', 'unit of the number'],
    ['value_code', 'value.ofType(CodeableConcept).coding.first().code', 'code', 'coded value'],
    ['value_boolean', 'value.ofType(boolean)', 'boolean', 'value that is true or false'],
    ['value_integer', 'value.ofType(integer)', 'decimal', 'value that is a count or score, rounded'],
    ['value_date', 'value.ofType(dateTime)', 'dateTime', 'released day that is the value'],
    ['interpretation_code', 'interpretation.first().coding.first().code', 'code', 'H, L, N and others'],
  ];
}

/** The shipped view of a name. Throws VIEW_UNKNOWN with the names there are. */
export function shippedView(name: string): ViewDefinition {
  const found = SHIPPED_VIEWS.find((candidate) => candidate.name === name);
  if (found === undefined) {
    const names = SHIPPED_VIEWS.map((candidate) => candidate.name).join(', ');
    throw new DeidentificationError(
      'VIEW_UNKNOWN',
      `no view of that name; shipped: ${names}; or give a file ending .json`,
    );
  }
  return parseView(found);
}
