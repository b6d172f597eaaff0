import { parseReference } from './reference';

describe('references', () => {
  it.each([
    ['urn:uuid:1aa7ed8c-01a2-4ce9-8235-c954b133bfa7', '1aa7ed8c-01a2-4ce9-8235-c954b133bfa7'],
    ['Encounter/e-1', 'e-1'],
    ['Encounter/e-1/_history/3', 'e-1'],
    ['https://fhir.example/r4/Encounter/e-1', 'e-1'],
    ['Condition/e-1', undefined],
    ['SubEncounter/e-1', undefined],
    ['Encounter?identifier=x|1', undefined],
    ['Encounter/', undefined],
    ['Encounter', undefined],
    ['#contained', undefined],
    ['', undefined],
  ])('%s names %s', (text, id) => {
    expect(parseReference(text, 'Encounter')).toBe(id);
  });
});
