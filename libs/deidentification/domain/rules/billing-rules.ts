import { oneOf, type ElementRules, type ResourceRule } from '../policy';

// What is billed leaves, and for which diagnoses and procedures; never an amount, which is unique for nearly everybody (privacy-and-keys 6).

const STATUS = oneOf('active cancelled draft entered-in-error');
const USE = oneOf('claim preauthorization predetermination');

const DIAGNOSES: ElementRules = {
  sequence: 'count',
  diagnosisReference: { reference: 'Condition' },
  diagnosisCodeableConcept: 'concept',
  type: 'concepts',
};
const ITEM: ElementRules = {
  sequence: 'count',
  productOrService: 'concept',
  diagnosisSequence: 'counts',
  procedureSequence: 'counts',
  encounter: { references: 'Encounter' },
};

export const CLAIM: ResourceRule = {
  patientElement: 'patient',
  primary: ['type'],
  dates: ['billablePeriod', 'created'],
  elements: {
    status: STATUS,
    type: 'concept',
    use: USE,
    priority: 'concept',
    billablePeriod: 'period',
    created: 'date',
    prescription: { reference: 'MedicationRequest' },
    diagnosis: { each: DIAGNOSES },
    procedure: {
      each: {
        sequence: 'count',
        procedureReference: { reference: 'Procedure' },
        procedureCodeableConcept: 'concept',
      },
    },
    item: { each: ITEM },
  },
};

export const EXPLANATION_OF_BENEFIT: ResourceRule = {
  patientElement: 'patient',
  primary: ['type'],
  dates: ['billablePeriod', 'created'],
  elements: {
    status: STATUS,
    type: 'concept',
    use: USE,
    outcome: oneOf('queued complete error partial'),
    billablePeriod: 'period',
    created: 'date',
    claim: { reference: 'Claim' },
    diagnosis: { each: DIAGNOSES },
    item: {
      each: {
        ...ITEM,
        category: 'concept',
        locationCodeableConcept: 'concept',
        servicedDate: 'date',
        servicedPeriod: 'period',
      },
    },
  },
};
