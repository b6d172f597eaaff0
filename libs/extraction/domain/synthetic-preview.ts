import {
  byDateThenPseudonym,
  chooseGeneralisation,
  classKey,
  CodePersons,
  compileProjector,
  compileView,
  dropRareCodes,
  generalise,
  LATTICE,
  narrowView,
  quasiIdentifiers,
  rareCodes,
  RegisterRows,
  salePseudonyms,
  scopeOfPolicy,
  SHIPPED_VIEWS,
  shippedView,
  withoutDanglingReferences,
  type Policy,
  type ProjectedRow,
  type QuasiIdentifiers,
  type ReleasedRow,
  type ViewDefinition,
} from '@aceso/deidentification/domain';
import { LineReader, readDemographics, type FhirResource } from '@aceso/fhir';
import { generatePopulation } from '@aceso/fhir/synthetic';
import { assert, utf8, type HmacSha256 } from '@aceso/kernel';

/** Rows of one table, and of one person in it. */
export const PREVIEW_ROWS_MAX = 20;
const ROWS_OF_A_PERSON_MAX = 4;
/** Made-up persons: enough that classes of eleven come of them. */
const PERSONS = 60;
const SEED = 1;
/** A preview is the same on every day. */
const AS_OF = '2026-01-01';
/** Made-up persons need no secret. */
const SALE_KEY = utf8('aceso/preview: no secret, no person');
/** Each round drops codes, so rounds end by themselves. */
const RARE_ROUNDS_MAX = 50;

/** A table as a package would have it, of persons who are made up. */
export interface PreviewTable {
  readonly name: string;
  readonly columns: readonly string[];
  /** Cells in the order of the columns: texts, numbers, booleans, lists of these, null where nothing stands. */
  readonly rows: readonly (readonly unknown[])[];
}

interface Emitted {
  readonly pseudonym: string;
  readonly attributes: QuasiIdentifiers;
  readonly rows: readonly ProjectedRow[];
}

/**
 * The shipped tables that a package would have of made-up persons under a policy. They go the way of a sale: shifted dates, pseudonyms, classes, rare codes. No record of
 * the register is read: nothing here could. Yields between two persons, so that whoever has other work does it.
 */
export function* previewTables(policy: Policy, hmacSha256: HmacSha256): Generator<undefined, readonly PreviewTable[]> {
  const all: Emitted[] = [];
  for (const person of emitted(policy, hmacSha256)) {
    all.push(person);
    yield undefined;
  }
  const choice = chooseGeneralisation(
    all.map(({ attributes }) => ({ attributes, persons: 1 })),
    policy.classSizeMin,
  );
  const staying = all
    .filter(({ attributes }) => !choice.suppressedClasses.has(classKey(generalise(attributes, choice.generalisation))))
    .sort((a, b) => (a.pseudonym < b.pseudonym ? -1 : 1));
  const { patient } = compileProjector(policy, { ...sale(hmacSha256), generalisation: choice.generalisation });
  const rows = withoutRareCodes(staying, policy).map((person) => [
    patient(person, person.attributes).row,
    ...withoutDanglingReferences([...person.rows].sort(byDateThenPseudonym)),
  ]);
  const scope = scopeOfPolicy(policy, [...Object.keys(policy.resources), 'Patient']);
  return SHIPPED_VIEWS.flatMap(({ name }) => {
    const view = narrowView(shippedView(name), scope);
    return view ? [tableOf(view, rows)] : [];
  });
}

function tableOf(view: ViewDefinition, persons: readonly (readonly ReleasedRow[])[]): PreviewTable {
  const compiled = compileView(view, notCompiled);
  const rows: unknown[][] = [];
  for (const person of persons) {
    const most = Math.min(rows.length + ROWS_OF_A_PERSON_MAX, PREVIEW_ROWS_MAX);
    for (const row of person) compiled.rows(row, (cells) => void (rows.length < most && rows.push([...cells])));
  }
  return { name: view.name, columns: compiled.columns.map(({ name }) => name), rows };
}

const sale = (hmacSha256: HmacSha256) => ({ saleKey: SALE_KEY, hmacSha256, asOf: AS_OF });

function* emitted(policy: Policy, hmacSha256: HmacSha256): Generator<Emitted> {
  const projector = compileProjector(policy, { ...sale(hmacSha256), generalisation: LATTICE[0]! });
  const reader = new LineReader();
  let number = 0;
  for (const records of generatePopulation({ seed: SEED, patients: PERSONS, asOf: AS_OF })) {
    number += 1;
    const noted = new RegisterRows(salePseudonyms(sale(hmacSha256)));
    const person = projector.person(String(number), { rows: noted });
    const entries = records.flatMap(({ provider, bundle, device }) =>
      resourcesOf(reader, [bundle, ...device]).map((resource, line) => ({
        resource,
        position: { sourceRecordId: `${number}/${provider}`, sequence: 0, line },
      })),
    );
    for (const { resource, position } of entries) projector.note(resource, position, person);
    const rows = entries.flatMap(({ resource, position }) => projector.project(resource, position, person) ?? []);
    const patient = entries.find(({ resource }) => resource.resourceType === 'Patient');
    assert(patient, 'every made-up record has its patient');
    const attributes = quasiIdentifiers(readDemographics(patient.resource), AS_OF, policy);
    yield { pseudonym: person.pseudonym, attributes, rows };
  }
}

function resourcesOf(reader: LineReader, documents: readonly object[]): FhirResource[] {
  return documents.flatMap((document) =>
    reader
      .read({ number: 1, bytes: utf8(JSON.stringify(document)) })
      .entries.flatMap((entry) => ('read' in entry ? [entry.read.resource] : [])),
  );
}

function withoutRareCodes(persons: readonly Emitted[], policy: Policy): readonly Emitted[] {
  let left = persons;
  for (let round = 0; round < RARE_ROUNDS_MAX; round += 1) {
    const counted = new CodePersons();
    for (const { rows } of left) counted.add(rows);
    const rare = rareCodes(counted.counts(), policy.classSizeMin);
    if (rare.size === 0) break;
    left = left.map((person) => ({
      ...person,
      rows: person.rows.flatMap((row) => dropRareCodes(row, rare, policy) ?? []),
    }));
  }
  return left;
}

function notCompiled(): never {
  throw new Error('paths of shipped views need no library');
}
