import { createReadStream } from 'node:fs';
import { copyFile, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  applyTombstones,
  FolderBlobStore,
  KeyCustody,
  knowEpochs,
  knownMigrations,
  migrate,
  ORIGIN_DEFAULT,
  provideRoles,
  startEmbeddedPostgres,
  type AppliedTombstones,
  type RoleUrls,
} from '@aceso/platform';
import { keepOrigin, markRestore, unmarkRestore } from '@aceso/platform/supervisor';
import { Client } from 'pg';
import { blobFile, checkFiles, readManifest, type BackupManifest } from './backup-manifest';
import { loadDatabase } from './database-dump';
import { writeKeyFolder, type KeyFiles } from './key-backup';
import { UpkeepError } from './upkeep.errors';

export interface RestoreRequest {
  /** Folder of the backup. */
  readonly from: string;
  /** Empty or missing. */
  readonly home: string;
  /** Newest keys and tombstones that there are: what was erased after the backup is erased again. */
  readonly keys: KeyFiles;
  /** Owner's address of an unused database; the embedded server where it is not set. */
  readonly databaseUrl?: string | undefined;
  /** The newest record of what the ledger signed (`ledger/last-signed.json`); without it the ledger signs nothing. */
  readonly signingRecord?: string | undefined;
}

/** What was restored. */
export interface Restored {
  readonly manifest: BackupManifest;
  /** Files whose checksums were compared. */
  readonly files: number;
  readonly tombstones: AppliedTombstones;
}

/** A restored instance whose database runs. */
export interface RunningRestore extends Restored {
  readonly ownerUrl: string;
  readonly roleUrls: RoleUrls;
  close(): Promise<void>;
}

/**
 * Restores a backup into an empty home. Checksums are compared before anything is written, tombstones are applied before the
 * home can be served; a restore that was killed leaves a home that nothing serves. Throws HOME_IN_USE, RESTORE_TARGET_TAKEN,
 * RESTORE_NEEDS_SUPERUSER or what is wrong with the backup.
 */
export async function restore(request: RestoreRequest): Promise<Restored> {
  const { manifest, files, tombstones, close } = await restoreRunning(request);
  await close();
  return { manifest, files, tombstones };
}

/** The same, and leaves the database running until `close`. */
export async function restoreRunning(request: RestoreRequest): Promise<RunningRestore> {
  const { from, home, keys, databaseUrl } = request;
  const manifest = await readManifest(from);
  const migrations = knownMigrations();
  if (manifest.schema.some((name, at) => migrations[at] !== name)) {
    throw new UpkeepError('BACKUP_UNSUPPORTED', 'the backup is of a newer release: restore it with that one');
  }
  const files = await checkFiles(from, manifest);
  markRestore(home);
  writeKeyFolder(join(home, 'keys'), keys);
  if (manifest.origin.startsWith(`${ORIGIN_DEFAULT}-`)) keepOrigin(home, manifest.origin);
  await placeSigningRecord(request);
  const server = databaseUrl === undefined ? await startEmbeddedPostgres({ home }) : undefined;
  const ownerUrl = server?.ownerUrl ?? (databaseUrl as string);
  const close = async (): Promise<void> => server?.stop();
  try {
    await refuseUsed(ownerUrl);
    await migrate(ownerUrl, manifest.schema.length);
    await loadDatabase(ownerUrl, from, manifest);
    await migrate(ownerUrl);
    await restoreBlobs(request, manifest);
    await knowEpochs(ownerUrl, new KeyCustody(join(home, 'keys'), []).epochs());
    const tombstones = await applyTombstones(ownerUrl, join(home, 'keys'));
    const roleUrls = await provideRoles(home, ownerUrl);
    unmarkRestore(home);
    return { manifest, files, tombstones, ownerUrl, roleUrls, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function placeSigningRecord({ home, signingRecord }: RestoreRequest): Promise<void> {
  if (signingRecord === undefined) return;
  const target = join(home, 'ledger', 'last-signed.json');
  await mkdir(dirname(target), { recursive: true, mode: 0o700 });
  await copyFile(signingRecord, target);
}

async function restoreBlobs({ from, home }: RestoreRequest, { blobs }: BackupManifest): Promise<void> {
  const store = new FolderBlobStore(join(home, 'blobs'));
  for (const { key } of blobs) await store.put(key, createReadStream(join(from, blobFile(key))));
}

/** A database with rows of ours would lose them. */
async function refuseUsed(ownerUrl: string): Promise<void> {
  const client = new Client({ connectionString: ownerUrl, application_name: 'aceso-restore' });
  await client.connect();
  try {
    const { rows } = await client.query<{ used: boolean }>(`select to_regnamespace('platform') is not null as used`);
    if (!rows[0]?.used) return;
  } finally {
    await client.end();
  }
  throw new UpkeepError('RESTORE_TARGET_TAKEN', 'DATABASE_URL names a database that was used: name an unused one');
}
