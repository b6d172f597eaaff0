import { ageBand, quasiIdentifiers } from '@aceso/deidentification/domain';
import { SEXES, UNKNOWN } from '@aceso/register/domain';
import { classTable, OTHERS_CELL, type AgeBandYears } from './class-table';

const DAY = '2026-03-14';
const member = (sex: string | null, bornFirst: number, bornLast = bornFirst) => ({
  number: 1,
  sex: sex === null ? UNKNOWN : SEXES.findIndex((name) => name === sex),
  bornFirst,
  bornLast,
  entryDay: null,
});

it('has a class for each band and sex, then one for all others', () => {
  const { cells } = classTable(40, DAY);
  expect(cells).toEqual(['female 0-39', 'female 40-79', 'female 80+', 'male 0-39', 'male 40-79', 'male 80+', 'others']);
  expect([5, 10, 20].map((years) => classTable(years as AgeBandYears, DAY).cells.length)).toEqual([39, 21, 11]);
});

it('classes each person as a released Patient is classed, whichever month or year it was born in', () => {
  const policy = { restrictedZip3: { prefixes: [] } } as unknown as Parameters<typeof quasiIdentifiers>[2];
  for (const ageBandYears of [5, 10, 20, 40] as const) {
    const { cells, cellOf } = classTable(ageBandYears, DAY);
    const wrong: string[] = [];
    const check = (birthMonth: string, born: readonly [number, number]) => {
      const { age } = quasiIdentifiers({ birthMonth }, DAY, policy);
      const expected = age === null ? OTHERS_CELL : `female ${ageBand(age, ageBandYears)}`;
      if (cells[cellOf(member('female', ...born))] !== expected) wrong.push(birthMonth);
    };
    for (let year = 1930; year <= 2026; year += 1) {
      check(`${year}`, [12 * year, 12 * year + 11]);
      for (let at = 0; at < 12; at += 1) {
        check(`${year}-${String(at + 1).padStart(2, '0')}`, [12 * year + at, 12 * year + at]);
      }
    }
    expect(wrong).toEqual([]);
  }
});

it('has one class for everybody of whom a release would say less', () => {
  const { cells, cellOf } = classTable(5, DAY);
  const others = [member('female', UNKNOWN), member(null, 12 * 1980), member('other', 12 * 1980)];
  expect(others.map((each) => cells[cellOf(each)])).toEqual(others.map(() => OTHERS_CELL));
  expect(cells[cellOf(member('male', 12 * 1980))]).toBe('male 45-49');
});
