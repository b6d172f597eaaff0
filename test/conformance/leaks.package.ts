import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { releasedPackage, type ReleasedPackage } from '@aceso/extraction/testing';
import { FolderBlobStore } from '@aceso/platform';
import type { SourceRecords } from './leaks.patients';

/** A file of a package as text: a table cell by cell, a row a line. */
export interface PackageFile {
  readonly name: string;
  readonly text: string;
  /** Runs of its bytes that somebody could read, where they are not the text. */
  readonly readable?: string;
}

export interface SearchedPackage {
  readonly files: readonly PackageFile[];
  readonly made: Pick<ReleasedPackage, 'sources' | 'described'>;
  /** Whole days in the data files. */
  readonly days: ReadonlySet<string>;
}

/** A package of these patients under a shipped policy, every file of it read again. `root` is a folder of its own. */
export async function searchedPackage(
  patients: SourceRecords['patients'],
  policyName: string,
  root: string,
): Promise<SearchedPackage> {
  const blobs = new FolderBlobStore(join(root, 'blobs'));
  const made = await releasedPackage(blobs, patients, { folder: 'extraction/leaks', workFolder: root, policyName });
  const files: PackageFile[] = [...made.texts].map(([name, text]) => ({ name, text }));
  for (const { name, blobKey } of made.files)
    files.push(await readFileOf(join(root, 'blobs', 'stored', blobKey), name));
  const data = files.filter(({ name }) => name.startsWith('data/'));
  const days = data.flatMap(({ text }) => [...text.matchAll(/(?<!\d)\d{4}-\d{2}-\d{2}(?!\d)/g)].map(([day]) => day));
  return { files, made, days: new Set(days) };
}

/** Reads a file as text; a table through DuckDB, as its bytes are compressed. */
export async function readFileOf(path: string, name: string): Promise<PackageFile> {
  if (!name.endsWith('.parquet')) return { name, text: await readFile(path, 'utf8') };
  const raw = await readFile(path, 'latin1');
  return { name, text: await cellsOf(path), readable: (raw.match(/[\x20-\x7e]{8,}/g) ?? []).join('\n') };
}

async function cellsOf(path: string): Promise<string> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  try {
    const reader = await connection.runAndReadAll(`select * from read_parquet('${path.replaceAll("'", "''")}')`);
    return reader
      .getRowObjectsJson()
      .map((row) => JSON.stringify(row))
      .join('\n');
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}
