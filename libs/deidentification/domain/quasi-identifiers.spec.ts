import { policyNamed } from './policies';
import {
  ageBand,
  classKey,
  generalise,
  quasiIdentifiers,
  type Generalisation,
  type PersonAttributes,
} from './quasi-identifiers';

const policy = policyNamed('expert-1');
const of = (attributes: PersonAttributes) => quasiIdentifiers(attributes, '2020-06-15', policy);
const NOTHING = { age: null, sex: null, state: null, zip3: null, race: null, ethnicity: null };

describe('quasi-identifiers', () => {
  it('are normalised', () => {
    expect(
      of({ birthMonth: '1980-06', sex: 'female', state: 'MA', zip3: '021', race: '2106-3', ethnicity: '2186-5' }),
    ).toEqual({ age: 40, sex: 'female', state: 'MA', zip3: '021', race: 'White', ethnicity: 'Not Hispanic or Latino' });
  });

  it.each([
    ['1980-07', 39],
    ['1980-06', 40],
    ['1925-01', 90],
    ['1930-07', 89],
    ['2020-06', 0],
    ['2020-07', null],
    ['1980', 39],
    ['1931', 88],
    ['1930', 90],
    ['2019', 0],
    ['2020', null],
    ['198', null],
    ['', null],
    [null, null],
  ])('born %s is %s', (birthMonth, age) => {
    expect(of({ birthMonth }).age).toBe(age);
  });

  it('refuse a record date that is none', () => {
    expect(() => quasiIdentifiers({}, 'today', policy)).toThrow('record date');
  });

  it('let no text through that stands in the wrong place', () => {
    expect(
      of({
        birthMonth: 'in May',
        sex: 'Ms. Smith',
        state: '12 Main Street',
        zip3: '02108',
        race: 'multiple',
        ethnicity: 'x',
      }),
    ).toEqual(NOTHING);
    expect(of({})).toEqual(NOTHING);
  });

  it('pool areas of 20,000 people or fewer', () => {
    expect(of({ zip3: '036' }).zip3).toBe('000');
  });
});

describe('generalisation', () => {
  const person = of({
    birthMonth: '1980-06',
    sex: 'male',
    state: 'MA',
    zip3: '021',
    race: '2106-3',
    ethnicity: '2135-2',
  });
  const finest: Generalisation = { ageBandYears: 5, location: 'zip3', race: 'kept', ethnicity: 'kept' };

  it('keeps, coarsens and drops', () => {
    expect(generalise(person, finest)).toEqual({
      ageBand: '40-44',
      gender: 'male',
      state: 'MA',
      zip3: '021',
      race: 'White',
      ethnicity: 'Hispanic or Latino',
    });
    expect(generalise(person, { ...finest, location: 'state', race: 'none' })).toEqual({
      ageBand: '40-44',
      gender: 'male',
      state: 'MA',
      ethnicity: 'Hispanic or Latino',
    });
    expect(generalise(person, { ageBandYears: 40, location: 'none', race: 'none', ethnicity: 'none' })).toEqual({
      ageBand: '40-79',
      gender: 'male',
    });
    expect(generalise(of({}), finest)).toEqual({});
  });

  it('nests the bands: each age lies in one band, each band in one of the next width', () => {
    const widths = [5, 10, 20, 40] as const;
    for (let finer = 0; finer < 3; finer += 1) {
      const parents = new Map<string, Set<string>>();
      for (let age = 0; age <= 90; age += 1) {
        const band = ageBand(age, widths[finer]!);
        parents.set(band, (parents.get(band) ?? new Set()).add(ageBand(age, widths[finer + 1]!)));
      }
      expect([...parents.values()].every((above) => above.size === 1)).toBe(true);
    }
    expect([ageBand(89, 5), ageBand(90, 5), ageBand(79, 20), ageBand(80, 20), ageBand(90, 40)]).toEqual([
      '85-89',
      '90+',
      '60-79',
      '80+',
      '80+',
    ]);
  });

  it('names classes alike for attributes and for the Patient row', () => {
    const row = { resourceType: 'Patient', id: 'x', ...generalise(person, finest) };
    expect(classKey(row)).toBe('40-44|male|MA|021|White|Hispanic or Latino');
    expect(classKey(row)).toBe(classKey(generalise(person, finest)));
    expect(classKey({})).toBe('|||||');
  });
});
