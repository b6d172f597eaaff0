import { anonymise, COLUMNS_MAX, measureNode, PROGRESS_NODES, type AnonymisationOptions } from './anonymise';
import { TableEncoder, type EncodedTable } from './encoded-table';
import { hierarchyOf } from './hierarchy';
import type { PrivacyModel } from './privacy-model';
import { releasedRecords } from './release-rows';

const AGE = hierarchyOf('age', [
  ['21', '20s', '*'],
  ['25', '20s', '*'],
  ['34', '30s', '*'],
  ['38', '30s', '*'],
]);
const SEX = hierarchyOf('sex', [
  ['f', '*'],
  ['m', '*'],
]);

/** Eight persons: classes of (age, sex) at level (1, 0) are 20s/f 3, 20s/m 1, 30s/f 2, 30s/m 2. */
const PERSONS: readonly (readonly [string, string, string])[] = [
  ['21', 'f', 'flu'],
  ['21', 'f', 'cold'],
  ['25', 'f', 'flu'],
  ['25', 'm', 'flu'],
  ['34', 'f', 'cold'],
  ['38', 'f', 'flu'],
  ['34', 'm', 'flu'],
  ['38', 'm', 'flu'],
];

function tableOf(persons = PERSONS, population: readonly (readonly string[])[] = []): EncodedTable {
  const encoder = new TableEncoder([AGE, SEX]);
  for (const [age, sex, illness] of persons) encoder.add([age, sex], illness);
  for (const person of population) encoder.addPopulation(person);
  return encoder.finish();
}

const options = (changed: Partial<AnonymisationOptions> = {}): AnonymisationOptions => ({
  models: [{ kind: 'k-anonymity', k: 2 }],
  suppression: 0.125,
  metric: 'loss',
  now: () => 0,
  ...changed,
});

describe('a table to be anonymised', () => {
  const encoder = (limits: { cells: number; records: number }) => new TableEncoder([AGE, SEX], limits);
  const add = (table: TableEncoder) => PERSONS.forEach(([age, sex, illness]) => table.add([age, sex], illness));

  it.each([
    ['records', { cells: 100, records: 7 }, /at most 7 records; split it/],
    ['combinations with their illnesses', { cells: 14, records: 8 }, /more than 14 distinct combinations; coarsen/],
  ])('is refused with more %s than it may have', (_, limits, message) => {
    expect(() => add(encoder(limits))).toThrow(
      expect.objectContaining({ code: 'TABLE_TOO_LARGE', message: expect.stringMatching(message) as string }),
    );
    add(encoder({ cells: 15, records: 8 })); // seven combinations, and eight of them with an illness
  });
});

describe('by hand', () => {
  it('suppresses the one man in his twenties and bands the ages of the others', () => {
    // age: shares ½ for 7 records, 1 for the suppressed: (4.5 − 2) / (8 − 2) = 0.41666…; sex: (3.5 + 1 − 4) / (8 − 4) = 0.125
    const found = anonymise(tableOf(), options());
    expect(found).toMatchObject({ levels: [1, 0], suppressed: 1, classes: 3, optimalProven: true });
    expect(found.score).toBeCloseTo((0.4166666666 + 0.125) / 2, 12);
  });

  it('gives up a whole column when nobody may be suppressed: the one that weighs less', () => {
    const strict = (weights: number[]) => anonymise(tableOf(), options({ suppression: 0, weights }));
    expect(strict([9, 1])).toMatchObject({ levels: [0, 1], score: 0.1, suppressed: 0, classes: 4 });
    expect(strict([1, 9])).toMatchObject({ levels: [2, 0], score: 0.1, suppressed: 0, classes: 2 });
  });

  it.each<[PrivacyModel, number]>([
    [{ kind: 'distinct-l', l: 2 }, 3], // the man in his twenties, and the two in their thirties
    [{ kind: 'entropy-l', l: 2 }, 6], // only flu/cold of the women in their thirties is even
    [{ kind: 'recursive-cl', c: 2.5, l: 2 }, 3], // 2 < 2.5 · 1 and 1 < 2.5 · 1
    [{ kind: 'recursive-cl', c: 2, l: 2 }, 6], // 2 < 2 · 1 fails
    [{ kind: 't-closeness', distance: 'equal', t: 0.25 }, 0], // the table is ¾ flu: distances 1/12, ¼, ¼, ¼
    [{ kind: 't-closeness', distance: 'equal', t: 0.24 }, 5],
  ])('%j suppresses %i records of eight', (model, suppressed) => {
    expect(measureNode(tableOf(), [1, 0], options({ models: [model] })).suppressed).toBe(suppressed);
  });

  it('counts the population for k-map, where a class of it alone is no class of the release', () => {
    const all = [...PERSONS.map(([age, sex]) => [age, sex]), ['21', 'm'], ['21', 'm'], ['38', 'm']];
    const population = tableOf([['21', 'f', 'flu']], all);
    const kMap = (k: number) => options({ models: [{ kind: 'k-map', k }] });
    expect(measureNode(population, [1, 0], kMap(3))).toMatchObject({ suppressed: 0, classes: 1 });
    expect(measureNode(population, [1, 0], kMap(4))).toMatchObject({ suppressed: 1, classes: 0 });
  });

  it('lets out what stays, in an order that is not that of the source', () => {
    const rows = [...releasedRecords(tableOf([...PERSONS].reverse()), [1, 0], options())];
    expect(rows).toEqual([
      { values: ['20s', 'f'], sensitive: 'cold', records: 1 },
      { values: ['20s', 'f'], sensitive: 'flu', records: 2 },
      { values: ['30s', 'f'], sensitive: 'cold', records: 1 },
      { values: ['30s', 'f'], sensitive: 'flu', records: 1 },
      { values: ['30s', 'm'], sensitive: 'flu', records: 2 },
    ]);
  });
});

describe('refusals', () => {
  it.each<[string, Partial<AnonymisationOptions>, string]>([
    ['no model', { models: [] }, 'ANONYMITY_MODEL_INVALID'],
    ['k of 0', { models: [{ kind: 'k-anonymity', k: 0 }] }, 'ANONYMITY_MODEL_INVALID'],
    ['k that is no number', { models: [{ kind: 'k-anonymity', k: NaN }] }, 'ANONYMITY_MODEL_INVALID'],
    ['k above the table', { models: [{ kind: 'k-anonymity', k: 9 }] }, 'CLASS_SIZE_ABOVE_TABLE'],
    ['k-map without a population', { models: [{ kind: 'k-map', k: 2 }] }, 'ANONYMITY_MODEL_INVALID'],
    ['half a value', { models: [{ kind: 'distinct-l', l: 1.5 }] }, 'ANONYMITY_MODEL_INVALID'],
    ['an infinite l', { models: [{ kind: 'entropy-l', l: Infinity }] }, 'ANONYMITY_MODEL_INVALID'],
    ['c of 0', { models: [{ kind: 'recursive-cl', c: 0, l: 2 }] }, 'ANONYMITY_MODEL_INVALID'],
    ['t above 1', { models: [{ kind: 't-closeness', distance: 'equal', t: 1.1 }] }, 'ANONYMITY_MODEL_INVALID'],
    [
      'hierarchical closeness without a hierarchy',
      { models: [{ kind: 't-closeness', distance: 'hierarchical', t: 0.1 }] },
      'SENSITIVE_HIERARCHY_MISSING',
    ],
    [
      'a hierarchy that lacks a sensitive value',
      {
        models: [{ kind: 't-closeness', distance: 'hierarchical', t: 0.1 }],
        sensitiveHierarchy: hierarchyOf('illness', [['flu', '*']]),
      },
      'HIERARCHY_VALUE_MISSING',
    ],
    ['a share above 1', { suppression: 1.01 }, 'ANONYMITY_OPTION_INVALID'],
    ['a share that is no number', { suppression: NaN }, 'ANONYMITY_OPTION_INVALID'],
    ['a time limit of 0', { timeLimitMs: 0 }, 'ANONYMITY_OPTION_INVALID'],
    ['one weight for two columns', { weights: [1] }, 'ANONYMITY_OPTION_INVALID'],
    ['a weight that is no number', { weights: [1, NaN] }, 'ANONYMITY_OPTION_INVALID'],
    ['a huge weight', { weights: [1, 1e300] }, 'ANONYMITY_OPTION_INVALID'],
    ['weights of 0', { weights: [0, 0] }, 'ANONYMITY_OPTION_INVALID'],
    ['more values than there are', { models: [{ kind: 'distinct-l', l: 3 }] }, 'NO_SOLUTION'],
  ])('refuses %s', (_, changed, code) => {
    expect(() => anonymise(tableOf(), options(changed))).toThrow(expect.objectContaining({ code }));
  });

  it('refuses a table without records, an unknown value, a model without its column, a population that lacks somebody', () => {
    const refusal = (attempt: () => unknown, code: string) =>
      expect(attempt).toThrow(expect.objectContaining({ code, message: expect.not.stringContaining('99') as string }));
    refusal(() => new TableEncoder([AGE, SEX]).finish(), 'TABLE_EMPTY');
    refusal(() => tableOf([['99', 'f', 'flu']]), 'HIERARCHY_VALUE_MISSING');
    refusal(() => tableOf(PERSONS, [['21', 'f']]), 'POPULATION_TABLE_INCOMPLETE');
    const encoder = new TableEncoder([AGE]);
    encoder.add(['21']);
    refusal(
      () => anonymise(encoder.finish(), options({ models: [{ kind: 'distinct-l', l: 1 }] })),
      'SENSITIVE_COLUMN_MISSING',
    );
    refusal(() => measureNode(tableOf(), [3, 0], options()), 'ANONYMITY_OPTION_INVALID');
    refusal(() => measureNode(tableOf(), [1], options()), 'ANONYMITY_OPTION_INVALID');
  });

  it('refuses no columns and too many', () => {
    const wide = new TableEncoder(Array.from({ length: COLUMNS_MAX + 1 }, () => SEX));
    wide.add(Array.from({ length: COLUMNS_MAX + 1 }, () => 'f'));
    const none = new TableEncoder([]);
    none.add([]);
    for (const encoder of [wide, none])
      expect(() => anonymise(encoder.finish(), options({ models: [{ kind: 'k-anonymity', k: 1 }] }))).toThrow(
        expect.objectContaining({ code: 'ANONYMITY_OPTION_INVALID' }),
      );
  });
});

describe('a lattice of 6^20 nodes', () => {
  const COLUMNS = 20;
  const rows = Array.from({ length: 32 }, (_, leaf) =>
    [1, 2, 4, 8, 16, 32].map((width) => `${Math.floor(leaf / width)}w${width}`),
  );
  const hierarchies = Array.from({ length: COLUMNS }, (_, column) => hierarchyOf(`c${column}`, rows));

  /** A fixed sequence that looks random (Park and Miller's generator). */
  function wideTable(records: number): EncodedTable {
    const encoder = new TableEncoder(hierarchies);
    let state = 42;
    for (let record = 0; record < records; record += 1)
      encoder.add(hierarchies.map(() => rows[(state = (state * 48271) % 2147483647) % 32]![0]!));
    return encoder.finish();
  }

  it('gives its best node when time is up, and says that it is not proven', () => {
    let milliseconds = 0;
    const progress: number[] = [];
    const table = wideTable(300);
    const asked = options({
      now: () => (milliseconds += 1),
      timeLimitMs: 2_000,
      onProgress: ({ nodesChecked, score }) => progress.push(nodesChecked, Number(score! <= 1)),
    });
    const found = anonymise(table, asked);
    expect(found.optimalProven).toBe(false);
    expect(found.nodesChecked).toBeGreaterThan(1_500);
    expect(found.score).toBeLessThan(1);
    expect(measureNode(table, found.levels, asked)).toMatchObject({ score: found.score, isSolution: true });
    expect(progress.slice(0, 4)).toEqual([PROGRESS_NODES, 1, 2 * PROGRESS_NODES, 1]);
  });

  it('refuses when time was up before any solution', () => {
    const models: PrivacyModel[] = [{ kind: 'k-anonymity', k: 2 }];
    let calls = 0;
    const now = () => (calls++ === 0 ? 0 : 2);
    expect(() => anonymise(wideTable(50), options({ models, now, timeLimitMs: 1 }))).toThrow(
      expect.objectContaining({ code: 'NO_SOLUTION', message: expect.stringContaining('in time') as string }),
    );
  });

  it('lets a failure of the clock through', () => {
    const now = () => {
      throw new RangeError('no clock');
    };
    expect(() => anonymise(wideTable(50), options({ now }))).toThrow(RangeError);
  });

  it('tells classes apart whose keys do not fit one word', () => {
    const table = wideTable(3_000);
    expect(table.finest.classes).toBe(3_000);
    const levels = hierarchies.map((_, column) => (column < 3 ? 3 : 5));
    const expected = new Set(
      Array.from({ length: 3_000 }, (_, tuple) =>
        [0, 1, 2].map((column) => Math.floor(table.codes[column]![tuple]! / 8)).join(),
      ),
    );
    const one = options({ models: [{ kind: 'k-anonymity', k: 1 }] });
    expect(measureNode(table, levels, one).classes).toBe(expected.size);
    expect(
      measureNode(
        table,
        hierarchies.map(() => 0),
        one,
      ).classes,
    ).toBe(3_000);
  });
});
