import { readDemographics } from '../demographics';
import { readFacts } from '../facts';
import type { FhirResource } from '../resource';
import type { OmopConcept } from './concepts';
import { omopResource, type OmopContext, type OmopRow } from './resources';

const CONCEPTS: Readonly<Record<number, OmopConcept>> = {
  10: { vocabulary: 'SNOMED', code: '44054006', name: 'Diabetes' },
  11: { vocabulary: 'ICD10CM', code: 'E11.9', name: 'Type 2 diabetes' },
  12: { vocabulary: 'LOINC', code: '2345-7', name: 'Glucose' },
  8840: { vocabulary: 'UCUM', code: 'mg/dL', name: 'milligram per deciliter' },
  9201: { vocabulary: 'Visit', code: 'IP', name: 'Inpatient Visit' },
  13: { vocabulary: 'RxNorm', code: '140587', name: 'celecoxib' },
};
const context: OmopContext = {
  concept: (id) => CONCEPTS[id],
  death: (person) => ({ 7: '2019-02-03', 8: 'unreadable' })[person],
  hasVisit: (visit) => visit === '5',
};
const made = (table: string, row: OmopRow) => omopResource(table, { person_id: '1', ...row }, context) as FhirResource;
const factsOf = (table: string, row: OmopRow) =>
  readFacts(made(table, row)).facts.map(({ kind, system, code, start, value, unit }) => ({
    kind,
    system,
    code,
    start,
    value,
    unit,
  }));
const none = { value: undefined, unit: '' };

describe('a row of OMOP', () => {
  it('of a person is a Patient, as old and as precise as the row says', () => {
    const person = {
      gender_concept_id: '8532',
      year_of_birth: '1950',
      race_concept_id: '8527',
      ethnicity_concept_id: '38003564',
    };
    const whole = made('person', { ...person, month_of_birth: '4', day_of_birth: '2' });
    expect(whole).toMatchObject({ id: 'person-1', birthDate: '1950-04-02', gender: 'female' });
    const said = { birthMonth: '1950-04', sex: 'female', race: '2106-3', ethnicity: '2186-5', deceased: false };
    expect(readDemographics(whole)).toMatchObject(said);
    expect(made('person', { ...person, month_of_birth: '4' })).toMatchObject({ birthDate: '1950-04' });
    expect(made('person', { ...person, month_of_birth: '', day_of_birth: '2' })).toMatchObject({ birthDate: '1950' });
    expect(made('person', { gender_concept_id: '0' })).toEqual({
      resourceType: 'Patient',
      id: 'person-1',
      gender: 'unknown',
    });
  });

  it('of a death makes the Patient one who has died, also on an unknown day', () => {
    expect(made('person', { person_id: '7' })).toMatchObject({ deceasedDateTime: '2019-02-03' });
    expect(made('person', { person_id: '8' })).toMatchObject({ deceasedBoolean: true });
  });

  it('of a condition has its standard concept and the one it was coded as', () => {
    const row = {
      condition_occurrence_id: '3',
      condition_start_date: '2015-10-02',
      condition_end_date: '20151014',
      visit_occurrence_id: '5',
    };
    const both = { ...row, condition_concept_id: '10', condition_source_concept_id: '11' };
    expect(made('condition_occurrence', both)).toEqual({
      resourceType: 'Condition',
      id: 'condition-3',
      subject: { reference: 'Patient/person-1' },
      encounter: { reference: 'Encounter/visit-5' },
      code: {
        coding: [
          { system: 'http://snomed.info/sct', code: '44054006', display: 'Diabetes' },
          { system: 'http://hl7.org/fhir/sid/icd-10-cm', code: 'E11.9', display: 'Type 2 diabetes' },
        ],
      },
      onsetDateTime: '2015-10-02',
      abatementDateTime: '2015-10-14',
    });
    expect(factsOf('condition_occurrence', both).map(({ code }) => code)).toEqual(['44054006', 'E11.9']);
    const same = { ...row, condition_concept_id: '10', condition_source_concept_id: '10' };
    expect(factsOf('condition_occurrence', same)).toHaveLength(1);
  });

  it('without a concept keeps what was written, and gives no fact', () => {
    const row = { condition_occurrence_id: '3', condition_concept_id: '0', condition_source_value: 'X' };
    expect(made('condition_occurrence', row)).toMatchObject({ code: { text: 'X' } });
    expect(factsOf('condition_occurrence', row)).toEqual([]);
  });

  it('of a concept that is not in the vocabulary is coded by its id', () => {
    const row = { condition_occurrence_id: '3', condition_concept_id: '99' };
    expect(factsOf('condition_occurrence', row)).toEqual([
      { kind: 'condition', system: 'https://fhir-terminology.ohdsi.org', code: '99', start: undefined, ...none },
    ]);
  });

  it('of a drug, a procedure and a visit is a fact of its kind', () => {
    expect(
      factsOf('drug_exposure', {
        drug_exposure_id: '1',
        drug_concept_id: '13',
        drug_exposure_start_date: '2001-02-03',
      }),
    ).toEqual([
      {
        kind: 'medication',
        system: 'http://www.nlm.nih.gov/research/umls/rxnorm',
        code: '140587',
        start: '2001-02-03',
        ...none,
      },
    ]);
    expect(
      factsOf('procedure_occurrence', {
        procedure_occurrence_id: '1',
        procedure_concept_id: '10',
        procedure_date: '2001-02-03',
      }),
    ).toEqual([
      { kind: 'procedure', system: 'http://snomed.info/sct', code: '44054006', start: '2001-02-03', ...none },
    ]);
    const visit = { visit_occurrence_id: '5', visit_concept_id: '9201', visit_start_date: '2001-02-03' };
    expect(made('visit_occurrence', visit)).toMatchObject({ class: { code: 'IMP' }, period: { start: '2001-02-03' } });
    expect(factsOf('visit_occurrence', visit)).toMatchObject([
      { kind: 'encounter', code: '9201', start: '2001-02-03' },
    ]);
  });

  it('of a measurement has its number in UCUM, or its coded result', () => {
    const row = {
      measurement_id: '1',
      measurement_concept_id: '12',
      measurement_date: '2001-02-03',
      visit_occurrence_id: '6',
    };
    const number = {
      ...row,
      value_as_number: '126.0',
      unit_concept_id: '8840',
      unit_source_value: 'MG/DL',
      operator_concept_id: '4172704',
    };
    expect(made('measurement', number)).toMatchObject({
      valueQuantity: { value: 126, comparator: '>', unit: 'MG/DL', system: 'http://unitsofmeasure.org', code: 'mg/dL' },
    });
    expect(made('measurement', number)).not.toHaveProperty('encounter');
    expect(factsOf('measurement', number)).toMatchObject([
      { kind: 'observation', code: '2345-7', value: 126, unit: 'mg/dL' },
    ]);
    expect(made('measurement', { ...row, value_as_number: '', value_as_concept_id: '10' })).toMatchObject({
      valueCodeableConcept: { coding: [{ code: '44054006' }] },
    });
    expect(
      made('observation', { observation_id: '1', observation_concept_id: '10', value_as_string: 'yes' }),
    ).toMatchObject({
      id: 'observation-1',
      valueString: 'yes',
    });
  });

  it.each([
    ['without a key', 'measurement', {}],
    ['without a person', 'measurement', { measurement_id: '1', person_id: '' }],
    ['of another table', 'payer_plan_period', { payer_plan_period_id: '1' }],
    ['of no table', 'constructor', { constructor_id: '1' }],
  ])('%s is none', (_, table, row) => {
    expect(made(table, row as OmopRow)).toBeUndefined();
  });
});
