import { oneOf, type ElementRules, type ResourceRule } from '../policy';
import { CLAIM, EXPLANATION_OF_BENEFIT } from './billing-rules';

/**
 * The allow-list: per resource type the elements of FHIR R4 that leave. Everything else is dropped, above all what
 * design section 6 never lets out: narrative, text, notes, attachments, identifiers, meta, extensions, `valueString`,
 * amounts, practitioners, organisations, locations, device and imaging numbers, family history.
 */

const EVENT_STATUS = oneOf(
  'preparation in-progress not-done on-hold stopped completed entered-in-error unknown registered partial preliminary final amended corrected cancelled appended',
);
const REQUEST_STATUS = oneOf('draft active on-hold revoked completed cancelled stopped entered-in-error unknown');
const REQUEST_INTENT = oneOf(
  'proposal plan order original-order reflex-order filler-order instance-order option directive',
);

const ENCOUNTER = { reference: 'Encounter' } as const;
const CONDITIONS = { references: 'Condition' } as const;

/** Elements that carry a measured value, alike in Observation and in its components. */
const VALUE: ElementRules = {
  code: 'concept',
  valueQuantity: 'quantity',
  valueCodeableConcept: 'concept',
  valueBoolean: 'boolean',
  valueInteger: 'decimal',
  valueDateTime: 'date',
  interpretation: 'concepts',
};

export const RESOURCE_RULES: { readonly [resourceType: string]: ResourceRule } = {
  AllergyIntolerance: {
    patientElement: 'patient',
    primary: ['code'],
    dates: ['onsetDateTime', 'recordedDate'],
    elements: {
      clinicalStatus: 'concept',
      verificationStatus: 'concept',
      type: oneOf('allergy intolerance'),
      category: { someOf: ['food', 'medication', 'environment', 'biologic'] },
      criticality: oneOf('low high unable-to-assess'),
      code: 'concept',
      encounter: ENCOUNTER,
      onsetDateTime: 'date',
      recordedDate: 'date',
      reaction: { each: { substance: 'concept', manifestation: 'concepts', severity: oneOf('mild moderate severe') } },
    },
  },
  CarePlan: {
    patientElement: 'subject',
    primary: ['category'],
    dates: ['period'],
    elements: {
      status: REQUEST_STATUS,
      intent: REQUEST_INTENT,
      category: 'concepts',
      period: 'period',
      encounter: ENCOUNTER,
      addresses: CONDITIONS,
      goal: { references: 'Goal' },
      activity: {
        each: {
          detail: {
            one: {
              code: 'concept',
              status: oneOf(
                'not-started scheduled in-progress on-hold completed cancelled stopped unknown entered-in-error',
              ),
            },
          },
        },
      },
    },
  },
  Claim: CLAIM,
  Condition: {
    patientElement: 'subject',
    primary: ['code'],
    dates: ['onsetDateTime', 'onsetPeriod', 'recordedDate'],
    elements: {
      clinicalStatus: 'concept',
      verificationStatus: 'concept',
      category: 'concepts',
      severity: 'concept',
      code: 'concept',
      bodySite: 'concepts',
      encounter: ENCOUNTER,
      onsetDateTime: 'date',
      onsetPeriod: 'period',
      abatementDateTime: 'date',
      recordedDate: 'date',
    },
  },
  Device: {
    patientElement: 'patient',
    primary: ['type'],
    dates: [],
    elements: { status: oneOf('active inactive entered-in-error unknown'), type: 'concept' },
  },
  DiagnosticReport: {
    patientElement: 'subject',
    primary: ['code'],
    dates: ['effectiveDateTime', 'effectivePeriod'],
    elements: {
      status: EVENT_STATUS,
      category: 'concepts',
      code: 'concept',
      encounter: ENCOUNTER,
      effectiveDateTime: 'date',
      effectivePeriod: 'period',
      result: { references: 'Observation' },
      conclusionCode: 'concepts',
    },
  },
  DocumentReference: {
    patientElement: 'subject',
    primary: ['type'],
    dates: ['date'],
    elements: {
      status: oneOf('current superseded entered-in-error'),
      type: 'concept',
      category: 'concepts',
      date: 'date',
      context: { one: { encounter: { references: 'Encounter' }, period: 'period' } },
    },
  },
  Encounter: {
    patientElement: 'subject',
    primary: ['class'],
    dates: ['period'],
    elements: {
      status: oneOf('planned arrived triaged in-progress onleave finished cancelled entered-in-error unknown'),
      class: 'coding',
      type: 'concepts',
      period: 'period',
      reasonCode: 'concepts',
      reasonReference: CONDITIONS,
      diagnosis: { each: { condition: { reference: 'Condition' }, use: 'concept', rank: 'count' } },
      hospitalization: { one: { admitSource: 'concept', reAdmission: 'concept', dischargeDisposition: 'concept' } },
    },
  },
  ExplanationOfBenefit: EXPLANATION_OF_BENEFIT,
  Goal: {
    patientElement: 'subject',
    primary: [],
    dates: ['startDate'],
    elements: {
      lifecycleStatus: oneOf('proposed planned accepted active on-hold completed cancelled entered-in-error rejected'),
      achievementStatus: 'concept',
      category: 'concepts',
      description: 'concept',
      startDate: 'date',
      target: { each: { measure: 'concept', dueDate: 'date' } },
      addresses: CONDITIONS,
    },
  },
  ImagingStudy: {
    patientElement: 'subject',
    primary: ['series', 'modality'],
    dates: ['started'],
    elements: {
      status: oneOf('registered available cancelled entered-in-error unknown'),
      modality: 'codings',
      encounter: ENCOUNTER,
      started: 'date',
      numberOfSeries: 'count',
      numberOfInstances: 'count',
      procedureCode: 'concepts',
      series: { each: { modality: 'coding', bodySite: 'coding', numberOfInstances: 'count' } },
    },
  },
  Immunization: {
    patientElement: 'patient',
    primary: ['vaccineCode'],
    dates: ['occurrenceDateTime'],
    elements: {
      status: oneOf('completed entered-in-error not-done'),
      statusReason: 'concept',
      vaccineCode: 'concept',
      encounter: ENCOUNTER,
      occurrenceDateTime: 'date',
      primarySource: 'boolean',
      route: 'concept',
    },
  },
  MedicationRequest: {
    patientElement: 'subject',
    primary: ['medicationCodeableConcept'],
    dates: ['authoredOn'],
    elements: {
      status: REQUEST_STATUS,
      intent: REQUEST_INTENT,
      category: 'concepts',
      medicationCodeableConcept: 'concept',
      encounter: ENCOUNTER,
      authoredOn: 'date',
      reasonCode: 'concepts',
      reasonReference: CONDITIONS,
      dosageInstruction: {
        each: {
          sequence: 'count',
          additionalInstruction: 'concepts',
          asNeededBoolean: 'boolean',
          route: 'concept',
          timing: {
            one: {
              repeat: {
                one: { frequency: 'count', period: 'decimal', periodUnit: oneOf('s min h d wk mo a') },
              },
            },
          },
          doseAndRate: { each: { type: 'concept', doseQuantity: 'quantity' } },
        },
      },
    },
  },
  Observation: {
    patientElement: 'subject',
    primary: ['code'],
    dates: ['effectiveDateTime', 'effectivePeriod'],
    elements: {
      ...VALUE,
      status: EVENT_STATUS,
      category: 'concepts',
      encounter: ENCOUNTER,
      effectiveDateTime: 'date',
      effectivePeriod: 'period',
      bodySite: 'concept',
      device: { reference: 'Device' },
      component: { each: VALUE },
    },
  },
  Procedure: {
    patientElement: 'subject',
    primary: ['code'],
    dates: ['performedDateTime', 'performedPeriod'],
    elements: {
      status: EVENT_STATUS,
      category: 'concept',
      code: 'concept',
      encounter: ENCOUNTER,
      performedDateTime: 'date',
      performedPeriod: 'period',
      reasonCode: 'concepts',
      reasonReference: CONDITIONS,
      bodySite: 'concepts',
      outcome: 'concept',
    },
  },
};
