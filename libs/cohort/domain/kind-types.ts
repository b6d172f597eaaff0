import type { EventKind } from './criteria';

/** Resource types whose facts a criterion of a kind looks at. */
export const KIND_TYPES: { readonly [Kind in EventKind]: readonly string[] } = {
  allergy: ['AllergyIntolerance'],
  condition: ['Condition'],
  encounter: ['Encounter'],
  immunization: ['Immunization'],
  medication: ['MedicationAdministration', 'MedicationDispense', 'MedicationRequest', 'MedicationStatement'],
  observation: ['Observation'],
  procedure: ['Procedure'],
};
