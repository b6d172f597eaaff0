import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { UpkeepError } from './upkeep.errors';

export const BACKUP_FORMAT = 'aceso/backup/v1';
export const MANIFEST_FILE = 'manifest.json';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
/** A path inside the backup: no segment leaves it. */
const path = z.string().regex(/^[a-z0-9_][a-z0-9._-]*(\/[a-z0-9_][a-z0-9._-]*)*$/i);
const bytes = z.int().min(0);
const name = z.string().regex(/^[a-z_]+\.[a-z_0-9]+$/);

const Manifest = z.strictObject({
  format: z.literal(BACKUP_FORMAT),
  madeAt: z.iso.datetime(),
  /** Name of the log whose statements and checkpoints are in here. */
  origin: z.string().min(1).max(255),
  /** Names of the migrations that made the tables, in order. */
  schema: z.array(z.string()).min(1),
  /** Newest epoch of a key in here: its master key opens it, as long as there is one. */
  epoch: z.int().min(1),
  /** Entries of the ledger, as a decimal. */
  ledgerSize: z.string().regex(/^[0-9]{1,19}$/),
  tables: z.array(
    z.strictObject({ name, columns: z.array(z.string()).min(1), rows: z.int().min(0), file: path, bytes, sha256 }),
  ),
  sequences: z.array(z.strictObject({ name, last: z.string().regex(/^[0-9]{1,19}$/), called: z.boolean() })),
  blobs: z.array(z.strictObject({ key: path, bytes, sha256 })),
});

/** What a backup says of itself; the last file that is written. */
export type BackupManifest = z.infer<typeof Manifest>;

/** The manifest of a backup. Throws BACKUP_INCOMPLETE where there is none, BACKUP_UNSUPPORTED where it is another format. */
export async function readManifest(folder: string): Promise<BackupManifest> {
  const file = join(folder, MANIFEST_FILE);
  if (!existsSync(file)) {
    throw new UpkeepError('BACKUP_INCOMPLETE', `no ${MANIFEST_FILE}: this is no backup, or one that was not finished`);
  }
  const parsed = Manifest.safeParse(jsonOf(await readFile(file, 'utf8')));
  if (!parsed.success) {
    throw new UpkeepError('BACKUP_UNSUPPORTED', `${MANIFEST_FILE} is not of the format ${BACKUP_FORMAT}, or damaged`);
  }
  return parsed.data;
}

/** Compares every file with its size and checksum. BACKUP_DAMAGED names the first that differs. Tells how many there are. */
export async function checkFiles(folder: string, manifest: BackupManifest): Promise<number> {
  const files = [...manifest.tables, ...manifest.blobs.map(({ key, ...blob }) => ({ ...blob, file: blobFile(key) }))];
  for (const { file, bytes: size, sha256: expected } of files) {
    const found = await digestOf(join(folder, file));
    if (found?.bytes === size && found.sha256 === expected) continue;
    throw new UpkeepError('BACKUP_DAMAGED', `${file} is missing or not what was written: take another backup`);
  }
  return files.length;
}

/** Where a blob lies in a backup. */
export function blobFile(key: string): string {
  return `blobs/${key}`;
}

async function digestOf(file: string): Promise<{ bytes: number; sha256: string } | undefined> {
  if (!existsSync(file)) return undefined;
  const hash = createHash('sha256');
  let size = 0;
  await pipeline(createReadStream(file), async (chunks: AsyncIterable<Buffer>) => {
    for await (const chunk of chunks) {
      hash.update(chunk);
      size += chunk.length;
    }
  });
  return { bytes: size, sha256: hash.digest('hex') };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
