/**
 * Elements that FHIR R4 (4.0.1, datatypes and Patient) declares as lists. Senders write a single object there now and then;
 * it is read as a list of one, so that what is written again is FHIR. Elements that are not named keep the form they came in.
 */
const LISTS: { readonly [path: string]: string } = {
  '*': 'extension modifierExtension contained',
  Meta: 'profile security tag',
  CodeableConcept: 'coding',
  HumanName: 'given prefix suffix',
  Address: 'line',
  Timing: 'event',
  'Timing.repeat': 'dayOfWeek timeOfDay when',
  Dosage: 'additionalInstruction doseAndRate',
  ContactDetail: 'telecom',
  Signature: 'type',
  DataRequirement: 'profile mustSupport codeFilter dateFilter sort',
  Patient: 'identifier name telecom address photo contact communication generalPractitioner link',
  'Patient.contact': 'relationship telecom',
  Bundle: 'link entry',
  'Bundle.entry': 'link',
};

export const REPEATED: ReadonlySet<string> = new Set(
  Object.entries(LISTS).flatMap(([path, names]) => names.split(' ').map((name) => `${path}.${name}`)),
);
