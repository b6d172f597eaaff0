import { configuredWitnesses, ledgerStatus, type LedgerStatus, type WitnessReport } from '@aceso/ledger';
import type { Command } from 'commander';
import { withOwnLedger } from './instance';

const EXIT_CONTRADICTED = 1;

/** Adds `aceso ledger status`. Exit code 1: a witness holds a checkpoint of this log that the stored tree does not. */
export function addStatus(ledger: Command): void {
  ledger
    .command('status')
    .description('name, key and size of the log, what of it is signed and public, and what its witnesses hold')
    .option('--json', 'print it as one line of JSON')
    .action(async ({ json }: { json?: boolean }) => {
      const status = await withOwnLedger(({ config, reader, custody }) =>
        ledgerStatus(reader, {
          ...config,
          publicKey: custody.ledgerPublicKey(),
          witnesses: configuredWitnesses(config),
        }),
      );
      process.stdout.write(json ? `${JSON.stringify(status)}\n` : asText(status));
      if (status.witnesses.some(({ state }) => state === 'contradicts')) process.exitCode = EXIT_CONTRADICTED;
    });
}

function asText({ published, signingRecord, witnesses, ...status }: LedgerStatus): string {
  return [
    `origin: ${status.origin}`,
    `key: ${status.verifierKey}`,
    `size: ${status.size}, in ${status.blocks} blocks; ${status.pending} entries wait`,
    `root: ${status.root ?? 'none yet'}`,
    `signed: size ${status.signedSize}`,
    published ? `public: size ${published.size}, since ${published.at}` : 'public: nothing yet',
    signingRecord ? `signing record: size ${signingRecord.size}` : 'signing record: none yet',
    ...(witnesses.length === 0 ? ['witnesses: none'] : witnesses.map((one) => `witness ${one.witness}: ${words(one)}`)),
    ...witnesses.flatMap(evidence),
    '',
  ].join('\n');
}

function words(report: WitnessReport): string {
  switch (report.state) {
    case 'agrees':
      return `size ${report.size}, cosigned ${report.cosignedAt}`;
    case 'contradicts':
      return `size ${report.size}, CONTRADICTS this log`;
    case 'proves nothing':
      return `shows a checkpoint that proves nothing (${report.code})`;
    case 'shows nothing':
      return 'shows no checkpoint of this log';
    case 'not reached':
      return `not reached (${report.code})`;
    case 'has no address':
      return 'has no http address in the policy';
  }
}

/** Both checkpoints, whole: whoever holds them needs nobody's word. */
function evidence(report: WitnessReport): string[] {
  if (report.state !== 'contradicts') return [];
  const what =
    report.kind === 'larger tree'
      ? `was signed by this log, which ends before it: the database is an older backup`
      : `was signed by this log, which has another tree of that size: the database was forked`;
  return [
    '',
    `size ${report.size} ${what}. Publish nothing; keep both checkpoints; restore the newest database backup.`,
    `--- held by ${report.witness}`,
    report.theirNote.trimEnd(),
    '--- newest of this database',
    report.ownNote?.trimEnd() ?? 'none',
  ];
}
