import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ClassTable, diversityReached, measureRisk, type RecordClass } from '@aceso/deidentification/domain';
import { expectSame, readJson, runCase, skipCase } from './ledger.case';
import type { ConformanceCase } from './suite';

interface ExpectedRisk {
  readonly [threshold: `t${string}`]: {
    readonly effectiveThreshold: number;
    readonly prosecutorRecordsAtRisk: number;
    readonly prosecutorHighest: number;
    readonly prosecutorSuccessRate: number;
    readonly journalistRecordsAtRisk: number;
    readonly journalistHighest: number;
    readonly journalistSuccessRate: number;
    readonly marketerSuccessRate: number;
  };
  readonly sampleUniqueCount: number;
  readonly sampleUniqueFraction: number;
  readonly numClasses: number;
  readonly histogramHead: readonly number[];
  readonly popUSA: {
    readonly size: number;
    readonly dankarModel: string;
    readonly dankarNum: number;
    readonly pitmanNum: number;
    readonly zayatzNum: number;
  };
}

interface Oracle {
  readonly results: readonly {
    readonly id: string;
    readonly privacy?: string;
    readonly sensitive?: string | null;
    readonly risk?: ExpectedRisk;
    readonly optimum?: {
      readonly levels: { readonly [attribute: string]: number };
      readonly suppressedRecords: number;
      readonly risk?: ExpectedRisk;
    };
  }[];
}

/** Two programs that both solve for the same root in doubles agree to this relative difference. */
const TOLERANCE = 1e-9;
const INPUT_COLUMNS: { readonly [id: string]: readonly string[] | undefined } = {
  'input-risk-5qi': ['sex', 'age', 'race', 'marital-status', 'native-country'],
};

/** Risk of the adult table as it is, and after each generalisation of the oracle: classes, attackers, population uniques. */
export async function* riskCases(dataDir: string): AsyncGenerator<ConformanceCase> {
  const folder = join(dataDir, 'deid/adult');
  const oracle = readJson<Oracle>(folder, 'oracle-adult.json');
  if (!oracle || !existsSync(join(folder, 'adult.csv'))) {
    yield skipCase('deid/adult risk', 'adult.csv and oracle-adult.json are not there');
    return;
  }
  const adult = readAdult(folder);
  for (const { id, risk, optimum, privacy, sensitive } of oracle.results) {
    if (risk) {
      const columns = INPUT_COLUMNS[id] ?? adult.columns;
      const table = new ClassTable();
      for (const row of adult.rows) table.add(columns.map((column) => row[adult.columns.indexOf(column)]!));
      yield runCase(`risk/${id}`, () => expectRisk(table, risk));
    }
    const expected = optimum?.risk;
    if (!optimum || !expected) continue;
    const keeps = classRule(privacy ?? '');
    if (!keeps) {
      yield skipCase(`risk/${id}`, 'which classes t-closeness keeps is checked with the anonymity models');
      continue;
    }
    yield runCase(`risk/${id}`, () => {
      const kept = adult.generalised({ levels: optimum.levels, sensitive: sensitive ?? null, keeps });
      expectSame(adult.rows.length - kept.records, optimum.suppressedRecords, 'suppressed records');
      expectRisk(kept, expected);
    });
  }
}

/** What the model named by the oracle asks of a class; undefined for models that compare a class with the whole table. */
function classRule(privacy: string): ((found: RecordClass) => boolean) | undefined {
  const k = Number(/^(\d+)-anonymity/.exec(privacy)?.[1]);
  if (privacy.includes('closeness')) return undefined;
  const reached = (found: RecordClass) => diversityReached([found]);
  const distinct = /distinct-(\d+)/.exec(privacy);
  const entropy = /shannon-entropy-([\d.]+)/.exec(privacy);
  const recursive = /recursive-\(([\d.]+),(\d+)\)/.exec(privacy);
  return (found) =>
    found.size >= k &&
    (!distinct || reached(found).distinctL >= Number(distinct[1])) &&
    (!entropy || reached(found).entropyL >= Number(entropy[1])) &&
    (!recursive ||
      (reached(found).recursiveC.find(({ l }) => l === Number(recursive[2]))?.c ?? Infinity) < Number(recursive[1]));
}

function expectRisk(table: ClassTable, expected: ExpectedRisk): void {
  const thresholds = Object.entries(expected).filter(([name]) => /^t0\.\d+$/.test(name)) as [
    string,
    ExpectedRisk[`t${string}`],
  ][];
  const kMins = thresholds.map(([, { effectiveThreshold }]) => Math.round(1 / effectiveThreshold));
  const measure = measureRisk(table, { population: expected.popUSA.size, kMins });
  const { prosecutor, journalist, marketer } = measure.attackers;
  thresholds.forEach(([name, figures], index) => {
    const atRisk = measure.atRisk[index]!;
    expectNear(atRisk.prosecutor, figures.prosecutorRecordsAtRisk, `${name} prosecutor Ra`);
    expectNear(atRisk.journalist, figures.journalistRecordsAtRisk, `${name} journalist Ra`);
    expectNear(prosecutor.highest, figures.prosecutorHighest, `${name} prosecutor Rb`);
    expectNear(prosecutor.success, figures.prosecutorSuccessRate, `${name} prosecutor Rc`);
    expectNear(journalist.highest, figures.journalistHighest, `${name} journalist Rb`);
    expectNear(journalist.success, figures.journalistSuccessRate, `${name} journalist Rc`);
    expectNear(marketer.success, figures.marketerSuccessRate, `${name} marketer Rc`);
  });
  expectSame(measure.uniques, expected.sampleUniqueCount, 'sample uniques');
  expectNear(measure.uniqueShare, expected.sampleUniqueFraction, 'share of sample uniques');
  expectSame(measure.classes, expected.numClasses, 'classes');
  const head = measure.histogram.flatMap(({ size, classes }) => [size, classes]);
  expectSame(head.slice(0, expected.histogramHead.length), expected.histogramHead, 'histogram');
  const { pitman, zayatz, chosen } = measure.populationUniques!;
  expectNear(pitman.uniques, expected.popUSA.pitmanNum, 'Pitman');
  expectNear(zayatz.uniques, expected.popUSA.zayatzNum, 'Zayatz');
  expectNear(chosen.uniques, expected.popUSA.dankarNum, 'the choice by Dankar');
}

function expectNear(actual: number, expected: number, what: string): void {
  if (Math.abs(actual - expected) <= TOLERANCE * Math.abs(expected)) return;
  throw new Error(`${what}: got ${actual}, expected ${expected}`);
}

interface Generalising {
  readonly levels: { readonly [attribute: string]: number };
  readonly sensitive: string | null;
  readonly keeps: (found: RecordClass) => boolean;
}

function readAdult(folder: string) {
  const lines = (file: string) =>
    readFileSync(join(folder, file), 'utf8')
      .split(/\r?\n/)
      .filter((line) => line !== '')
      .map((line) => line.split(';'));
  const [columns, ...rows] = lines('adult.csv') as [string[], ...string[][]];
  const hierarchies = new Map<string, Map<string, string[]>>();
  for (const file of readdirSync(folder)) {
    const column = /^adult_hierarchy_(.+)\.csv$/.exec(file)?.[1];
    if (column) hierarchies.set(column, new Map(lines(file).map((levels) => [levels[0]!, levels])));
  }
  /** The table at these levels, without the records of the classes that are not kept. */
  const generalised = ({ levels, sensitive, keeps }: Generalising): ClassTable => {
    const steps = Object.entries(levels).map(([column, level]) => {
      const hierarchy = hierarchies.get(column)!;
      const at = columns.indexOf(column);
      return (row: readonly string[]) => hierarchy.get(row[at]!)![level]!;
    });
    const sensitiveAt = sensitive === null ? -1 : columns.indexOf(sensitive);
    const all = new ClassTable();
    const found = rows.map((row) =>
      all.add(
        steps.map((step) => step(row)),
        row[sensitiveAt],
      ),
    );
    const kept = new ClassTable();
    rows.forEach((row, index) => {
      if (keeps(found[index]!))
        kept.add(
          steps.map((step) => step(row)),
          row[sensitiveAt],
        );
    });
    return kept;
  };
  return { columns, rows, generalised };
}
