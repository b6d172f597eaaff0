import fc from 'fast-check';
import { ClassTable } from './class-table';
import { measureRisk } from './risk-measure';

/** Classes of 1, 2 and 5 records. */
const SMALL = [['a'], ['b'], ['b'], ['c'], ['c'], ['c'], ['c'], ['c']];

function tableOf(rows: readonly (readonly string[])[]): ClassTable {
  const table = new ClassTable();
  for (const row of rows) table.add(row);
  return table;
}

describe('a table', () => {
  it('takes any number of records, and refuses a class beyond those that it may hold', () => {
    const table = new ClassTable(2);
    for (const value of ['a', 'b', 'a', 'b']) table.add([value]);
    expect(() => table.add(['c'])).toThrow(
      expect.objectContaining({ code: 'TABLE_TOO_LARGE', message: expect.stringContaining('coarser ones') as string }),
    );
    expect([table.records, table.classCount]).toEqual([4, 2]);
  });

  it('is measured for prosecutor, journalist and marketer', () => {
    const measure = measureRisk(tableOf(SMALL), { kMins: [2, 5, 11] });
    expect(measure).toMatchObject({
      records: 8,
      classes: 3,
      smallestClass: 1,
      uniques: 1,
      uniqueShare: 1 / 8,
      attackers: {
        prosecutor: { highest: 1, success: 3 / 8 },
        journalist: { highest: 1, success: 3 / 8 },
        marketer: { success: 3 / 8 },
        populationTable: false,
      },
      histogram: [
        { size: 1, classes: 1 },
        { size: 2, classes: 1 },
        { size: 5, classes: 1 },
      ],
      populationUniques: null,
      diversity: null,
    });
    expect(measure.atRisk.map(({ prosecutor }) => prosecutor)).toEqual([1 / 8, 3 / 8, 1]);
  });

  it('counts a class of 11 as allowed by 11 and not by "0.09" to the letter', () => {
    const [eleven] = measureRisk(tableOf(Array.from({ length: 11 }, () => ['x'])), { kMins: [11] }).atRisk;
    expect(eleven).toMatchObject({ kMin: 11, prosecutor: 0, toTheLetter: { prosecutor: 1 } });
  });

  it('is judged against a population table', () => {
    const people = tableOf([...SMALL, ['a'], ['a'], ['a'], ['b'], ['b'], ['d']]);
    const { attackers, atRisk } = measureRisk(tableOf(SMALL), { populationTable: people, kMins: [5] });
    expect(attackers).toEqual({
      prosecutor: { highest: 1, success: 3 / 8 },
      // Classes of 4, 4 and 5 people: 3/13 by classes, (1/4 + 2/4 + 5/5) / 8 by records.
      journalist: { highest: 1 / 4, success: 3 / 13 },
      marketer: { success: (1 / 4 + 2 / 4 + 1) / 8 },
      populationTable: true,
    });
    expect(atRisk[0]).toMatchObject({ prosecutor: 3 / 8, journalist: 3 / 8 });
  });

  it('takes the larger of both successes of a journalist', () => {
    const table = tableOf([['a'], ['a'], ['a'], ['b']]);
    const people = tableOf([['a'], ['a'], ['a'], ...Array.from({ length: 97 }, () => ['b'])]);
    const { journalist, marketer } = measureRisk(table, { populationTable: people }).attackers;
    expect(journalist.success).toBe(marketer.success);
    expect(marketer.success).toBe((1 + 1 / 97) / 4);
  });

  it.each<[string, () => unknown, string]>([
    ['no records', () => measureRisk(new ClassTable()), 'TABLE_EMPTY'],
    [
      'more records than people in a class',
      () => measureRisk(tableOf(SMALL), { populationTable: tableOf([['a']]) }),
      'POPULATION_TABLE_INCOMPLETE',
    ],
    ['fewer people than records', () => measureRisk(tableOf(SMALL), { population: 7 }), 'POPULATION_INVALID'],
    ['people in fractions', () => measureRisk(tableOf(SMALL), { population: 9.5 }), 'POPULATION_INVALID'],
    ['people beyond 2^53', () => measureRisk(tableOf(SMALL), { population: 2 ** 60 }), 'POPULATION_INVALID'],
  ])('is refused with %s', (_, measure, code) => {
    expect(measure).toThrow(expect.objectContaining({ code }));
  });

  it('never takes two tuples for one', () => {
    const table = tableOf([
      ['ab', 'c'],
      ['a', 'bc'],
      ['', 'abc'],
      ['1:a', ''],
      ['', '1:a'],
    ]);
    expect(table.classCount).toBe(5);
    expect(table.sizeOf(['ab', 'c'])).toBe(1);
    expect(table.sizeOf(['abc', ''])).toBe(0);
  });

  it('refuses U+0000 in a value, known or not', () => {
    const table = tableOf([['a', '']]);
    for (const values of [
      ['a\u0000', ''],
      ['\u0000', 'a'],
    ])
      expect(() => table.add(values)).toThrow(expect.objectContaining({ code: 'TABLE_MALFORMED' }));
    expect(table.records).toBe(1);
  });

  it('has the same risk in any order of its records', () => {
    const value = fc.constantFrom('', 'a', 'b', 'ab');
    fc.assert(
      fc.property(fc.array(fc.tuple(value, value), { minLength: 1, maxLength: 40 }), (rows) => {
        const measure = measureRisk(tableOf(rows));
        expect(measureRisk(tableOf([...rows].reverse()))).toEqual(measure);
        const classes = new Map<string, number>();
        for (const row of rows) classes.set(JSON.stringify(row), (classes.get(JSON.stringify(row)) ?? 0) + 1);
        expect(measure.classes).toBe(classes.size);
        expect(measure.smallestClass).toBe(Math.min(...classes.values()));
        expect(measure.attackers.prosecutor.success).toBeLessThanOrEqual(measure.attackers.prosecutor.highest);
      }),
    );
  });
});
