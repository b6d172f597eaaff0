import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { readDemographics, type FhirResource } from '@aceso/fhir';
import { chooseGeneralisation, compileProjector, measureLinkage, policyNamed, quasiIdentifiers } from './domain';
import type { JsonMembers } from './domain/element-rules';
import type { ReleasedRow } from './domain/projector';
import { projectPerson, saleOf } from './testing';

/**
 * Leak and linkage on records that nobody here wrote, patient by patient and element by element. The data lies beside the
 * repository (../shared/data); without it the tests are skipped.
 */
const DATA = join(process.cwd(), '../shared/data/fhir-r4-synthea');
const FILES = ['gen-2019-05-31/part-003.ndjson.gz', 'google-data-pipes-hiv/bundles.ndjson.gz'];
const PATIENTS_A_FILE = 30;
const BULK = join(process.cwd(), '../shared/data/fhir-r4-synthea-bulk/10-patients');
const AS_OF = '2021-12-31';

interface Record {
  readonly resources: readonly FhirResource[];
  readonly patient: FhirResource;
}

function linesOf(path: string): string[] {
  return gunzipSync(readFileSync(path))
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '');
}

function bundles(): Record[] {
  return FILES.flatMap((file) => linesOf(join(DATA, file)).slice(0, PATIENTS_A_FILE)).map((line) => {
    const resources = (JSON.parse(line) as { entry: { resource: FhirResource }[] }).entry.map(
      ({ resource }) => resource,
    );
    return { resources, patient: resources.find(({ resourceType }) => resourceType === 'Patient')! };
  });
}

/** Bulk exports: a file a type, references as Type/id. */
function bulkRecords(): Record[] {
  const all = readdirSync(BULK)
    .filter((name) => name !== 'log.ndjson.gz')
    .flatMap((name) => linesOf(join(BULK, name)))
    .map((line) => JSON.parse(line) as FhirResource);
  const owner = (resource: FhirResource) =>
    ((resource['subject'] ?? resource['patient']) as { reference?: string } | undefined)?.reference;
  return all
    .filter(({ resourceType }) => resourceType === 'Patient')
    .map((patient) => ({
      patient,
      resources: [patient, ...all.filter((resource) => owner(resource) === `Patient/${patient.id}`)],
    }));
}

function release(records: readonly Record[], keyByte: number, policyName = 'expert-1'): ReleasedRow[][] {
  const policy = policyNamed(policyName);
  const attributes = records.map(({ patient }) => quasiIdentifiers(readDemographics(patient), AS_OF, policy));
  const { generalisation } = chooseGeneralisation(
    attributes.map((one) => ({ attributes: one, persons: 1 })),
    5,
  );
  const projector = compileProjector(policy, saleOf(keyByte, { asOf: AS_OF, generalisation }));
  return records.map(({ resources }, number) => {
    const entries = resources.map((resource, line) => ({
      resource,
      position: { sourceRecordId: `s${number}`, sequence: 1, line },
    }));
    return projectPerson(projector, projector.person(`p${number}`), { entries, attributes: attributes[number]! });
  });
}

type Leaf = readonly [path: string, value: unknown];

function* leaves(value: unknown, path = ''): Generator<Leaf> {
  if (Array.isArray(value)) for (const one of value) yield* leaves(one, path);
  else if (typeof value === 'object' && value !== null) {
    for (const [member, inner] of Object.entries(value))
      yield* leaves(inner, path === '' ? member : `${path}.${member}`);
  } else yield [path, value];
}

/** Elements of a source record whose texts name the person, a carer or a place, or are numbers of theirs. */
const SECRET =
  /(^|\.)(id|reference|fullUrl|family|given|line|city|postalCode|serialNumber|lotNumber|distinctIdentifier|deviceIdentifier|carrierHRF|uid|data|div|valueString|note|name)$|identifier\.value$|telecom\.value$|valueAddress\./;
/** 128 bits in hexadecimal hold short digits of anything by chance. */
const PSEUDONYM = /[0-9a-f]{32}/;
const DISPLAY_OF_SOMEBODY =
  /Reference|subject|patient|individual|provider|performer|author|facility|location|who|requester/i;
const DATE = /^\d{4}-\d{2}(-\d{2}(T.*)?)?$/;
const TIME = /T?\d{2}:\d{2}(:\d{2})?/;

/** Shorter numbers stand in codes by chance: a practitioner's number of three digits is a vaccine's code. */
const SECRET_DIGITS_MIN = 5;
const SECRET_LENGTH_MIN = 3;
const isShortNumber = (text: string) => text.length < SECRET_DIGITS_MIN && /^\d+$/.test(text);

/** Texts of the source that must not be found anywhere in the output of this person. */
function secretsOf({ resources }: Record): Set<string> {
  const secrets = new Set<string>();
  for (const resource of resources) {
    for (const [path, value] of leaves(resource)) {
      if (typeof value !== 'string' || value.length < SECRET_LENGTH_MIN || isShortNumber(value)) continue;
      const names = path.endsWith('display') && DISPLAY_OF_SOMEBODY.test(path);
      if (names || SECRET.test(path)) secrets.add(value.replace(/^urn:uuid:/, '').replace(/^[A-Za-z]+\//, ''));
    }
  }
  return secrets;
}

/** Numbers of the source that are amounts of money, by their currency. */
function amountsOf(value: unknown, amounts = new Set<number>()): Set<number> {
  if (Array.isArray(value)) value.forEach((one) => amountsOf(one, amounts));
  else if (typeof value === 'object' && value !== null) {
    const members = value as JsonMembers;
    if (typeof members['currency'] === 'string') amounts.add(members['value'] as number);
    Object.values(members).forEach((inner) => amountsOf(inner, amounts));
  }
  return amounts;
}

const MONEY_ELEMENTS = ['total', 'payment', 'net', 'adjudication', 'amount', 'unitPrice'];
const ABSENT = new Set([
  'text',
  'note',
  'identifier',
  'meta',
  'extension',
  'contained',
  'valueString',
  'display',
  ...MONEY_ELEMENTS,
]);

function leaksOf(record: Record, rows: readonly ReleasedRow[]): string[] {
  const amounts = amountsOf(record.resources);
  const found = new Set<string>();
  const texts = new Set<string>();
  for (const row of rows) {
    for (const [path, value] of leaves(row)) {
      const at = `${row.resourceType}.${path}`;
      if (typeof value === 'string') texts.add(value.replace(PSEUDONYM, 'pseudonym'));
      if (typeof value === 'string' && TIME.test(value)) found.add(`${at}: a time of day`);
      if (path.split('.').some((name) => ABSENT.has(name))) found.add(`${at}: an element that never leaves`);
      if (
        typeof value === 'number' &&
        !Number.isInteger(value) &&
        amounts.has(value) &&
        /^Claim|^Explanation/.test(at)
      ) {
        found.add(`${at}: an amount`);
      }
    }
  }
  const pseudonyms = new Set(rows.flatMap((row) => [row.id, row.subject?.reference.slice('Patient/'.length)]));
  // Anywhere inside any text of the output, not only as a whole.
  const output = [...texts].join('\n');
  for (const secret of secretsOf(record)) {
    if (output.includes(secret) || pseudonyms.has(secret.replaceAll('-', '')))
      found.add(`a secret of ${secret.length} characters`);
  }
  return [...found];
}

/** Dates of the output that stand in the same element of the very resource that the row was made from. */
function ownDatesOf(record: Record, number: number): string[] {
  const projector = compileProjector(policyNamed('expert-1'), saleOf(1, { asOf: AS_OF }));
  const person = projector.person(`p${number}`);
  const found: string[] = [];
  const position = (line: number) => ({ sourceRecordId: 's', sequence: 1, line });
  record.resources.forEach((resource, line) => projector.note(resource, position(line), person));
  record.resources.forEach((resource, line) => {
    const row = projector.project(resource, position(line), person)?.row;
    if (!row) return;
    const own = new Set(datesOf(resource).map(([path, date]) => `${path}=${date.slice(0, 10)}`));
    for (const [path, date] of datesOf(row)) if (own.has(`${path}=${date}`)) found.push(`${row.resourceType}.${path}`);
  });
  return found;
}

const datesOf = (resource: JsonMembers) =>
  [...leaves(resource)].filter(
    (leaf): leaf is readonly [string, string] => typeof leaf[1] === 'string' && DATE.test(leaf[1]),
  );

const present = existsSync(DATA) && existsSync(BULK);
if (!present) process.stderr.write('leak and linkage on real records skipped: ../shared/data is absent\n');

(present ? describe : describe.skip)('released rows of real records', () => {
  const records = present ? [...bundles(), ...bulkRecords()] : [];
  const released = present ? release(records, 1) : [];

  it('exist: most of what the records hold is released', () => {
    expect(records.length).toBeGreaterThan(70);
    const share = (type: string) => {
      const of = (rows: readonly { readonly resourceType: string }[][]) =>
        rows.flat().filter(({ resourceType }) => resourceType === type).length;
      return of(released as ReleasedRow[][]) / of(records.map(({ resources }) => [...resources]));
    };
    for (const type of [
      'Encounter',
      'Condition',
      'Observation',
      'Procedure',
      'MedicationRequest',
      'Immunization',
      'DiagnosticReport',
      'Claim',
    ]) {
      expect([type, share(type) > 0.8]).toEqual([type, true]);
    }
    expect(share('Patient')).toBe(1);
  });

  it.each(['expert-1', 'safe-harbor', 'minimal'])(
    'under %s hold no name, address, number, source id, text, amount or time of day',
    (policy) => {
      const rows = policy === 'expert-1' ? released : release(records, 1, policy);
      expect(records.flatMap((record, index) => leaksOf(record, rows[index]!))).toEqual([]);
    },
  );

  it('hold no own source date in any element', () => {
    expect(records.flatMap((record, number) => ownDatesOf(record, number))).toEqual([]);
  });

  it('under safe-harbor hold no part of a date but the year', () => {
    const rows = release(records, 1, 'safe-harbor').flat();
    const dates = rows
      .flatMap((row) => [...leaves(row)])
      .filter(([, value]) => typeof value === 'string' && DATE.test(value));
    expect(dates).toEqual([]);
    expect(rows.some((row) => row['period'] && /^\d{4}$/.test((row['period'] as { start: string }).start))).toBe(true);
  });

  it('hold numbers of four significant digits at most', () => {
    const numbers = released.flat().flatMap((row) => [...leaves(row)].filter(([, value]) => typeof value === 'number'));
    expect(numbers.filter(([, value]) => Number((value as number).toPrecision(4)) !== value)).toEqual([]);
  });

  it('of two sales join by nothing but values; the rate by values is printed', () => {
    const linkage = measureLinkage(released.flat(), shuffled(release(records, 2)).flat());
    const perCent = (share: number) => `${(share * 100).toFixed(1)} %`;
    const { diagnoses, codes, intervals, numbers } = linkage.byValues;
    process.stderr.write(
      `linkage of two sales of ${linkage.persons[0]} persons: by identifiers ${linkage.sharedIdentifiers}, by dates ${linkage.byDates}, ` +
        `by values: diagnoses ${perCent(diagnoses)}, codes ${perCent(codes)}, intervals ${perCent(intervals)}, numbers ${perCent(numbers)}\n`,
    );
    expect(linkage.sharedIdentifiers).toBe(0);
    expect(linkage.byDates).toBe(0);
  });
});

/** Files are ordered by pseudonym, which is unrelated from sale to sale. */
function shuffled(rows: ReleasedRow[][]): ReleasedRow[][] {
  return [...rows].sort((a, b) => (a[0]!.id < b[0]!.id ? -1 : 1));
}
