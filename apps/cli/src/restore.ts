import { readFileSync } from 'node:fs';
import { parseIdentities } from '@aceso/extraction';
import { environment, readConfig } from '@aceso/platform';
import { proveBackup, readKeys, restore, type Proof } from '@aceso/upkeep';
import type { Command } from 'commander';

const EXIT_UNSOUND = 1;

interface Flags {
  readonly from: string;
  readonly keys: string;
  readonly identity?: string;
  readonly signingRecord?: string;
  readonly prove?: boolean;
  readonly json?: boolean;
}

/**
 * Adds `aceso restore`. Exit code 1 of `--prove`: the ledger is damaged, a living record does not open, or an erased one does.
 */
export function registerRestore(program: Command): void {
  program
    .command('restore')
    .description('fill an empty home (ACESO_HOME) from a backup, and erase again what was erased since')
    .requiredOption('--from <folder>', 'the folder of `aceso backup --out`')
    .requiredOption('--keys <path>', 'the newest keys and tombstones: a key folder, or a key backup')
    .option('--identity <file>', 'age identities that open the key backup')
    .option('--signing-record <file>', 'the newest ledger/last-signed.json; without it the ledger signs nothing')
    .option('--prove', 'restore into a scratch home, check everything, report, and leave nothing behind')
    .option('--json', 'print one line of JSON')
    .action(run);
}

async function run({ from, keys: source, identity, signingRecord, prove, json }: Flags): Promise<void> {
  const identities = identity === undefined ? [] : parseIdentities(readFileSync(identity, 'utf8'));
  const keys = await readKeys(source, identities);
  if (prove) {
    const proof = await proveBackup({ from, keys });
    process.stdout.write(json ? `${JSON.stringify(proof)}\n` : asText(proof));
    if (!proof.sound) process.exitCode = EXIT_UNSOUND;
    return;
  }
  const { home, databaseUrl } = readConfig(environment());
  const { files, tombstones } = await restore({ from, home, keys, databaseUrl, signingRecord });
  const report = { files, erasedAgain: tombstones.applied, records: tombstones.records };
  const lines = [
    `${files} files restored; ${tombstones.applied} erasures applied again (${tombstones.records} source records)`,
    ...(signingRecord === undefined ? ['the ledger signs nothing until ledger/last-signed.json is brought back'] : []),
    'start it: aceso serve; the fact index is built anew meanwhile',
  ];
  process.stdout.write(json ? `${JSON.stringify(report)}\n` : `${lines.join('\n')}\n`);
}

function asText({ madeAt, files, tables, rows, fsck, tombstones, records, unreadable, erased, sound }: Proof): string {
  return [
    `backup of ${madeAt}: ${files} files, ${rows} rows of ${tables} tables; checksums agree`,
    `ledger: ${fsck.entries} entries; checked: ${fsck.checks.join('; ')}`,
    ...fsck.findings.map(({ table, key, problem }) => `  ${table} ${key}: ${problem}`),
    `erasures: ${tombstones.all} tombstones, ${tombstones.appliedNow} of them later than the backup`,
    `living source records: ${records.opened} open (${records.resources} resources), ${records.unreadable} do not`,
    ...unreadable.map(({ sourceRecordId, code }) => `  source record ${sourceRecordId}: ${code}`),
    `erased source records: ${erased.records}, of which ${erased.opened} open`,
    sound ? 'the backup is sound' : 'the backup is NOT sound',
    '',
  ].join('\n');
}
