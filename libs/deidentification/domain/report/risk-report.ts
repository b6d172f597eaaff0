import type { RiskMeasure } from '../risk';
import { disclosedShare, roundedShare, type Disclosed, type DiscloseSum } from './disclosed';
import type { RiskReportInput } from './report-input';
import { judge, type Verdict } from './verdict';

export interface BeforeAfter<T> {
  readonly before: T;
  readonly after: T;
}

/** Records in classes of these sizes; `to` is null for the last, open range. */
export interface HistogramRange {
  readonly from: number;
  readonly to: number | null;
  readonly records: BeforeAfter<Disclosed>;
}

/** The risk report (reference section 8) as JSON, numbered as its acceptance list. Sums are rounded, shares follow from them. */
export interface RiskReport {
  readonly format: 'aceso/risk-report/v1';
  readonly verdict: Verdict;
  readonly '1-data-set': RiskReportInput['dataSet'] & { readonly records: BeforeAfter<Disclosed> };
  readonly '2-context': RiskReportInput['context'];
  readonly '3-attributes': RiskReportInput['attributes'];
  readonly '4-attack-models': {
    readonly models: readonly string[];
    readonly populationFrame: RiskReportInput['populationFrame'];
    readonly populationTable: boolean;
    readonly note: string;
  };
  readonly '5-risk': {
    readonly highest: { readonly prosecutor: BeforeAfter<number>; readonly journalist: BeforeAfter<number> };
    readonly average: {
      readonly prosecutor: BeforeAfter<number>;
      readonly journalist: BeforeAfter<number>;
      readonly marketer: BeforeAfter<number>;
    };
    readonly atRisk: readonly {
      readonly kMin: number;
      readonly percent: number;
      readonly kMinToTheLetter: number;
      readonly prosecutor: BeforeAfter<Disclosed>;
      readonly journalist: BeforeAfter<Disclosed>;
      readonly toTheLetter: BeforeAfter<Disclosed>;
    }[];
    readonly smallestClass: number;
    readonly classSizes: readonly HistogramRange[];
    readonly uniques: BeforeAfter<Disclosed>;
    readonly populationUniques: BeforeAfter<{
      readonly model: string;
      readonly valid: boolean;
      readonly people: Disclosed;
    } | null>;
  };
  readonly '6-diversity': BeforeAfter<RiskMeasure['diversity']>;
  readonly '7-small-cells': { readonly [kind in keyof RiskReportInput['smallCells']]: Disclosed };
  readonly '8-loss': RiskReportInput['loss'] & { readonly suppressed: Disclosed; readonly suppressedShare: Disclosed };
  readonly '9-attack': {
    readonly attempts: Disclosed;
    readonly hits: Disclosed;
    readonly hitRate: Disclosed;
    readonly predicted: number;
    readonly beatsPrediction: boolean;
  };
  readonly '10-dates': Omit<RiskReportInput['dates'], 'uniqueTrajectories'> & {
    readonly uniqueTrajectories: readonly { readonly by: string; readonly share: Disclosed }[];
  };
  readonly '11-residual': RiskReportInput['residual'] & {
    readonly kHoldsOn: readonly string[];
    readonly kDoesNotHoldOn: readonly string[];
  };
  readonly '12-privacy-budget': RiskReportInput['privacyBudget'];
  readonly '13-verification': RiskReportInput['verification'];
}

/** First sizes of the ranges in which records are shown. */
const RANGES = [1, 2, 5, 11, 20, 50] as const;

/** Puts the report together and judges. Throws THRESHOLD_INVALID. */
export function riskReport(input: RiskReportInput): RiskReport {
  const { before, after, disclose, attack } = input;
  const both = <T>(of: (measure: RiskMeasure) => T): BeforeAfter<T> => ({ before: of(before), after: of(after) });
  const names = (...kinds: readonly string[]) =>
    input.attributes.filter(({ kind }) => kinds.includes(kind)).map(({ name }) => name);
  const suppressed = disclose(before.records - after.records);
  return {
    format: 'aceso/risk-report/v1',
    verdict: judge(input),
    '1-data-set': { ...input.dataSet, records: both(({ records }) => disclose(records)) },
    '2-context': input.context,
    '3-attributes': input.attributes,
    '4-attack-models': {
      models: ['prosecutor', 'journalist', 'marketer'],
      populationFrame: input.populationFrame,
      populationTable: after.attackers.populationTable,
      note: after.attackers.populationTable
        ? 'class sizes of the population come from a table of the population'
        : 'without a table of the population the journalist is taken to know who is in the files, as the prosecutor does',
    },
    '5-risk': {
      highest: {
        prosecutor: both(({ attackers }) => roundedShare(attackers.prosecutor.highest)),
        journalist: both(({ attackers }) => roundedShare(attackers.journalist.highest)),
      },
      average: {
        prosecutor: both(({ attackers }) => roundedShare(attackers.prosecutor.success)),
        journalist: both(({ attackers }) => roundedShare(attackers.journalist.success)),
        marketer: both(({ attackers }) => roundedShare(attackers.marketer.success)),
      },
      atRisk: sharesAtRisk(input),
      smallestClass: after.smallestClass,
      classSizes: ranges(input),
      uniques: { before: disclose(before.uniques), after: sumOfFinal(after.uniques, disclose) },
      populationUniques: {
        before: populationOf(before, disclose),
        after: populationOf(after, (sum) => sumOfFinal(sum, disclose)),
      },
    },
    '6-diversity': both(({ diversity }) => diversity),
    '7-small-cells': {
      found: disclose(input.smallCells.found),
      suppressed: disclose(input.smallCells.suppressed),
      complementary: disclose(input.smallCells.complementary),
    },
    '8-loss': { ...input.loss, suppressed, suppressedShare: disclosedShare(suppressed, disclose(before.records)) },
    '9-attack': {
      attempts: disclose(attack.attempts),
      hits: disclose(attack.hits),
      hitRate: disclosedShare(disclose(attack.hits), disclose(attack.present)),
      predicted: roundedShare(attack.predicted),
      beatsPrediction: attack.beatsPrediction,
    },
    '10-dates': {
      ...input.dates,
      uniqueTrajectories: input.dates.uniqueTrajectories.map(({ by, share }) => ({
        by,
        share: shareOfFinal(share, after, disclose),
      })),
    },
    '11-residual': { ...input.residual, kHoldsOn: names('quasi'), kDoesNotHoldOn: names('sensitive', 'other') },
    '12-privacy-budget': input.privacyBudget,
    '13-verification': input.verification,
  };
}

/** Whoever holds the final files counts nobody in them: there zero may be said. */
const sumOfFinal = (sum: number, disclose: DiscloseSum): Disclosed => (sum === 0 ? 0 : disclose(sum));

/** A share of the records of the final files, out of the rounded number of records that it stands for. */
const shareOfFinal = (share: number, { records }: RiskMeasure, disclose: DiscloseSum): Disclosed =>
  disclosedShare(sumOfFinal(Math.round(share * records), disclose), disclose(records));

function sharesAtRisk({ before, after, disclose }: RiskReportInput): RiskReport['5-risk']['atRisk'] {
  return after.atRisk.map((final) => {
    const source = before.atRisk.find(({ kMin }) => kMin === final.kMin);
    const both = (of: (at: typeof final) => number): BeforeAfter<Disclosed> => ({
      before: source
        ? disclosedShare(disclose(Math.round(of(source) * before.records)), disclose(before.records))
        : null,
      after: shareOfFinal(of(final), after, disclose),
    });
    return {
      kMin: final.kMin,
      percent: final.percent,
      kMinToTheLetter: final.kMinToTheLetter,
      prosecutor: both(({ prosecutor }) => prosecutor),
      journalist: both(({ journalist }) => journalist),
      toTheLetter: both(({ toTheLetter }) => toTheLetter.prosecutor),
    };
  });
}

function ranges({ before, after, disclose }: RiskReportInput): HistogramRange[] {
  return RANGES.map((from, index) => {
    const next = RANGES[index + 1];
    const records = ({ histogram }: RiskMeasure) =>
      histogram.reduce(
        (sum, { size, classes }) => sum + (size >= from && (next === undefined || size < next) ? size * classes : 0),
        0,
      );
    return {
      from,
      to: next === undefined ? null : next - 1,
      records: { before: disclose(records(before)), after: sumOfFinal(records(after), disclose) },
    };
  });
}

function populationOf({ populationUniques }: RiskMeasure, disclose: DiscloseSum) {
  if (!populationUniques) return null;
  const { model, valid, uniques } = populationUniques.chosen;
  return { model, valid, people: valid ? disclose(Math.round(uniques)) : null };
}
