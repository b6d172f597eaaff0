import { ledgerStatus, type LedgerStatus } from '@aceso/ledger';
import type { Command } from 'commander';
import { withOwnLedger } from './instance';

/** Adds `aceso ledger status`. */
export function addStatus(ledger: Command): void {
  ledger
    .command('status')
    .description('name, key and size of the log, and what of it is signed and public')
    .option('--json', 'print it as one line of JSON')
    .action(async ({ json }: { json?: boolean }) => {
      const status = await withOwnLedger(({ config, reader, custody }) =>
        ledgerStatus(reader, { ...config, publicKey: custody.ledgerPublicKey() }),
      );
      process.stdout.write(json ? `${JSON.stringify(status)}\n` : asText(status));
    });
}

function asText({ published, signingRecord, ...status }: LedgerStatus): string {
  return [
    `origin: ${status.origin}`,
    `key: ${status.verifierKey}`,
    `size: ${status.size}, in ${status.blocks} blocks; ${status.pending} entries wait`,
    `root: ${status.root ?? 'none yet'}`,
    `signed: size ${status.signedSize}`,
    published ? `public: size ${published.size}, since ${published.at}` : 'public: nothing yet',
    signingRecord ? `signing record: size ${signingRecord.size}` : 'signing record: none yet',
    '',
  ].join('\n');
}
