import { relative, resolve } from 'node:path';
import { exportEntries, exportTiles, type Exported } from '@aceso/ledger';
import type { Command } from 'commander';
import { withOwnLedger, type OwnLedger } from './instance';
import { EXIT_USAGE } from './exit-codes';

interface Flags {
  readonly out: string;
  readonly auditor?: boolean;
  readonly entriesOut?: string;
}

/** Adds `aceso ledger export`. */
export function addExport(ledger: Command): void {
  ledger
    .command('export')
    .description('write checkpoint and hash tiles as a static folder that any web server can host')
    .requiredOption('--out <folder>', 'the folder to host; a second run adds what is new')
    .option('--auditor', 'write the entry bundles too, for authorised auditors only')
    .option('--entries-out <folder>', 'where the entry bundles go: never below the hosted folder')
    .action(async (flags: Flags) => {
      const misuse = misuseOf(flags);
      if (misuse !== undefined) ledger.error(`error: ${misuse}`, { exitCode: EXIT_USAGE });
      const { out, entriesOut } = flags;
      await withOwnLedger(async (own) => {
        say('checkpoint and hash tiles', out, await exportTiles(own.reader, out));
        if (entriesOut !== undefined) say('entry bundles', entriesOut, await exportBundles(own, entriesOut));
      });
    });
}

/** What is wrong with the flags; undefined when nothing is. */
function misuseOf({ out, auditor, entriesOut }: Flags): string | undefined {
  if (auditor !== true) return entriesOut === undefined ? undefined : '--entries-out needs --auditor';
  if (entriesOut === undefined) return '--auditor needs --entries-out';
  const isPublic = isBelow(out, entriesOut) || isBelow(entriesOut, out);
  return isPublic ? 'entry bundles are not public: their folder is neither in nor around the hosted one' : undefined;
}

function isBelow(folder: string, inner: string): boolean {
  const path = relative(resolve(folder), resolve(inner));
  return path === '' || !(path.startsWith('..') || resolve(path) === path);
}

/** That the bundles were handed out is an access event, and it commits before the first is read. */
async function exportBundles({ database, reader, keyUseLog }: OwnLedger, folder: string): Promise<Exported> {
  await database.transaction('worker', (tx) =>
    keyUseLog.record(tx, [{ act: 'ledger.entries-exported', subjectId: null, actorId: null }]),
  );
  return exportEntries(reader, folder);
}

function say(what: string, folder: string, { size, written }: Exported): void {
  process.stdout.write(`${what} of size ${size} in ${folder}: ${written} files written\n`);
}
