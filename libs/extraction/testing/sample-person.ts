/**
 * A patient with two visits, a diagnosis and two measurements, as a provider would send it, between a first and a last
 * visit that no sale shows, as they lie at the ends of the record. Everything is made up.
 */
export function samplePerson(n: number, at: { readonly birthYear?: number; readonly state?: string } = {}): object[] {
  const id = `patient-${n}`;
  const subject = { reference: `Patient/${id}` };
  const snomed = (code: string, display: string): object => ({
    coding: [{ system: 'http://snomed.info/sct', code, display }],
    text: display,
  });
  const visit = (number: number, day: string): object => ({
    resourceType: 'Encounter',
    id: `${id}-visit-${number}`,
    status: 'finished',
    class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'AMB' },
    type: [snomed('185349003', 'Encounter for check up')],
    subject,
    period: { start: `${day}T09:1${n % 10}:31+01:00`, end: `${day}T09:4${n % 10}:31+01:00` },
  });
  const measured = (number: number, day: string, value: number): object => ({
    resourceType: 'Observation',
    id: `${id}-measured-${number}`,
    status: 'final',
    code: { coding: [{ system: 'http://loinc.org', code: '8302-2', display: 'Body Height' }], text: 'Body Height' },
    subject,
    encounter: { reference: `Encounter/${id}-visit-${number}` },
    effectiveDateTime: `${day}T09:20:31+01:00`,
    valueQuantity: { value, unit: 'cm', system: 'http://unitsofmeasure.org', code: 'cm' },
  });
  return [
    {
      resourceType: 'Patient',
      id,
      name: [{ family: `Familyname${n}`, given: [`Givenname${n}`] }],
      telecom: [{ system: 'phone', value: `555-01${String(n).padStart(4, '0')}` }],
      identifier: [{ system: 'urn:example:mrn', value: `MRN-${n}` }],
      gender: n % 2 === 0 ? 'female' : 'male',
      birthDate: `${(at.birthYear ?? 1980) + (n % 3)}-03-1${n % 10}`,
      address: [
        { line: [`${n} Harbour Road`], city: 'Boston', state: at.state ?? 'MA', postalCode: '02118', country: 'US' },
      ],
    },
    visit(1, '2015-04-11'),
    visit(2, '2018-09-05'),
    {
      resourceType: 'Condition',
      id: `${id}-condition`,
      clinicalStatus: {
        coding: [{ system: 'http://terminology.hl7.org/CodeSystem/condition-clinical', code: 'active' }],
      },
      code: snomed('44054006', 'Diabetes mellitus type 2'),
      subject,
      encounter: { reference: `Encounter/${id}-visit-1` },
      onsetDateTime: `2015-04-11T09:1${n % 10}:31+01:00`,
    },
    measured(1, '2015-04-11', 170.123456789012 + n / 7),
    measured(2, '2018-09-05', 169.987654321098 + n / 7),
    visit(0, '2010-02-08'),
    visit(3, '2022-11-14'),
  ];
}
