import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import type { BlobStore } from '@aceso/platform';
import { BACKUP_FORMAT, blobFile, MANIFEST_FILE, type BackupManifest } from './backup-manifest';
import { dumpDatabase } from './database-dump';
import { writePrivateStream } from './private-stream';
import { UpkeepError } from './upkeep.errors';

export interface BackupParts {
  readonly ownerUrl: string;
  readonly origin: string;
  readonly blobs: BlobStore;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Called before the manifest is written: a test ends the backup there. */
  readonly beforeManifest?: () => Promise<void> | void;
}

/**
 * Makes a backup in a new folder: rows of one snapshot, then the blobs. Keys are not in it, nor the fact index. It appears under
 * its name when it is whole: a backup that was killed leaves `<out>.part`, which the next one with that name removes. Throws
 * BACKUP_TARGET_TAKEN or BACKUP_DATABASE_FILTERED.
 */
export async function makeBackup(out: string, parts: BackupParts): Promise<BackupManifest> {
  const target = resolve(out);
  if (existsSync(target)) throw new UpkeepError('BACKUP_TARGET_TAKEN', 'the folder of --out exists: name a new one');
  const unfinished = `${target}.part`;
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(dirname(target), { recursive: true });
  await mkdir(unfinished, { mode: 0o700 });
  const database = await dumpDatabase(parts.ownerUrl, unfinished);
  const blobs = await copyBlobs(parts.blobs, unfinished);
  await parts.beforeManifest?.();
  const manifest: BackupManifest = {
    format: BACKUP_FORMAT,
    madeAt: new Date(parts.now).toISOString(),
    origin: parts.origin,
    ...database,
    blobs,
  };
  await writePrivateStream(join(unfinished, MANIFEST_FILE), Readable.from([`${JSON.stringify(manifest)}\n`]));
  await rename(unfinished, target);
  return manifest;
}

/** After the snapshot: what its rows name is there, unless its time has just ended. */
async function copyBlobs(store: BlobStore, folder: string): Promise<BackupManifest['blobs']> {
  const blobs: BackupManifest['blobs'] = [];
  for await (const key of store.list('')) {
    const content = await store.open(key).catch((error: unknown) => {
      if ((error as { code?: unknown }).code === 'BLOB_NOT_FOUND') return undefined;
      throw error;
    });
    if (content) blobs.push({ key, ...(await writePrivateStream(join(folder, blobFile(key)), content)) });
  }
  return blobs;
}
