import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { OMOP_TABLES, omopResource, type OmopConcept, type OmopRow } from '@aceso/fhir';
import { DomainError } from '@aceso/kernel';
import { CsvError, parse } from 'csv-parse';

export type OmopFileErrorCode = 'OMOP_FILE_MALFORMED' | 'OMOP_FILE_MISSING' | 'OMOP_TOO_LARGE';
export class OmopFileError extends DomainError<OmopFileErrorCode> {}

/** A longer record is a missing quotation mark rather than a record. */
const RECORD_CHARACTERS_MAX = 1_048_576;
/** Ids that are kept in memory: of visits, of persons who died, of concepts that are used. */
const IDS_MAX = 16_000_000;

/** What stands in a folder of tables. */
interface Known {
  readonly concepts: Map<number, OmopConcept>;
  readonly deaths: ReadonlyMap<string, string>;
  readonly visits: ReadonlySet<string>;
}

/**
 * The rows of a folder of OMOP CDM 5.x tables (CSV or what Athena calls CSV, with tabs; also .gz) as FHIR R4 resources, persons first. Two passes: ids
 * of concepts, visits and deaths, then the rows. Throws OMOP_FILE_MISSING, OMOP_FILE_MALFORMED with file and record, OMOP_TOO_LARGE.
 */
export async function* omopResources(folder: string): AsyncGenerator<object> {
  const files = await tablesOf(folder);
  for (const table of ['person', 'concept'])
    if (!files.has(table)) throw new OmopFileError('OMOP_FILE_MISSING', `${folder} has no ${table}.csv`);
  const known = await readKnown(files);
  const context = {
    concept: (id: number) => known.concepts.get(id),
    death: (personId: string) => known.deaths.get(personId),
    hasVisit: (visitId: string) => known.visits.has(visitId),
  };
  for (const table of Object.keys(OMOP_TABLES)) {
    const file = files.get(table);
    if (file === undefined) continue;
    for await (const row of rowsOf(file)) {
      const resource = omopResource(table, row, context);
      if (resource) yield resource;
    }
  }
}

/** Files by the table that they hold: `person.csv`, `PERSON.csv.gz`. */
async function tablesOf(folder: string): Promise<Map<string, string>> {
  const entries = await readdir(folder).catch((cause: unknown) => {
    throw new OmopFileError('OMOP_FILE_MISSING', `${folder} is no folder that can be read`, { cause });
  });
  return new Map(
    entries.flatMap((name) => {
      const table = /^([a-z_]+)\.csv(?:\.gz)?$/.exec(name.toLowerCase())?.[1];
      return table === undefined ? [] : [[table, join(folder, name)] as const];
    }),
  );
}

async function readKnown(files: ReadonlyMap<string, string>): Promise<Known> {
  const used = new Set<number>();
  const visits = new Set<string>();
  const deaths = new Map<string, string>();
  for (const [table, { concepts }] of Object.entries(OMOP_TABLES)) {
    const file = files.get(table);
    if (file === undefined || concepts.length === 0) continue;
    for await (const row of rowsOf(file)) {
      for (const column of concepts) used.add(Number(row[column] ?? 0));
      if (table === 'visit_occurrence' && row.visit_occurrence_id) visits.add(row.visit_occurrence_id);
      checkSize(used.size + visits.size);
    }
  }
  const deathFile = files.get('death');
  if (deathFile !== undefined) {
    for await (const { person_id: person, death_date: date } of rowsOf(deathFile)) {
      if (person) deaths.set(person, date ?? '');
      checkSize(deaths.size);
    }
  }
  return { concepts: await readConcepts(files.get('concept')!, used), deaths, visits };
}

/** Of a vocabulary of millions, the concepts that rows name. */
async function readConcepts(file: string, used: ReadonlySet<number>): Promise<Map<number, OmopConcept>> {
  const concepts = new Map<number, OmopConcept>();
  for await (const row of rowsOf(file)) {
    const { concept_id: id, vocabulary_id: vocabulary, concept_code: code, concept_name: name } = row;
    if (vocabulary && code && used.has(Number(id))) concepts.set(Number(id), { vocabulary, code, name });
  }
  return concepts;
}

function checkSize(count: number): void {
  if (count > IDS_MAX)
    throw new OmopFileError('OMOP_TOO_LARGE', `more than ${IDS_MAX} visits or deaths; send the persons in parts`);
}

/** Rows by the names of their columns in small letters. */
async function* rowsOf(file: string): AsyncGenerator<OmopRow> {
  const delimiter = await delimiterOf(file);
  const bytes = createReadStream(file);
  const text: Readable = file.toLowerCase().endsWith('.gz') ? bytes.pipe(createGunzip()) : bytes;
  bytes.once('error', (error: Error) => text.destroy(error));
  const parser = parse({
    bom: true,
    columns: (names: string[]) => names.map((name) => name.toLowerCase()),
    delimiter,
    // Athena writes tabs and no quotation marks: those that stand there are inches.
    quote: delimiter === '\t' ? null : '"',
    max_record_size: RECORD_CHARACTERS_MAX,
    skip_empty_lines: true,
  });
  text.once('error', (error: Error) => parser.destroy(error)).pipe(parser);
  let record = 0;
  try {
    for await (const row of parser as AsyncIterable<OmopRow>) {
      record += 1;
      yield row;
    }
  } catch (error) {
    if (error instanceof OmopFileError || !(error instanceof CsvError || isSystem(error))) throw error;
    // The message of the parser quotes the record: it is not passed on.
    throw new OmopFileError('OMOP_FILE_MALFORMED', `${file} cannot be read at record ${record + 1}`);
  } finally {
    bytes.destroy();
  }
}

/** By its heading: a tab stands in no name of a column. */
async function delimiterOf(file: string): Promise<string> {
  const bytes = createReadStream(file, { end: 65_535 });
  const text = file.toLowerCase().endsWith('.gz') ? bytes.pipe(createGunzip()) : bytes;
  try {
    for await (const part of text as AsyncIterable<Buffer>) {
      return part.toString('utf8').split('\n', 1)[0]!.includes('\t') ? '\t' : ',';
    }
  } catch (error) {
    if (!isSystem(error)) throw error;
  } finally {
    bytes.destroy();
  }
  return ',';
}

/** An error of the file system or of gzip, by the code that Node gives it. */
const isSystem = (error: unknown): boolean => /^(E[A-Z]+|Z_[A-Z_]+)$/.test(String((error as { code?: unknown }).code));
