import { UNKNOWN } from '@aceso/register/domain';
import { checkCriteria } from './criteria-document';
import { profileTables, type Member, type ProfileTable } from './profile';

const DAY = '2019-05-31';
const month = (text: string) => 12 * Number(text.slice(0, 4)) + Number(text.slice(5)) - 1;
const born = (text: string): Partial<Member> => ({ bornFirst: month(text), bornLast: month(text) });
const entered = (day: string): Partial<Member> => ({ entryDay: Date.parse(day) / 86_400_000 });
const entry = { first: [{ condition: { codes: ['c'] } }] };
const condition = { condition: { codes: ['c'] } };

function cell(table: ProfileTable, member: Partial<Member>, criteria: object = {}): string | undefined {
  const form = profileTables(checkCriteria({ version: 1, all: [], ...criteria }), DAY).find(
    (each) => each.table === table,
  )!;
  const all = { number: 1, sex: 0, bornFirst: UNKNOWN, bornLast: UNKNOWN, entryDay: null, ...member };
  return form.cells[form.cellOf(all)];
}

describe('a person is in the cell', () => {
  it.each<[ProfileTable, Partial<Member>, string]>([
    ['AGE', born('2010-01'), '0-17'],
    ['AGE', born('2001-04'), '18-29'],
    ['AGE', born('2001-05'), '0-17'],
    ['AGE', born('1989-05'), '18-29'],
    ['AGE', born('1989-04'), '30-39'],
    ['AGE', { bornFirst: month('1989-01'), bornLast: month('1989-12') }, '18-29'],
    ['AGE', born('1930-01'), '80-89'],
    ['AGE', born('1929-04'), '90+'],
    ['AGE', born('1901-01'), '90+'],
    ['AGE', {}, 'unknown'],
    ['SEX', { sex: 1 }, 'male'],
    ['SEX', { sex: 3 }, 'unknown'],
    ['SEX', { sex: UNKNOWN }, 'not said'],
    ['BIRTH_DECADE', born('1929-12'), 'earlier'],
    ['BIRTH_DECADE', born('1930-01'), '1930-1939'],
    ['BIRTH_DECADE', born('2019-01'), '2010-2019'],
    ['BIRTH_DECADE', {}, 'unknown'],
  ])('of %s %j: %s', (table, member, expected) => {
    expect(cell(table, member)).toBe(expected);
  });

  it.each([
    ['1999-12-31', 'earlier'],
    ['2000-01-01', '2000'],
    ['2019-12-31', '2019'],
    ['2020-01-01', 'later'],
  ])('of an entry on %s: %s', (day, expected) => {
    expect(cell('ENTRY_YEAR', entered(day), { entry })).toBe(expected);
  });
});

describe('tables', () => {
  const names = (criteria: object) =>
    profileTables(checkCriteria({ version: 1, all: [condition], ...criteria }), DAY).map(({ table }) => table);

  it('are by entry or by birth, and by sex where it is open', () => {
    expect(names({})).toEqual(['AGE', 'SEX', 'BIRTH_DECADE']);
    expect(names({ entry })).toEqual(['AGE', 'SEX', 'ENTRY_YEAR']);
    expect(names({ all: [{ sex: ['female'] }] })).toEqual(['AGE', 'BIRTH_DECADE']);
  });

  it('have cells for the sexes that the criteria leave open', () => {
    const [, table] = profileTables(checkCriteria({ version: 1, all: [{ sex: ['female', 'male'] }] }), DAY);
    expect(table!.cells).toEqual(['female', 'male']);
  });
});
