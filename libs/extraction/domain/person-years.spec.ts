import { PersonYears } from './person-years';

const visit = (person: string, start?: string) => ({
  resourceType: 'Encounter',
  subject: { reference: `Patient/${person}` },
  ...(start === undefined ? {} : { period: { start } }),
});

describe('person years', () => {
  it('counts a person once a year, and persons without a date as well', () => {
    const years = new PersonYears();
    for (const row of [visit('a', '2020-03-01'), visit('a', '2020-05'), visit('a', '2019'), visit('b', '2020-01-01')])
      years.add(row);
    years.add(visit('c'));
    expect(years.persons).toBe(3);
    expect(years.years()).toEqual([
      ['2019', 1],
      ['2020', 2],
    ]);
  });
});
