import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { loadFhirPathLibrary } from '@aceso/deidentification';
import { compileView, parseView, type CompileFhirPath } from '@aceso/deidentification/domain';
import { expectSame, filesBelow, isRefused, readJson, runCase, skipCase } from './ledger.case';
import type { ConformanceCase, ConformanceSuite } from './suite';

type Row = { readonly [column: string]: unknown };

interface ViewTest {
  readonly title: string;
  readonly tags?: readonly string[];
  readonly view: unknown;
  readonly expect?: readonly Row[];
  readonly expectCount?: number;
  readonly expectError?: boolean;
  readonly expectColumns?: readonly string[];
}

interface TestFile {
  readonly title: string;
  readonly resources: readonly unknown[];
  readonly tests: readonly ViewTest[];
}

/** Experimental tests that fail for a reason that we accept, by title. */
const NOT_SUPPORTED: { readonly [test: string]: string } = {
  'decimal highBoundary':
    'the boundary of 1.0 needs its written precision, which JSON numbers lose when they are parsed',
  'datetime highBoundary':
    'the library gives the boundary of a dateTime without a zone without a zone, the test expects -12:00',
};

/** The tests of the SQL on FHIR v2 specification: a view and resources in, rows or a refusal out. */
export const sqlOnFhirSuite: ConformanceSuite = {
  name: 'sql-on-fhir',
  async *run(dataDir): AsyncGenerator<ConformanceCase> {
    const folder = join(dataDir, 'sql-on-fhir-v2-tests');
    if (!existsSync(folder)) {
      yield skipCase('sql-on-fhir-v2-tests', 'the folder is not there');
      return;
    }
    const library = await loadFhirPathLibrary();
    for (const name of filesBelow(folder).filter((file) => file.endsWith('.json') && !file.includes('schema'))) {
      const file = readJson<TestFile>(folder, name)!;
      for (const test of file.tests) yield viewCase(`${name}: ${test.title}`, test, { file, library });
    }
  },
};

function viewCase(
  name: string,
  test: ViewTest,
  { file, library }: { readonly file: TestFile; readonly library: CompileFhirPath },
): ConformanceCase {
  const result = runCase(name, () => {
    if (test.expectError === true)
      return expectSame(
        isRefused(() => rowsOf(test.view, file, library)),
        true,
        'refused',
      );
    const { rows, columns } = rowsOf(test.view, file, library);
    if (test.expect !== undefined) expectSame(sorted(rows), sorted(test.expect), 'rows');
    if (test.expectCount !== undefined) expectSame(rows.length, test.expectCount, 'number of rows');
    if (test.expectColumns !== undefined) expectSame(columns, test.expectColumns, 'columns');
  });
  const known = test.tags?.includes('experimental') === true ? NOT_SUPPORTED[test.title] : undefined;
  return result.outcome === 'failed' && known !== undefined ? skipCase(name, known) : result;
}

function rowsOf(view: unknown, { resources }: TestFile, library: CompileFhirPath) {
  const compiled = compileView(parseView(view), library);
  const columns = compiled.columns.map(({ name }) => name);
  const rows: Row[] = [];
  // The library marks what it reads: every test reads a copy.
  for (const resource of structuredClone(resources)) {
    compiled.rows(resource, (cells) => rows.push(Object.fromEntries(columns.map((name, at) => [name, cells[at]]))));
  }
  return { rows, columns };
}

/** Tables have no order of rows; members are compared by name. */
const sorted = (rows: readonly Row[]): readonly string[] =>
  rows
    .map((row) => JSON.stringify(Object.fromEntries(Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1)))))
    .sort();
