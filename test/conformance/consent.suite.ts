import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { FhirConsentError, importConsent, type FhirVersion } from '@aceso/consent/domain';
import { FACTS, PARTIES, R4_EXPECTED, type Expected, type FactCase } from './consent.cases';
import { expectSame, runCase, skipCase } from './ledger.case';
import type { ConformanceCase, ConformanceSuite } from './suite';

const EXAMPLES = 'fhir-r4-official-examples/examples.ndjson.gz';

/** FHIR Consent: HL7's published examples, read from their files, and what R4 and R5 can say as facts of our own. */
export const consentSuite: ConformanceSuite = {
  name: 'consent',
  async *run(dataDir: string): AsyncGenerator<ConformanceCase> {
    for (const fact of FACTS) yield runCase(fact.name, () => judge(documentOf(fact), fact));
    yield* published(join(dataDir, EXAMPLES));
  },
};

function* published(file: string): Generator<ConformanceCase> {
  if (!existsSync(file)) {
    yield skipCase(EXAMPLES, 'the file is not there');
    return;
  }
  const lines = gunzipSync(readFileSync(file)).toString('utf8').split('\n');
  const examples = new Map(
    lines
      .filter((line) => line.includes('"Consent"'))
      .map((line) => JSON.parse(line) as { readonly resourceType: string; readonly id: string })
      .filter(({ resourceType }) => resourceType === 'Consent')
      .map((example) => [example.id, example]),
  );
  for (const [id, expected] of Object.entries(R4_EXPECTED)) {
    yield runCase(`published R4 ${id}`, () => judge(examples.get(id), { version: 'r4', expected }));
  }
  yield runCase('every published R4 Consent has its expectation', () =>
    expectSame(
      [...examples.keys()].filter((id) => !(id in R4_EXPECTED)),
      [],
      'without',
    ),
  );
}

function documentOf({ version, says }: FactCase): object {
  const scope = { system: 'http://terminology.hl7.org/CodeSystem/consentscope', code: 'patient-privacy' };
  return {
    resourceType: 'Consent',
    status: 'active',
    ...(version === 'r4' && { scope: { coding: [scope] } }),
    ...says,
  };
}

interface Reading {
  readonly version: FhirVersion;
  readonly expected: Expected;
  readonly strict?: boolean;
}

function judge(document: unknown, { version, expected, strict }: Reading): void {
  const everyone = strict ? {} : ({ everyone: 'physicians' } as const);
  const findParty = (reference: string) => PARTIES[reference];
  let found: Expected;
  try {
    found = { rules: importConsent(document, { version, findParty, ...everyone }) };
  } catch (error) {
    if (!(error instanceof FhirConsentError)) throw error;
    found = { refused: error.path };
  }
  expectSame(found, expected, 'reading');
}
