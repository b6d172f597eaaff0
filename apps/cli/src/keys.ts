import { environment, readConfig, Runtime } from '@aceso/platform';
import { expireKeyBackups, type EpochState } from '@aceso/upkeep';
import type { Command } from 'commander';
import { withOwnUpkeep } from './own-upkeep';

interface Flags {
  readonly json?: boolean;
}

/** Adds `aceso keys`: the epochs of the master keys, on the operator's own machine. No command shows a key. */
export function registerKeys(program: Command): void {
  const keys = program.command('keys').description('the epochs of the master keys; no secret is ever printed');
  keys
    .command('list')
    .description('show the epochs, and which keys of them are here')
    .option('--json', 'print one line of JSON')
    .action(list);
  keys
    .command('rotate')
    .description(
      'begin a new epoch now, wrap living keys anew and destroy the old master key; run it again if it was ended',
    )
    .option('--json', 'print one line of JSON')
    .action(rotate);
  keys
    .command('expire-backups')
    .description('remove key backups that are older than ACESO_KEY_BACKUP_DAYS from a folder')
    .requiredOption('--from <folder>', 'the folder of `aceso backup --keys-to`')
    .action(expire);
}

async function list({ json }: Flags): Promise<void> {
  const states = await withOwnUpkeep(({ turns }) => turns.states());
  process.stdout.write(json ? `${JSON.stringify(states)}\n` : states.map(asLine).join(''));
}

function asLine({ epoch, state, began, ended, newest }: EpochState): string {
  const times = [began && `began ${began.toISOString()}`, ended && `ended ${ended.toISOString()}`].filter(Boolean);
  return `epoch ${epoch}: ${[state, ...times, ...(newest ? ['newest'] : [])].join(', ')}\n`;
}

async function rotate({ json }: Flags): Promise<void> {
  const report = await withOwnUpkeep(({ turns }) => turns.turn());
  const { epoch, wrapped, destroyed } = report;
  const ended = destroyed.length === 0 ? 'none' : destroyed.join(', ');
  process.stdout.write(
    json ? `${JSON.stringify(report)}\n` : `epoch ${epoch}: ${wrapped} keys wrapped anew; destroyed epochs: ${ended}\n`,
  );
}

function expire({ from }: { readonly from: string }): void {
  const { keyBackupDays } = readConfig(environment());
  const names = expireKeyBackups(from, { days: keyBackupDays, now: new Runtime().now() });
  process.stdout.write(`${names.length} key backups older than ${keyBackupDays} days were removed\n`);
}
