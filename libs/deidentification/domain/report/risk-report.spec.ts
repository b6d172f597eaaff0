import { ClassTable, measureRisk } from '../risk';
import { measureOfSizes, reportInput } from '../../testing';
import { riskReport } from './risk-report';

describe('the verdict', () => {
  const decided = (changes: Parameters<typeof reportInput>[0]) => {
    const { decision, reasons } = riskReport(reportInput(changes)).verdict;
    return [decision, ...reasons.map(({ code }) => code)];
  };
  const { context, attack } = reportInput();
  const controlled = { ...context, kind: 'controlled' as const };

  it.each([
    ['public', context, 11, ['released']],
    ['public', context, 10, ['refused', 'CLASS_BELOW_THRESHOLD']],
    ['controlled', controlled, 5, ['released']],
    ['controlled', controlled, 4, ['refused', 'CLASS_BELOW_THRESHOLD']],
    ['public with a stricter threshold', { ...context, kMin: 20 }, 19, ['refused', 'CLASS_BELOW_THRESHOLD']],
  ])('on a %s release (%j) with a smallest class of %d is %j', (_, of, smallest, expected) => {
    expect(decided({ context: of, after: measureOfSizes([smallest, 40]) })).toEqual(expected);
  });

  it('is no when the attack finds more than the class sizes foretell', () => {
    expect(decided({ attack: { ...attack, beatsPrediction: true } })).toEqual(['refused', 'ATTACK_BEATS_PREDICTION']);
  });

  it('says what would have to change, and no number below the threshold', () => {
    const { verdict } = riskReport(reportInput({ after: measureOfSizes([7, 40]) }));
    expect(verdict.reasons[0]!.change).toContain('generalise');
    expect(JSON.stringify(verdict)).not.toMatch(/\b7\b/);
  });

  it('gives both readings of the threshold', () => {
    expect(riskReport(reportInput()).verdict.threshold).toMatchObject({ kMin: 11, percent: 9, kMinToTheLetter: 12 });
  });

  it('refuses a threshold that is a probability', () => {
    expect(() => riskReport(reportInput({ context: { ...context, kMin: 0.09 } }))).toThrow(
      expect.objectContaining({ code: 'THRESHOLD_INVALID' }),
    );
  });
});

describe('the report', () => {
  const report = riskReport(reportInput());

  it('has all 13 points', () => {
    const points = Object.keys(report).filter((name) => /^\d/.test(name));
    expect(points.map((name) => parseInt(name, 10)).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 13 }, (_, n) => n + 1),
    );
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
  });

  it('rounds sums, and shows none below 11', () => {
    expect(report['1-data-set'].records).toEqual({ before: 200, after: 190 });
    expect(report['8-loss']).toMatchObject({ suppressed: 10, suppressedShare: 0.05 });
    expect(report['7-small-cells']).toEqual({ found: 15, suppressed: 15, complementary: null });
    expect(report['5-risk'].uniques).toEqual({ before: 15, after: 0 });
    expect(report['9-attack']).toMatchObject({ attempts: 200, hits: 10, hitRate: 0.053 });
  });

  it('has shares that follow from rounded sums, and says zero of final files only', () => {
    const [five, eleven] = report['5-risk'].atRisk;
    expect(five).toMatchObject({ kMin: 5, prosecutor: { before: 0.1, after: 0 } });
    // A class of 11: allowed by 11, over "0.09" to the letter.
    expect(eleven).toMatchObject({ kMin: 11, prosecutor: { after: 0 }, toTheLetter: { after: 0.053 } });
    expect(report['10-dates'].uniqueTrajectories.map(({ share }) => share)).toEqual([0.737, null]);
    const none = riskReport(reportInput({ before: measureOfSizes([30, 60, 90, 22]) }));
    expect(none['5-risk'].atRisk[0]!.prosecutor).toEqual({ before: null, after: 0 });
  });

  it('puts every record into one range of class sizes', () => {
    expect(report['5-risk'].classSizes.map(({ from, to, records }) => [from, to, records.after])).toEqual([
      [1, 1, 0],
      [2, 4, 0],
      [5, 10, 0],
      [11, 19, 10],
      [20, 49, 30],
      [50, null, 150],
    ]);
  });

  it('says on what k holds and on what it does not', () => {
    expect(report['11-residual']).toMatchObject({ kHoldsOn: ['ageBand'], kDoesNotHoldOn: ['diagnosis'] });
  });

  it('judges a population table by the people of its classes', () => {
    const [table, people] = [new ClassTable(), new ClassTable()];
    for (let n = 0; n < 12; n += 1) table.add(['a']);
    for (let n = 0; n < 12; n += 1) people.add(['a']);
    const after = measureRisk(table, { populationTable: people });
    expect(riskReport(reportInput({ after })).verdict.decision).toBe('released');
    expect(riskReport(reportInput({ after }))['4-attack-models'].populationTable).toBe(true);
  });
});
