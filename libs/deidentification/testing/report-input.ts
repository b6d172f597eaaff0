import { ClassTable, measureRisk, type RiskReportInput } from '../domain';

/** Rounds as counts are: below 11 nothing, else the nearest 5. */
const disclose = (sum: number) => (sum < 11 ? null : Math.round(sum / 5) * 5);

/** Measures of a table with one class of each of these sizes; sensitive values a, b, c by turns. */
export function measureOfSizes(sizes: readonly number[], population?: number) {
  const table = new ClassTable();
  sizes.forEach((size, index) => {
    for (let record = 0; record < size; record += 1) table.add([String(index)], 'abc'[record % 3]!);
  });
  return measureRisk(table, { population, sensitive: { order: ['a', 'b', 'c'] } });
}

/** Everything a risk report needs: a source with small classes, a release of classes of 11 and more. */
export function reportInput(changes: Partial<RiskReportInput> = {}): RiskReportInput {
  return {
    dataSet: {
      id: 'order-1',
      hash: 'ab'.repeat(32),
      date: '2026-02-03',
      software: 'aceso 0.1.0',
      policy: { name: 'expert-1', hash: 'cd'.repeat(32) },
      keyIds: ['release/1'],
    },
    context: {
      kind: 'public',
      recipient: 'a university',
      controls: ['a contract that forbids re-identification'],
      use: 'health research',
      term: 'two years',
    },
    attributes: [
      { name: 'ageBand', kind: 'quasi', reason: 'known to neighbours', transformation: 'bands of 10 years' },
      { name: 'diagnosis', kind: 'sensitive', reason: 'harms when known', transformation: 'rare codes dropped' },
    ],
    populationFrame: { name: 'a county', people: 100_000 },
    before: measureOfSizes([1, 1, 1, 2, 3, ...Array.from({ length: 14 }, () => 1), 30, 60, 90], 100_000),
    after: measureOfSizes([30, 60, 90, 11], 100_000),
    smallCells: { found: 17, suppressed: 17, complementary: 4 },
    loss: {
      metric: 'Loss, arithmetic mean',
      formula: 'loss = mean over attributes of (agg − n/D) / (n − n/D)',
      score: 0.17834,
      utility: [{ attribute: 'ageBand', level: '10 years', kept: 0.89 }],
    },
    attack: { attempts: 202, present: 191, hits: 12, hitRate: 12 / 191, predicted: 4 / 191, beatsPrediction: false },
    dates: {
      shiftDays: 182,
      intervalsKept: true,
      uniqueTrajectories: [
        { by: 'set of diagnoses', share: 0.72 },
        { by: 'first year', share: 3 / 191 },
      ],
      freeText: 'never released',
    },
    residual: {
      risks: ['intervals between events are a fingerprint'],
      assumptions: ['recipients do not combine orders'],
      notModelled: ['family relations'],
    },
    privacyBudget: { budgetMilli: 10_000, spentMilli: 1500, questions: 2 },
    verification: { signedBy: 'release/1', command: 'aceso verify --policy FILE FOLDER' },
    disclose,
    ...changes,
  };
}
