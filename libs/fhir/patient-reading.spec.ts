import { readBirthDate, readDemographics } from './demographics';
import { isPlaceholder, readIdentifiers } from './identifiers';
import type { FhirResource } from './resource';

const US_CORE = 'http://hl7.org/fhir/us/core/StructureDefinition/';
const category = (code: string) => ({ url: 'ombCategory', valueCoding: { code } });
const patient: FhirResource = {
  resourceType: 'Patient',
  id: 'p',
  birthDate: '1949-11-29',
  gender: 'male',
  address: [
    { use: 'old', state: 'Ohio', postalCode: '43004' },
    { state: 'Massachusetts', postalCode: '01545-1234' },
  ],
  extension: [
    { url: `${US_CORE}us-core-race`, extension: [category('2106-3'), category('2054-5')] },
    { url: `${US_CORE}us-core-ethnicity`, extension: [category('2186-5'), { url: 'text', valueString: 'x' }] },
  ],
};

const typed = (code: string, value: string, system = 'urn:oid:1.2.3') => ({
  type: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0203', code }] },
  system,
  value,
});

describe('readDemographics', () => {
  it('keeps the coarse part only', () => {
    expect(readDemographics(patient)).toEqual({
      birthMonth: '1949-11',
      sex: 'male',
      deceased: false,
      zip3: '015',
      state: 'MA',
      race: 'multiple',
      ethnicity: '2186-5',
    });
  });

  it.each([
    ['a date of death', { deceasedDateTime: '2001-01-01' }, { deceased: true }],
    ['deceased as a flag', { deceasedBoolean: true }, { deceased: true }],
    ['alive as a flag', { deceasedBoolean: false }, { deceased: false }],
    ['a year of birth', { birthDate: '1949' }, { birthMonth: '1949' }],
    ['no birth date', { birthDate: undefined }, { birthMonth: undefined }],
    ['an unknown gender', { gender: 'M' }, { sex: 'unknown' }],
    [
      'a foreign address',
      { address: [{ state: 'Bayern', postalCode: '80331a' }] },
      { state: undefined, zip3: undefined },
    ],
    ['an address of another form', { address: 'here' }, { state: undefined, zip3: undefined }],
  ])('reads %s', (_, change, expected) => {
    expect(readDemographics({ ...patient, ...change })).toMatchObject(expected);
  });

  it('gives a whole birth date for matching only', () => {
    expect(readBirthDate(patient)).toBe('1949-11-29');
    expect(readBirthDate({ ...patient, birthDate: '1949-11' })).toBeUndefined();
  });
});

describe('readIdentifiers', () => {
  it('tells strong from weak and leaves local numbers out', () => {
    const identifier = [
      typed('SS', '999-30-7608', 'http://hl7.org/fhir/sid/us-ssn'),
      typed('DL', 'S99930817'),
      typed('MR', '44ec4447'),
      { system: 'https://insurer.example', value: 'AB-77812' },
      { value: 'no system 123' },
    ];
    expect(readIdentifiers({ ...patient, identifier })).toEqual([
      { strength: 'strong', normalised: 'SS|999307608' },
      { strength: 'strong', normalised: 'DL|urn:oid:1.2.3|S99930817' },
      { strength: 'weak', normalised: '|https://insurer.example|AB77812' },
    ]);
  });

  it('reads one number written in two ways as one', () => {
    const written = (value: string) => readIdentifiers({ ...patient, identifier: [typed('SS', value)] });
    expect(written('999 30 7608')).toEqual(written('999-30-7608'));
  });

  it.each(['0000000', '123456789', '987654321', 'UNKNOWN', 'TEST1', '12', '', 'XXXXX', '078051120', '999999999'])(
    'takes %p for a placeholder',
    (value) => {
      expect(isPlaceholder(value)).toBe(true);
    },
  );
});
