import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import {
  compileFhirPathRules,
  hashText,
  parseFhirPathRules,
  withId,
  type RulesContext,
} from '@aceso/deidentification/fhir-path-rules';
import { DomainError } from '@aceso/kernel';
import { hmacSha256 } from '@aceso/platform';
import { expectSame, filesBelow, readJson, runCase, skipCase } from './ledger.case';
import type { ConformanceCase } from './suite';

/** The day of the data's own commit, as its README gives it: ages above 89 were judged near it, and targets drift with age. */
const AS_OF = '2025-09-05';
const CONTEXT: RulesContext = { hmacSha256, randomBytes: (length) => new Uint8Array(length), asOf: AS_OF };

type Json = { readonly [member: string]: unknown };

/** Everything under `deid/ms-fhir` that has an answer: pairs, configurations, vectors. */
export async function* fhirPathRuleCases(dataDir: string): AsyncGenerator<ConformanceCase> {
  const folder = join(dataDir, 'deid/ms-fhir');
  if (!existsSync(folder)) {
    yield skipCase('deid/ms-fhir', 'the folder is not there');
    return;
  }
  yield* pairCases(join(folder, 'functional'));
  yield* configurationCases(folder);
  yield* hashCases(folder);
  yield* shiftCases(folder);
  yield* redactionCases(folder);
}

/** As a text, without the byte order mark that some files begin with. */
const textOf = (...path: string[]): string => readFileSync(join(...path), 'utf8').replace(/^\uFEFF/, '');

async function caseOf(name: string, check: () => Promise<void>): Promise<ConformanceCase> {
  try {
    await check();
    return { case: name, outcome: 'passed' };
  } catch (error) {
    return { case: name, outcome: 'failed', reason: error instanceof Error ? error.message : String(error) };
  }
}

async function* pairCases(folder: string): AsyncGenerator<ConformanceCase> {
  const pairs = readJson<{ config: string; input: string; target: string }[]>(folder, 'pairs.json') ?? [];
  for (const { config, input, target } of pairs) {
    yield await caseOf(`${config} on ${input}`, async () => {
      const apply = compileFhirPathRules(await parseFhirPathRules(textOf(folder, config)), CONTEXT);
      const [actual, expected] = [apply(JSON.parse(textOf(folder, input)) as Json), JSON.parse(textOf(folder, target))];
      if (!isDeepStrictEqual(JSON.parse(JSON.stringify(actual)), expected)) expectSame(actual, expected, 'resource');
    });
  }
}

/** What is wrong with a configuration, by its name; names that say nothing of a mistake are to be accepted. */
const MISTAKES: readonly (readonly [name: RegExp, code: string])[] = [
  [/custom-processor|unsupported-method/, 'FHIRPATH_RULE_METHOD_UNSUPPORTED'],
  [/generalize-fail-compiled/, 'FHIRPATH_RULE_CASE_INVALID'],
  [/generalize-invalid-othervalues/, 'FHIRPATH_RULE_OTHER_VALUES_INVALID'],
  [/generalize-miss-cases/, 'FHIRPATH_RULE_CASES_MISSING'],
  [/invalid-encryptkey/, 'FHIRPATH_KEY_INVALID'],
  [/invalid-fhirpath/, 'FHIRPATH_RULE_PATH_INVALID'],
  [/invalid-version/, 'FHIRPATH_RULES_VERSION_UNSUPPORTED'],
  [/miss-replacement/, 'FHIRPATH_RULE_REPLACEMENT_MISSING'],
  [/miss-rules/, 'FHIRPATH_RULES_MISSING'],
  [/perturb-miss-span/, 'FHIRPATH_RULE_SPAN_MISSING'],
  [/perturb-negative-span/, 'FHIRPATH_RULE_SPAN_INVALID'],
  [/perturb-wrong-rangetype/, 'FHIRPATH_RULE_RANGE_TYPE_INVALID'],
  [/perturb-.*-roundTo/, 'FHIRPATH_RULE_ROUND_TO_INVALID'],
];

async function* configurationCases(folder: string): AsyncGenerator<ConformanceCase> {
  const files = filesBelow(folder).filter((file) => /configs[^/]*\/[^/]+\.json$/.test(file));
  for (const file of files) {
    const expected = MISTAKES.find(([name]) => name.test(file))?.[1];
    yield await caseOf(`${file} ${expected === undefined ? 'is accepted' : `is refused: ${expected}`}`, async () => {
      const code = await parseFhirPathRules(textOf(folder, file)).then(
        () => undefined,
        (error: unknown) => (error instanceof DomainError ? error.code : Promise.reject(error as Error)),
      );
      expectSame(code, expected, 'refusal');
    });
  }
  const raise = join(folder, 'functional/configs/configuration-raise-processing-error.json');
  const input = join(folder, 'functional/resources/patient-basic.json');
  if (!existsSync(raise) || !existsSync(input)) return;
  yield await caseOf('a processing error is raised', async () => {
    const apply = compileFhirPathRules(await parseFhirPathRules(textOf(raise)), CONTEXT);
    expectSame(
      refusalOf(() => apply(JSON.parse(textOf(input)) as Json)),
      'FHIRPATH_PROCESSING_FAILED',
      'refusal',
    );
  });
}

function refusalOf(attempt: () => unknown): string | undefined {
  try {
    attempt();
    return undefined;
  } catch (error) {
    if (error instanceof DomainError) return error.code;
    throw error;
  }
}

interface HashVectors {
  readonly key: string;
  readonly utility: readonly (readonly [string | null, string | null])[];
  readonly nodes: readonly (readonly [type: string, value: string, hash: string])[];
  readonly references: readonly (readonly [string, string])[];
}

function* hashCases(folder: string): Generator<ConformanceCase> {
  const vectors = readJson<HashVectors>(folder, 'vectors-cryptohash.json');
  if (!vectors) return;
  const hash = (value: string) => hashText(value, vectors.key, hmacSha256);
  for (const [value, expected] of vectors.utility) {
    yield runCase(`hash of ${value}`, () => expectSame(value === null ? null : hash(value), expected, 'hash'));
  }
  for (const [type, value, expected] of vectors.nodes) {
    yield runCase(`hash of a ${type} ${value}`, () => expectSame(hash(value), expected, 'hash'));
  }
  for (const [value, expected] of vectors.references) {
    yield runCase(`hash in the reference ${value}`, () => expectSame(withId(value, hash), expected, 'reference'));
  }
}

/** A resource with one element of the type, and how it is read back. */
const CARRIERS: { readonly [type: string]: (value: unknown) => Json } = {
  date: (value) => ({ resourceType: 'Patient', birthDate: value }),
  dateTime: (value) => ({ resourceType: 'Patient', deceasedDateTime: value }),
  instant: (value) => ({ resourceType: 'Observation', issued: value }),
  age: (value) => ({ resourceType: 'Condition', onsetAge: { value } }),
  postalCode: (value) => ({ resourceType: 'Patient', address: [{ postalCode: value }] }),
};

/** The value that one rule leaves in an element; null where it is gone. */
async function changed(type: keyof typeof CARRIERS, value: unknown, file: Json): Promise<unknown> {
  const apply = compileFhirPathRules(await parseFhirPathRules(JSON.stringify(file)), {
    ...CONTEXT,
    key: new Uint8Array(32),
  });
  const result = apply(CARRIERS[type]!(value)) as { readonly onsetAge?: Json; readonly address?: readonly Json[] };
  const found: Json = { ...result, ...result.onsetAge, ...result.address?.[0] };
  const member = { date: 'birthDate', dateTime: 'deceasedDateTime', instant: 'issued', age: 'value' }[type] ?? type;
  return found[member] ?? null;
}

interface ShiftVectors {
  readonly exact: readonly (readonly [
    key: string,
    scope: string,
    type: string,
    value: string,
    shifted: string | null,
  ])[];
  readonly bounds: readonly (readonly [value: string, first: string, last: string])[];
}

const shiftOf = (type: string, key: string, partial: boolean): Json => ({
  fhirPathRules: [{ path: `nodesByType('${type}')`, method: 'dateShift' }],
  parameters: { dateShiftKey: key, enablePartialDatesForRedact: partial },
});

async function* shiftCases(folder: string): AsyncGenerator<ConformanceCase> {
  const vectors = readJson<ShiftVectors>(folder, 'vectors-dateshift.json');
  for (const [key, scope, typeText, value, expected] of vectors?.exact ?? []) {
    const type = /^\w+/.exec(typeText)![0];
    const name = `shift of the ${typeText} ${value} under ${key}`;
    if (scope !== '') yield skipCase(name, 'a scope other than the resource is a file or folder name');
    else {
      const rules = shiftOf(type, key, !typeText.includes('redact off'));
      yield await caseOf(name, async () => expectSame(await changed(type, value, rules), expected, 'date'));
    }
  }
  for (const [value, first, last] of vectors?.bounds ?? []) {
    yield await caseOf(`bounds of ${value}`, async () => {
      for (let key = 0; key < 50; key += 1) {
        const shifted = String(await changed('date', value, shiftOf('date', `key ${key}`, true)));
        if (shifted < first || shifted > last) throw new Error(`${shifted} is outside of ${first} to ${last}`);
      }
    });
  }
}

interface MixedVectors {
  readonly postalCode: {
    readonly restricted: readonly string[];
    readonly partialRedact: readonly (readonly [string, string])[];
  };
  readonly dateRedactPartial: readonly (readonly [string, string | null])[];
  readonly agePartial: { readonly cases: readonly (readonly [number, number | null])[] };
  readonly referenceTransform_idTo_atID: readonly (readonly [string, string])[];
}

async function* redactionCases(folder: string): AsyncGenerator<ConformanceCase> {
  const vectors = readJson<MixedVectors>(folder, 'vectors-misc.json');
  if (!vectors) return;
  const { postalCode, dateRedactPartial, agePartial } = vectors;
  const file = (path: string, partial: boolean): Json => ({
    fhirPathRules: [{ path, method: 'redact' }],
    parameters: {
      enablePartialDatesForRedact: partial,
      enablePartialAgesForRedact: partial,
      enablePartialZipCodesForRedact: partial,
      restrictedZipCodeTabulationAreas: postalCode.restricted,
    },
  });
  const redacted = (type: string, value: unknown, path: string, partial = true) =>
    changed(type, value, file(path, partial));
  for (const [code, expected] of postalCode.partialRedact) {
    yield await caseOf(`postal code ${code} in part`, async () => {
      expectSame(await redacted('postalCode', code, "nodesByType('Address')"), expected, 'postal code');
    });
    yield await caseOf(`postal code ${code}`, async () => {
      expectSame(await redacted('postalCode', code, "nodesByType('Address')", false), null, 'postal code');
    });
  }
  for (const [date, expected] of dateRedactPartial) {
    const type = date.includes('T') ? 'dateTime' : 'date';
    yield await caseOf(`date ${date} in part`, async () =>
      expectSame(await redacted(type, date, `nodesByType('${type}')`), expected, 'date'),
    );
  }
  for (const [age, expected] of agePartial.cases) {
    yield await caseOf(`age ${age} in part`, async () =>
      expectSame(await redacted('age', age, "nodesByType('Age')"), expected, 'age'),
    );
  }
  for (const [reference, expected] of vectors.referenceTransform_idTo_atID) {
    yield runCase(`id in the reference ${reference}`, () =>
      expectSame(
        withId(reference, () => '@ID'),
        expected,
        'reference',
      ),
    );
  }
}
