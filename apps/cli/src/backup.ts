import { join } from 'node:path';
import { FolderBlobStore } from '@aceso/platform';
import { backUpKeys, expireKeyBackups, makeBackup, UpkeepError } from '@aceso/upkeep';
import type { Command } from 'commander';
import { withOwnUpkeep } from './own-upkeep';

interface Flags {
  readonly out: string;
  readonly keysTo?: string;
  readonly recipient?: string;
  readonly json?: boolean;
}

/** Adds `aceso backup`: rows and blobs into one folder, keys encrypted into another. The instance may run meanwhile. */
export function registerBackup(program: Command): void {
  program
    .command('backup')
    .description('copy all rows of one moment and all files into a new folder; keys go apart, encrypted, or not at all')
    .requiredOption('--out <folder>', 'a new folder for the data; it holds no key')
    .option('--keys-to <folder>', 'a folder elsewhere for a copy of keys and tombstones; expired ones are removed')
    .option('--recipient <age1…>', 'who can open the copy of the keys')
    .option('--json', 'print one line of JSON')
    .action(backup);
}

async function backup({ out, keysTo, recipient, json }: Flags): Promise<void> {
  if ((keysTo === undefined) !== (recipient === undefined)) {
    throw new UpkeepError('KEY_BACKUP_RECIPIENT_INVALID', '--keys-to and --recipient go together');
  }
  const report = await withOwnUpkeep(async ({ config, runtime, ownerUrl }) => {
    if (ownerUrl === undefined) {
      throw new UpkeepError('BACKUP_DATABASE_FILTERED', 'set DATABASE_URL to the owner of the database');
    }
    const now = runtime.now();
    // First of all: an erasure that comes in between has its tombstone in the next copy, and its rows are gone from this one.
    const apart = { now, apartFrom: out };
    const keys =
      keysTo === undefined || recipient === undefined
        ? null
        : await backUpKeys(join(config.home, 'keys'), { folder: keysTo, recipient, ...apart });
    const blobs = new FolderBlobStore(join(config.home, 'blobs'));
    const manifest = await makeBackup(out, { ownerUrl, origin: config.origin, blobs, now });
    const expired = keysTo === undefined ? [] : expireKeyBackups(keysTo, { days: config.keyBackupDays, now });
    const rows = manifest.tables.reduce((sum, table) => sum + table.rows, 0);
    return { tables: manifest.tables.length, rows, blobs: manifest.blobs.length, epoch: manifest.epoch, keys, expired };
  });
  const lines = [
    `${report.rows} rows of ${report.tables} tables and ${report.blobs} files; keys of epoch ${report.epoch} open them`,
    report.keys === null ? 'keys were not copied: --keys-to' : `keys and tombstones: ${report.keys}`,
    `${report.expired.length} expired key backups removed`,
    'prove it: aceso restore --prove',
  ];
  process.stdout.write(json ? `${JSON.stringify(report)}\n` : `${lines.join('\n')}\n`);
}
