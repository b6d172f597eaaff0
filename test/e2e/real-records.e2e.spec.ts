import { createReadStream, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';
import { html, htmlPage, riskPage, riskReport } from '@aceso/deidentification/domain';
import { reportInput } from '@aceso/deidentification/testing';
import { AcesoClient } from '../../apps/cli/src/demo/aceso-client';
import { registerParties } from '../../apps/cli/src/demo/cast';
import { makeBuyerKey, openAndVerify, type Delivery } from '../../apps/cli/src/demo/delivery';
import { readGivenInput } from '../../apps/cli/src/demo/input';
import { Sale } from '../../apps/cli/src/demo/sale';
import { AcesoProcess, describeWhenBuilt } from './testing/aceso-process';
import { Canaries } from './testing/canaries';
import { textOfPackageFile } from './testing/package-text';
import { recordAnswers } from './testing/recorded-answers';
import { silentProgress } from './testing/silent-progress';
import type { Resource, SourcePerson } from './testing/source-persons';
import { watchedRows, watchTables } from './testing/table-spy';

/** Records that nobody here wrote: whole lifetimes, one Bundle a line. */
const FILE = resolve(__dirname, '../../../shared/data/fhir-r4-synthea/gen-2019-05-31/part-000.ndjson.gz');
const PATIENTS = 75;
/** Later than everything that the records say, so that no date of theirs is also this one. */
const AS_OF = '2019-06-30';
const FIELDS = [
  ['AllergyIntolerance', 'CarePlan', 'Claim', 'Condition', 'DiagnosticReport', 'Encounter', 'ExplanationOfBenefit'],
  ['Goal', 'ImagingStudy', 'Immunization', 'MedicationRequest', 'Observation', 'Patient', 'Procedure'],
].flat();

/** Files of a package that speak of the whole and of nobody in it. */
const REPORTS = ['risk.json', 'risk.html'];

const isThere = existsSync(FILE);
if (!isThere) process.stderr.write('the leak test on real records is skipped: ../shared/data is not there\n');

describeWhenBuilt('a sale of real records')('a sale of real records', () => {
  const onRecords = isThere ? it : it.skip;
  const answers = recordAnswers();
  let aceso: AcesoProcess;
  let canaries: Canaries;
  let persons: SourcePerson[];
  let delivery: Delivery;
  /** Family names that are also words of our API or of the frame of our pages. */
  let ordinary: number;

  beforeAll(async () => {
    if (!isThere) return;
    aceso = await AcesoProcess.start(() => ({ ACESO_NOW: AS_OF }));
    await watchTables(aceso);
    const lines = await firstLines(FILE, PATIENTS);
    persons = lines.map(personOf);
    canaries = new Canaries(persons, new Date(Date.now() - 86_400_000).toISOString().slice(0, 10));
    const ours = [
      readFileSync(resolve(__dirname, '../../schema.graphql'), 'utf8'),
      htmlPage('', html``),
      riskPage(riskReport(reportInput())), // a page about nobody
    ];
    ordinary = canaries.dropWordsOf(ours.join('\n'));
    const out = join(aceso.folder, 'sale');
    mkdirSync(out);
    const half = lines.length / 2;
    const paths = [lines.slice(0, half), lines.slice(half)].map((part, at) => {
      const path = join(out, `records-${at}.ndjson`);
      writeFileSync(path, `${part.join('\n')}\n`);
      return path;
    });
    const client = await AcesoClient.connect(aceso.baseUrl);
    const cast = await registerParties(client, (role) => aceso.invite(role));
    const sale = new Sale(client, cast, silentProgress);
    const input = await readGivenInput(paths);
    await sale.ingest(input);
    await sale.bind(input);
    const buyer = await makeBuyerKey(out);
    const criteria = { version: 1, all: [{ age: { min: 18 } }] };
    const request = await sale.request({ criteria, fields: FIELDS, unitMinor: 1000, recipientAgeKey: buyer.recipient });
    const order = await sale.fulfil(request);
    const { status } = await client.graphql<{ status: { verifierKey: string } }>('{ status { verifierKey } }');
    writeFileSync(join(out, 'trust.policy'), `log ${status.verifierKey}\nquorum none\n`);
    await sale.download(order, join(out, 'package.age'));
    delivery = await openAndVerify(out, buyer);
    await sale.payOut();
  }, 240_000);

  afterAll(async () => {
    answers.stop();
    await aceso?.stop();
  }, 60_000);

  onRecords('is delivered and verified', () => {
    expect(delivery).toMatchObject({ verified: true, problem: null });
    expect(delivery.persons).toBeGreaterThanOrEqual(11);
  });

  onRecords('leaves nothing of a person in any answer, row, file, line of log, queue or package', async () => {
    const tables = await watchedRows(aceso);
    const files = filesIn(aceso.home, /^(postgres|secrets|keys)(\/|$)/);
    const released = new Map<string, string>();
    for (const file of filesIn(delivery.dir)) released.set(file, await textOfPackageFile(join(delivery.dir, file)));
    const leaks = [
      ...[...tables].flatMap(([table, rows]) => canaries.leaks(table, rows.join('\n'))),
      ...files.flatMap((file) => canaries.leaks(file, readFileSync(join(aceso.home, file), 'latin1'))),
      ...canaries.leaks('log', aceso.log),
      ...answers.texts.flatMap((text) => canaries.leaks(text.slice(0, 60), text)),
      // Days of one person are shifted onto days of another: dates of packages are judged person by person elsewhere.
      ...[...released].flatMap(([file, text]) => canaries.leaks(file, text, ['text', 'id', 'time', 'amount'])),
      // A risk report has no date but its own.
      ...REPORTS.flatMap((file) => canaries.leaks(file, released.get(file) ?? '')),
    ];
    process.stderr.write(
      `leaks of real records: ${canaries.count} canaries of ${persons.length} persons searched in ${tables.size} tables, ` +
        `${files.length} files, ${answers.texts.length} answers, ${released.size} files of the package; ${ordinary} names are words of the API or of empty pages and were left out\n`,
    );
    expect(ordinary).toBeLessThan(10);
    expect([...released.keys()]).toEqual(
      expect.arrayContaining(['tables/observation.parquet', 'quality.html', 'notebooks/start.ipynb', 'croissant.json']),
    );
    expect(released.get('tables/observation.parquet')).toContain('"observation_code"');
    expect(canaries.leaks('input', JSON.stringify(persons)).reduce((sum, { found }) => sum + found, 0)).toBe(
      canaries.count,
    );
    expect(canaries.count).toBeGreaterThan(10_000);
    expect(leaks).toEqual([]);
  });
});

async function firstLines(path: string, count: number): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of createInterface({ input: createReadStream(path).pipe(createGunzip()) })) {
    lines.push(line);
    if (lines.length === count) break;
  }
  return lines;
}

function personOf(line: string): SourcePerson {
  const { entry } = JSON.parse(line) as { readonly entry: readonly { readonly resource: Resource }[] };
  const resources = entry.map(({ resource }) => resource);
  return {
    localIds: resources.filter(({ resourceType }) => resourceType === 'Patient').map(({ id }) => id),
    resources,
  };
}

/** Files below a folder, but for some. */
function filesIn(folder: string, besides?: RegExp): string[] {
  return (readdirSync(folder, { recursive: true }) as string[]).filter(
    (name) => !besides?.test(name) && statSync(join(folder, name)).isFile(),
  );
}
