import { createReadStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { makeTables } from '@aceso/deidentification';
import { narrowView, scopeOfPolicy, SHIPPED_VIEWS, shippedView, type Policy } from '@aceso/deidentification/domain';
import type { BlobStore } from '@aceso/platform';
import type { RuleOf } from './domain/dictionary-field';
import { dataFileOf, tableFileOf } from './domain/package-layout';
import { describeTable, type FileCensus, type PackageTable } from './domain/package-table';
import type { PackagedFile } from './package-assembler';

export interface TablesWork {
  readonly policy: Policy;
  /** Resource types of the request. */
  readonly fields: readonly string[];
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
}

/**
 * Makes the tables of a package from its final data files: one of each shipped view whose resource type the package
 * holds, without the columns that the policy does not let out. Memory does not grow with the rows.
 */
export async function tablesOfPackage(blobs: BlobStore, work: TablesWork): Promise<TablesOfPackage> {
  const scope = scopeOfPolicy(work.policy, work.fields);
  const byName = new Map(work.files.map((file) => [file.name, file]));
  const wanted = SHIPPED_VIEWS.flatMap(({ name, title }) => {
    const view = narrowView(shippedView(name), scope);
    const source = view && byName.get(dataFileOf(view.resource));
    return view && source ? [{ view, title, source }] : [];
  });
  await rm(work.workFolder, { recursive: true, force: true });
  await mkdir(work.workFolder, { recursive: true, mode: 0o700 });
  try {
    const { tables } = await makeTables({
      views: wanted.map(({ view }) => view),
      files: wanted.map(({ source }) => ({ name: source.name, open: () => blobs.open(source.blobKey) })),
      outFolder: work.workFolder,
      format: 'parquet',
    });
    const present = new Set(tables.map(({ name }) => name));
    const files: PackagedFile[] = [];
    const described: PackageTable[] = [];
    for (const [at, { view, title, source }] of wanted.entries()) {
      const { file: made, bytes, sha256, rows, columns } = tables[at]!;
      const file = tableFileOf(view.name);
      const blobKey = `${work.folder}/${file}`;
      await blobs.put(blobKey, createReadStream(join(work.workFolder, made)));
      files.push({ name: file, blobKey, bytes, sha256, rows });
      const written = { view, title, file, bytes, sha256, rows, filled: columns.map(({ filled }) => filled) };
      const census = work.census.find(({ name }) => name === source.name)!;
      described.push(describeTable(written, census, { policy: work.policy, ruleOf: work.ruleOf, present }));
    }
    return { files, tables: described };
  } finally {
    await rm(work.workFolder, { recursive: true, force: true });
  }
}
