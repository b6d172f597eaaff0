import { parseArgs } from 'node:util';
import { anonymizeBench } from './anonymize.bench';
import type { Bench } from './bench';
import { COHORT_BENCHES } from './cohort.bench';
import { CONSENT_BENCHES } from './consent.bench';
import { deidentifyBench } from './deidentify.bench';
import { ingestBench } from './ingest.bench';
import { ledgerBench } from './ledger.bench';
import { patientsBench } from './patients.bench';
import { pseudonymsBench } from './pseudonyms.bench';
import { riskBench } from './risk.bench';
import { compositionBench } from './composition.bench';
import { tablesBench } from './tables.bench';

/** `npm run bench -- [name...] [--json]`: figures as ratios against a limit measured in the same run. */
const BENCHES: readonly Bench[] = [
  ingestBench,
  deidentifyBench,
  patientsBench,
  pseudonymsBench,
  anonymizeBench,
  riskBench,
  compositionBench,
  tablesBench,
  ledgerBench,
  ...COHORT_BENCHES,
  ...CONSENT_BENCHES,
];

/** A bench by its name, or all of a family by the part before the hyphen. */
const isCalled = ({ name }: Bench, called: string): boolean => name === called || name.startsWith(`${called}-`);

const rounded = (value: number): number => Number(value.toPrecision(4));

async function main(): Promise<number> {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { json: { type: 'boolean', default: false } },
  });
  const unknown = positionals.filter((name) => !BENCHES.some((bench) => isCalled(bench, name)));
  if (unknown.length > 0) {
    process.stderr.write(
      `unknown bench ${unknown.join(', ')}; there are: ${BENCHES.map((bench) => bench.name).join(', ')}\n`,
    );
    return 1;
  }
  const benches = [];
  for (const bench of BENCHES.filter(
    (each) => positionals.length === 0 || positionals.some((name) => isCalled(each, name)),
  )) {
    const { more = [], ...main } = await bench.run();
    const further = more.map((figure) => ({ ...figure, name: `${bench.name}.${figure.name}` }));
    for (const { name, value, unit, baseline } of [{ ...main, name: bench.name }, ...further]) {
      const figure = {
        name,
        value: rounded(value),
        unit,
        baseline: rounded(baseline),
        ratio: rounded(value / baseline),
      };
      benches.push(figure);
      process.stderr.write(
        `${name}: ${figure.value} ${unit}, limit ${figure.baseline} ${unit}, ratio ${figure.ratio}\n`,
      );
    }
  }
  if (values.json) process.stdout.write(`${JSON.stringify({ benches })}\n`);
  return 0;
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`bench ended: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exit(1);
  },
);
