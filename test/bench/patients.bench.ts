import { execFile } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { generatePopulation } from '@aceso/fhir/synthetic';
import type { Bench, BenchFigure } from './bench';

type Bundle = {
  readonly entry: readonly { readonly resource: { readonly resourceType: string; readonly id: string } }[];
};

const RECORD_DATE = '2019-05-31';
const [FEW, MANY] = [100, 10_000];
/** Resources of a patient: what grows with patients shows with short records as well, in less time. */
const RESOURCES = 12;

/** Short records of so many patients, a Bundle a line; everybody's ids are a text of this length, unlike anybody else's. */
function writeRecords(path: string, patients: number): void {
  const people = [...generatePopulation({ seed: 7, patients: FEW, asOf: RECORD_DATE })];
  const texts = people.map(([record]) => {
    const bundle = record!.bundle as unknown as Bundle;
    const patient = bundle.entry.find(({ resource }) => resource.resourceType === 'Patient')!.resource;
    const others = bundle.entry.filter(({ resource }) => resource !== patient).slice(0, RESOURCES - 1);
    const text = JSON.stringify({ ...bundle, entry: [{ resource: patient }, ...others] });
    return { id: patient.id, text };
  });
  const file = openSync(path, 'w');
  for (let number = 0; number < patients; number += 1) {
    const { id, text } = texts[number % texts.length]!;
    const round = String(Math.floor(number / texts.length)).padStart(4, '0');
    writeSync(file, `${text.replaceAll(id, id.slice(0, -round.length) + round)}\n`);
  }
  closeSync(file);
}

async function memoryOf(patients: number, folder: string): Promise<number> {
  const input = join(folder, `${patients}.ndjson`);
  writeRecords(input, patients);
  const args = [join(__dirname, 'deidentify.memory.js'), input, RECORD_DATE, join(folder, `of-${patients}`)];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return Number(stdout);
}

async function run(): Promise<BenchFigure> {
  const folder = mkdtempSync(join(tmpdir(), 'aceso-bench-'));
  try {
    const few = await memoryOf(FEW, folder);
    return { value: await memoryOf(MANY, folder), unit: 'MB', baseline: few };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Peak of memory of `aceso deidentify` over 10,000 patients, against that over 100 (at most 1 would be the same). */
export const patientsBench: Bench = { name: 'deidentify-memory', run };
