import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { samplePerson } from '@aceso/extraction/testing';
import type { FhirResource } from '@aceso/fhir';
import { leavesOf, LeakCanaries, type Leak } from './leaks.canaries';
import { searchedPackage, type PackageFile, type SearchedPackage } from './leaks.package';
import { readRecords, type SourceRecords } from './leaks.patients';
import { skipCase } from './ledger.case';
import type { ConformanceCase, ConformanceSuite } from './suite';

const FOLDERS = ['fhir-r4-synthea', 'fhir-r4-synthea-bulk'];
const POLICIES = ['expert-1', 'safe-harbor', 'minimal'] as const;
/** Persons of ours, whose packages show which words are ours. */
const SAMPLE_PERSONS = 60;

/**
 * Makes a whole package of everybody in the folders under each shipped policy and searches every file of it for what
 * names, numbers or dates a person: no case may find anything.
 */
export const leaksSuite: ConformanceSuite = {
  name: 'leaks',
  async *run(dataDir): AsyncGenerator<ConformanceCase> {
    const records = readRecords(FOLDERS.map((folder) => join(dataDir, folder)));
    if (records.patients.length > 0) yield* leakCases(records);
    else yield skipCase('leaks', `${FOLDERS.join(' and ')} are not there`);
  },
};

/** The cases of some records: one a policy and file. */
export async function* leakCases(records: SourceRecords): AsyncGenerator<ConformanceCase> {
  const canaries = new LeakCanaries(records);
  const root = await mkdtemp(join(tmpdir(), 'aceso-leaks-'));
  try {
    const ours = Array.from({ length: SAMPLE_PERSONS }, (_, n) => samplePerson(n) as FhirResource[]);
    const words: string[] = [];
    for (const policyName of POLICIES) {
      const { files } = await searchedPackage(ours, policyName, join(root, `ours-${policyName}`));
      words.push(...files.map(({ text }) => text));
    }
    const dropped = canaries.dropWordsOf(words.join('\n'));
    for (const policyName of POLICIES) {
      const found = await searchedPackage(records.patients, policyName, join(root, policyName));
      for (const file of found.files) yield caseOf(`${policyName}: ${file.name}`, [...leaksOf(file, canaries, found)]);
      const characters = found.files.reduce((sum, { text }) => sum + text.length, 0);
      yield {
        case: `${policyName}: everything was searched`,
        outcome: 'passed',
        note:
          `${policyName}: canaries of ${records.patients.length} patients (${inWords(canaries.counts)}) searched in ` +
          `${found.files.length} files of ${(characters / 1e6).toFixed(1)} million characters; ${dropped} names are words of ours and were left out`,
      };
    }
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

/** Everything in a file that must not be there. */
export function* leaksOf(file: PackageFile, canaries: LeakCanaries, found: SearchedPackage): Generator<Leak> {
  const isData = /^(data|tables)\//.test(file.name);
  const isMoney = /claim|explanationofbenefit/i.test(file.name);
  // A shift moves days of one person onto days of another: days of rows are compared with their own source below.
  yield* canaries.search(file.text, { days: !isData, shortAmounts: isMoney });
  if (file.readable !== undefined) yield* canaries.search(file.readable, { days: false, shortAmounts: false });
  if (file.name.startsWith('data/')) yield* ownDays(file, found);
  else if (isData) yield* strangeDays(file, found);
}

const DATE = /^\d{4}-\d{2}(-\d{2})?/;
const datesOf = (resource: unknown) =>
  [...leavesOf(resource)].filter(([, value]) => typeof value === 'string' && DATE.test(value));
const asDay = ([path, value]: readonly [string, unknown]): string => `${path} ${String(value).slice(0, 10)}`;

interface Row {
  readonly resourceType: string;
  readonly id: string;
}

/** Dates of a row that stand in the same element of the resource that it was made of; every date where years leave only. */
function* ownDays({ text }: PackageFile, { made }: SearchedPackage): Generator<Leak> {
  const isShifted = made.described.manifest.policy.name === 'expert-1';
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const row = JSON.parse(line) as Row;
    const source = made.sources.get(row.id);
    const own = new Set(datesOf(source ?? null).map(asDay));
    for (const date of datesOf(row))
      if (!isShifted || !source || own.has(asDay(date)))
        yield { kind: 'date', element: `${row.resourceType}.${date[0]}` };
  }
}

/** Days of a table that are in no row of the data files. */
function* strangeDays({ name, text }: PackageFile, { days }: SearchedPackage): Generator<Leak> {
  for (const day of new Set([...text.matchAll(/(?<![\w-])\d{4}-\d{2}(-\d{2})?(?![\w-])/g)].map(([one]) => one)))
    if (!days.has(day)) yield { kind: 'date', element: name };
}

function caseOf(name: string, leaks: readonly Leak[]): ConformanceCase {
  if (leaks.length === 0) return { case: name, outcome: 'passed' };
  const found = new Map<string, number>();
  for (const { kind, element } of leaks) {
    const what = `${kind} of ${element}`;
    found.set(what, (found.get(what) ?? 0) + 1);
  }
  return { case: name, outcome: 'failed', reason: [...found].map(([what, count]) => `${count} ${what}`).join('; ') };
}

function inWords(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([kind, count]) => `${count} of kind ${kind}`)
    .join(', ');
}
