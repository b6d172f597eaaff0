import { createReadStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { makeTables, type TableInput } from '@aceso/deidentification';
import {
  narrowView,
  scopeOfPolicy,
  SHIPPED_VIEWS,
  shippedView,
  type OwnViewDocument,
  type Policy,
} from '@aceso/deidentification/domain';
import { assert } from '@aceso/kernel';
import type { BlobStore } from '@aceso/platform';
import type { RuleOf } from './domain/dictionary-field';
import { dataFileOf, tableFileOf } from './domain/package-layout';
import { describeTable, type FileCensus, type LeftOutTable, type PackageTable } from './domain/package-table';
import { ownTables, type MadeTable } from './own-tables';
import type { PackagedFile } from './package-assembler';

export interface TablesWork {
  readonly policy: Policy;
  /** Resource types of the request. */
  readonly fields: readonly string[];
  /** Own views as the request holds them. */
  readonly views?: readonly OwnViewDocument[];
  readonly ruleOf: RuleOf;
  /** The data files of the package as they will leave, and what was counted in them. */
  readonly files: readonly PackagedFile[];
  readonly census: readonly FileCensus[];
  /** Blob key under which the tables are put. */
  readonly folder: string;
  /** A folder of this machine that nobody else uses; removed at the end. */
  readonly workFolder: string;
}

export interface TablesOfPackage {
  readonly files: readonly PackagedFile[];
  readonly tables: readonly PackageTable[];
  /** Tables of own views that are not there. */
  readonly leftOut: readonly LeftOutTable[];
}

/**
 * Makes the tables of a package from its final data files: one of each shipped view whose resource type the package
 * holds, without the columns that the policy does not let out, and one of each own view that can be made. Memory does not
 * grow with the rows.
 */
export async function tablesOfPackage(blobs: BlobStore, work: TablesWork): Promise<TablesOfPackage> {
  const scope = scopeOfPolicy(work.policy, work.fields);
  const byName = new Map(work.files.map((file) => [file.name, file]));
  const wanted = SHIPPED_VIEWS.flatMap(({ name, title }) => {
    const view = narrowView(shippedView(name), scope);
    const source = view && byName.get(dataFileOf(view.resource));
    return view && source ? [{ view, title, source }] : [];
  });
  const inputOf = ({ name, blobKey }: PackagedFile): TableInput => ({ name, open: () => blobs.open(blobKey) });
  await rm(work.workFolder, { recursive: true, force: true });
  await mkdir(work.workFolder, { recursive: true, mode: 0o700 });
  try {
    const { tables } = await makeTables({
      views: wanted.map(({ view }) => view),
      files: wanted.map(({ source }) => inputOf(source)),
      outFolder: work.workFolder,
      format: 'parquet',
    });
    const made = wanted.map(({ view, title, source }, at): MadeTable => {
      return { view, title, source: source.name, made: tables[at]!, persons: censusOf(work, source.name).persons };
    });
    const own = await ownTables(work.views ?? [], {
      scope,
      sourceOf: (resource) => byName.get(dataFileOf(resource)),
      inputOf,
      outFolder: work.workFolder,
    });
    const present = new Set(tables.map(({ name }) => name));
    const packed: Awaited<ReturnType<typeof packTable>>[] = [];
    for (const table of [...made, ...own.tables]) packed.push(await packTable(blobs, work, { table, present }));
    return { files: packed.map(({ file }) => file), tables: packed.map(({ table }) => table), leftOut: own.leftOut };
  } finally {
    await rm(work.workFolder, { recursive: true, force: true });
  }
}

/** Puts a table into the store and describes it. */
async function packTable(
  blobs: BlobStore,
  work: TablesWork,
  {
    table: { view, title, source, made, persons },
    present,
  }: { readonly table: MadeTable; readonly present: ReadonlySet<string> },
): Promise<{ readonly file: PackagedFile; readonly table: PackageTable }> {
  const { bytes, sha256, rows, columns } = made;
  const file = tableFileOf(view.name);
  const blobKey = `${work.folder}/${file}`;
  await blobs.put(blobKey, createReadStream(join(work.workFolder, made.file)));
  const written = { view, title, file, bytes, sha256, rows, persons, filled: columns.map(({ filled }) => filled) };
  const { policy, ruleOf } = work;
  const table = describeTable(written, censusOf(work, source), { policy, ruleOf, present });
  return { file: { name: file, blobKey, bytes, sha256, rows }, table };
}

function censusOf({ census }: TablesWork, file: string): FileCensus {
  const found = census.find(({ name }) => name === file);
  assert(found, 'every data file was counted');
  return found;
}
