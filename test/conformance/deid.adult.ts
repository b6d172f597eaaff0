import { existsSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { readTable, type ReadTable } from '@aceso/deidentification';
import { anonymise, measureNode, type AnonymisationOptions } from '@aceso/deidentification/domain';
import { arxOracle, arxTests, type ArxConfiguration, type ArxNode } from './deid.arx';
import { readJson, runCase, skipCase } from './ledger.case';
import type { ConformanceCase } from './suite';

const DELIMITER = ';';
/** Relative. Nodes whose scores differ by less are ties: any of them is an optimum. */
const SCORE_TOLERANCE = 1e-9;

/** ARX's optima and random nodes (`oracle-adult.json`), and what its own tests expect (`arx-junit-expected-adult.json`). */
export async function* adultCases(folder: string): AsyncGenerator<ConformanceCase> {
  const oracle = readJson<Parameters<typeof arxOracle>[0]>(folder, 'oracle-adult.json');
  if (!oracle || !existsSync(join(folder, 'adult.csv'))) {
    yield skipCase('deid/adult', 'the folder is not there');
    return;
  }
  const tables = new Tables(folder);
  for (const entry of arxOracle(oracle)) yield* configurationCases(tables, entry);
  const tests = readJson<Parameters<typeof arxTests>[0]>(folder, 'arx-junit-expected-adult.json');
  if (tests) for (const entry of arxTests(tests, await tables.header())) yield* configurationCases(tables, entry);
}

async function* configurationCases(
  tables: Tables,
  entry: ArxConfiguration | { readonly name: string; readonly skip: string },
): AsyncGenerator<ConformanceCase> {
  if ('skip' in entry) {
    yield skipCase(entry.name, entry.skip);
    return;
  }
  const table = await tables.read(entry);
  const options: AnonymisationOptions = {
    models: entry.models,
    suppression: entry.suppression,
    metric: entry.metric,
    now: () => 0,
    ...(table.sensitiveHierarchy ? { sensitiveHierarchy: table.sensitiveHierarchy } : {}),
  };
  yield runCase(`${entry.name}: optimum`, () => {
    const found = anonymise(table.encoded, options);
    expectClose(found.score, entry.optimum.score, `score at ${found.levels.join(',')}`);
    if (!found.optimalProven) throw new Error('the optimum is not proven');
    const same = found.levels.every((level, column) => level === entry.optimum.levels[column]);
    if (same) expectCounts(found, entry.optimum);
  });
  for (const node of [entry.optimum, ...entry.samples])
    yield runCase(`${entry.name}: node ${node.levels.join(',')}`, () => {
      const measured = measureNode(table.encoded, node.levels, options);
      expectClose(measured.score, node.score, 'score');
      if (node.isSolution !== undefined && node.isSolution !== measured.isSolution)
        throw new Error(`solution: got ${measured.isSolution}, expected ${node.isSolution}`);
      // ARX's statistics count the one class of a node that generalises everything away as suppressed.
      const top = node.levels.every((level, column) => level === table.encoded.hierarchies[column]!.levels.length - 1);
      if (!top) expectCounts(measured, node);
    });
}

function expectClose(actual: number, expected: number, what: string): void {
  if (Math.abs(actual - expected) > SCORE_TOLERANCE * Math.abs(expected))
    throw new Error(`${what}: got ${actual}, expected ${expected}`);
}

function expectCounts(actual: { suppressed: number; classes: number }, { suppressed, classes }: ArxNode): void {
  if (suppressed !== undefined && actual.suppressed !== suppressed)
    throw new Error(`suppressed records: got ${actual.suppressed}, expected ${suppressed}`);
  if (classes !== undefined && actual.classes !== classes)
    throw new Error(`classes: got ${actual.classes}, expected ${classes}`);
}

/** The table of the folder, read once for each choice of columns. */
class Tables {
  private readonly tables = new Map<string, Promise<ReadTable>>();

  constructor(private readonly folder: string) {}

  read({ quasiIdentifiers, sensitive, models }: ArxConfiguration): Promise<ReadTable> {
    const withSensitiveHierarchy = models.some((model) => 'distance' in model && model.distance === 'hierarchical');
    const key = JSON.stringify([quasiIdentifiers, sensitive, withSensitiveHierarchy]);
    const table =
      this.tables.get(key) ??
      readTable({
        table: join(this.folder, 'adult.csv'),
        hierarchies: this.folder,
        delimiter: DELIMITER,
        quasiIdentifiers,
        withSensitiveHierarchy,
        ...(sensitive === undefined ? {} : { sensitive }),
      });
    this.tables.set(key, table);
    return table;
  }

  async header(): Promise<string[]> {
    const file = await open(join(this.folder, 'adult.csv'));
    try {
      for await (const line of file.readLines()) return line.split(DELIMITER);
      return [];
    } finally {
      await file.close();
    }
  }
}
