import { accessEventsCheck } from '@aceso/audit';
import { deliveriesCheck } from '@aceso/extraction';
import { fsckLedger, openingsCheck, type FsckReport } from '@aceso/ledger';
import { compareSegments, segmentRowsCheck } from '@aceso/register';
import type { Command } from 'commander';
import { withOwnLedger, type OwnLedger } from './instance';

const EXIT_DAMAGED = 1;
/** A line of progress on a terminal, at most so often (milliseconds). */
const PROGRESS_MS = 1_000;

interface Flags {
  readonly openings?: boolean;
  readonly json?: boolean;
}

/** Adds `aceso ledger fsck`. Exit code 0: everything is as it was logged; 1: the first bad row of each table is named. */
export function addFsck(ledger: Command): void {
  ledger
    .command('fsck')
    .description('recompute the whole log from its rows and name the first bad row of each table')
    .option('--openings', 'open every opening as well; each subject whose key that takes gets an access event')
    .option('--json', 'print the findings as one line of JSON')
    .action(async ({ openings, json }: Flags) => {
      const report = await withOwnLedger((own) => check(own, openings === true));
      process.stdout.write(json ? `${JSON.stringify(asJson(report))}\n` : asText(report));
      if (report.findings.length > 0) process.exitCode = EXIT_DAMAGED;
    });
}

function check(own: OwnLedger, openings: boolean): Promise<FsckReport> {
  const { config, database, custody } = own;
  return database.transaction(
    'worker',
    (tx) =>
      fsckLedger(tx, {
        origin: config.origin,
        publicKey: custody.ledgerPublicKey(),
        signingRecord: config.signingRecord,
        checks: [
          accessEventsCheck,
          segmentRowsCheck,
          deliveriesCheck,
          ...(openings ? [openingsCheck({ ...own, compare: compareSegments })] : []),
        ],
        onProgress: progress(own),
      }),
    { isolation: 'REPEATABLE READ', readOnly: true },
  );
}

function progress({ runtime }: OwnLedger): (entries: bigint) => void {
  let next = runtime.now() + PROGRESS_MS;
  return (entries) => {
    if (!process.stderr.isTTY || runtime.now() < next) return;
    next = runtime.now() + PROGRESS_MS;
    process.stderr.write(`${entries} entries checked\n`);
  };
}

function asJson({ entries, findings, checks }: FsckReport): object {
  return { entries: String(entries), checks, findings };
}

function asText({ entries, findings, checks }: FsckReport): string {
  const verdict = findings.length === 0 ? 'everything is as it was logged' : 'damaged';
  return [
    ...findings.map(({ table, key, problem }) => `${table} ${key}: ${problem}`),
    `${entries} entries; checked: ${checks.join('; ')}`,
    verdict,
    '',
  ].join('\n');
}
