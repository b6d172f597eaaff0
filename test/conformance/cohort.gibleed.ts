import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { CohortIndex } from '@aceso/cohort';
import { checkCriteria, ConceptTree } from '@aceso/cohort/domain';
import { insertRecordOwner } from '@aceso/cohort/testing';
import { codingOf } from '@aceso/fhir';
import { assert } from '@aceso/kernel';
import { FactMerge } from '@aceso/register';
import { addProvider, ndjson, startStandaloneRegister, type StandaloneRegister } from '@aceso/register/testing';
import { parse } from 'csv-parse/sync';
import { omopResources } from '../../apps/cli/src/omop-files';
import type { ConformanceCase } from './suite';

const FOLDER = 'omop/eunomia-gibleed-5.3';
const SETTINGS = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };
const DAY = '2019-05-31';
const AT_ONCE = 4;
const LINES_AN_UPLOAD = 20_000;

/** OHDSI/Eunomia inst/sql/CreateCohortTable.sql: three events and one of two drugs, each with everything below its concept. */
const CELECOXIB = 1118084;
const DICLOFENAC = 1124300;
const BLEEDING = 192671;

const COHORTS: Readonly<Record<string, { readonly kind: 'condition' | 'medication'; readonly of: readonly number[] }>> =
  {
    '1_Celecoxib': { kind: 'medication', of: [CELECOXIB] },
    '2_Diclofenac': { kind: 'medication', of: [DICLOFENAC] },
    '3_GiBleed': { kind: 'condition', of: [BLEEDING] },
    '4_NSAIDs': { kind: 'medication', of: [CELECOXIB, DICLOFENAC] },
  };

type Row = Readonly<Record<string, string>>;
const tableOf = (folder: string, name: string): Row[] =>
  parse(gunzipSync(readFileSync(join(folder, `${name}.csv.gz`))), {
    columns: (names: string[]) => names.map((each) => each.toLowerCase()),
  });

/** Sends the tables as a provider does, and binds each record to a person who permits to be found. */
async function fill({ kit, ...register }: StandaloneRegister, folder: string): Promise<number> {
  const provider = await addProvider({ ownerQuery: register.ownerQuery } as never);
  let lines: object[] = [];
  let refused = 0;
  const flush = async (): Promise<void> => {
    const { totals } = await kit.ingest(provider, ndjson(...lines));
    refused += lines.length - (totals?.resources.accepted ?? 0);
    lines = [];
  };
  for await (const resource of omopResources(folder)) if (lines.push(resource) === LINES_AN_UPLOAD) await flush();
  if (lines.length > 0) await flush();
  const records = await register.ownerQuery<{ id: string }>(
    `select id from register.source_record where provider_id = $1 and kind = 'patient' order by id`,
    [provider],
  );
  const bind = async (at: number): Promise<void> => {
    const record = { id: records[at]!.id, providerId: provider };
    await kit.index.rebuild(await insertRecordOwner(register.ownerQuery, at + 1, record));
  };
  for (let from = 0; from < records.length; from += AT_ONCE) {
    await Promise.all(records.slice(from, from + AT_ONCE).map((_, at) => bind(from + at)));
  }
  return refused;
}

async function mergeAll({ kit }: StandaloneRegister): Promise<void> {
  let merged = 0;
  for await (const { facts } of new FactMerge(kit.test.database).mergeAll()) merged += facts;
  assert(merged > 0, 'the facts are in blocks');
}

/** The Eunomia sample through ingest, segments and the fact index, against its published cohorts. */
export async function* gibleedCases(dataDir: string): AsyncGenerator<ConformanceCase> {
  const folder = join(dataDir, FOLDER);
  if (!existsSync(folder)) {
    yield { case: FOLDER, outcome: 'skipped', reason: 'the folder is not there' };
    return;
  }
  const file = readFileSync(join(folder, 'EXPECTED-cohort-counts.json'), 'utf8');
  const expected = (JSON.parse(file) as { this_half: Readonly<Record<string, { persons: number }>> }).this_half;
  const concepts = new Map(
    tableOf(folder, 'concept').map((row) => [
      Number(row.concept_id),
      codingOf(Number(row.concept_id), { vocabulary: row.vocabulary_id!, code: row.concept_code! }),
    ]),
  );
  const edges = tableOf(folder, 'concept_ancestor').flatMap((row) => {
    const [above, below] = [
      concepts.get(Number(row.ancestor_concept_id)),
      concepts.get(Number(row.descendant_concept_id)),
    ];
    return above && below && above.system === below.system ? [{ ...below, parent: above.code }] : [];
  });
  const register = await startStandaloneRegister(SETTINGS);
  const index = new CohortIndex(register.kit.test.database, { concepts: new ConceptTree(edges) });
  try {
    const refused = await fill(register, folder);
    yield refused === 0
      ? { case: 'gibleed: every row is taken', outcome: 'passed' }
      : { case: 'gibleed: every row is taken', outcome: 'failed', reason: `${refused} resources were not` };
    for (const merged of [false, true]) {
      if (merged) await mergeAll(register);
      for (const [name, { kind, of }] of Object.entries(COHORTS)) {
        const include = of.map((id) => {
          const { system, code } = concepts.get(id)!;
          return { system, codes: [code], descendants: true };
        });
        const criteria = checkCriteria({
          version: 1,
          sets: { asked: { include } },
          entry: { first: [{ [kind]: { set: 'asked' } }] },
          all: [],
        });
        const steps = await index.count('api', { criteria, day: DAY, adultAgeYears: 18 });
        const [found, wanted] = [steps.at(-1), expected[name]!.persons];
        const where = `gibleed: ${name} in ${merged ? 'blocks' : 'rows'}`;
        yield found === wanted
          ? { case: where, outcome: 'passed', ...(merged && { note: `${name}: ${found} persons, as published` }) }
          : { case: where, outcome: 'failed', reason: `${found} persons, published are ${wanted}` };
      }
    }
  } finally {
    await index.onModuleDestroy();
    await register.stop();
  }
}
