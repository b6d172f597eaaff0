import fc from 'fast-check';
import { decodeFacts, encodeFacts, entryBytes, factEntries, FORM_FLOAT, FORM_NONE, NO_DAY } from './fact-block';
import { birthMonths, decodePersons, encodePersons, SEXES, stateNumber, UNKNOWN } from './person-block';

const slot = fc.integer({ min: 0, max: 65_535 });
const day = fc.oneof(fc.integer({ min: -62_000, max: 60_000 }), fc.constant(NO_DAY));
const value = fc.oneof(
  fc.constant(null),
  fc.integer({ min: -3_000, max: 3_000 }).map((whole) => whole / 100),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number + 0),
);
const byPlace = (a: { slot: number; day: number }, b: { slot: number; day: number }) =>
  a.slot - b.slot || a.day - b.day;
const decoded = (entries: Parameters<typeof encodeFacts>[0]) => {
  const { form, data } = encodeFacts(entries);
  expect(data).toHaveLength(entries.length * entryBytes(form));
  return { form, entries: [...factEntries(decodeFacts(data, { n: entries.length, form }))] };
};

describe('the columns of a code', () => {
  it('give back each fact exactly, by slot and day', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ slot, day, value }), { minLength: 1, maxLength: 30 }), (entries) => {
        expect(decoded(entries).entries).toEqual([...entries].sort(byPlace));
      }),
    );
  });

  it.each<[string, (number | null)[], number]>([
    ['no numbers', [null, null], FORM_NONE],
    ['whole numbers', [1, null, -40], 0],
    ['two decimals', [6.1, 103.25], 2],
    ['nine decimals', [0.123456789], 9],
    ['more digits than four bytes', [0.1234567891, 1], FORM_FLOAT],
    ['few decimals and a large number', [0.001, 3_000_000], FORM_FLOAT],
    ['a number beyond whole ones', [3e9], FORM_FLOAT],
  ])('of %s are as narrow as they can be', (_, values, form) => {
    const entries = values.map((each, at) => ({ slot: at, day: 0, value: each }));
    expect(decoded(entries)).toEqual({ form, entries });
  });

  it('of another length are refused', () => {
    expect(() => decodeFacts(new Uint8Array(7), { n: 1, form: FORM_NONE })).toThrow('length');
    expect(() => decodePersons(new Uint8Array(7), 1)).toThrow('so many bytes');
  });
});

describe('the columns of persons', () => {
  it('keep months of birth with their doubt, regions and sexes', () => {
    const persons = [
      { slot: 70_000, birthMonth: '1970-06', sex: 'male', zip3: '021', state: 'MA' },
      { slot: 65_536, birthMonth: '1980', sex: 'unknown', zip3: null, state: null },
      { slot: 65_537, birthMonth: null, sex: 'other', zip3: '000', state: 'NY' },
    ];
    const columns = decodePersons(encodePersons(persons), 3);
    expect({ ...columns, slots: [...columns.slots], sexes: [...columns.sexes].map((at) => SEXES[at]) }).toEqual({
      n: 3,
      slots: [0, 1, 4_464],
      firstMonths: Int16Array.of(23_760, UNKNOWN, 23_645),
      lastMonths: Int16Array.of(23_771, UNKNOWN, 23_645),
      zip3: Int16Array.of(UNKNOWN, 0, 21),
      states: Uint16Array.of(0, stateNumber('NY'), stateNumber('MA')),
      sexes: ['unknown', 'other', 'male'],
    });
    expect(birthMonths('1970-06')).toEqual([1970 * 12 + 5, 1970 * 12 + 5]);
  });

  it('know no other sex than the index does', () => {
    expect(() => encodePersons([{ slot: 0, birthMonth: null, sex: 'x', zip3: null, state: null }])).toThrow('sex');
  });
});
