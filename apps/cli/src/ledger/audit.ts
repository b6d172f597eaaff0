import { readFile } from 'node:fs/promises';
import { EXIT_CODES } from '@aceso/extraction';
import { DomainError } from '@aceso/kernel';
import { LedgerError } from '@aceso/ledger';
import type { TileName } from '@aceso/ledger/domain';
import { loadMlDsa44, sha256, verifyEd25519 } from '@aceso/platform';
import type { Command } from 'commander';
import { auditLog, type AuditReport } from './audit-log';
import { EXIT_USAGE } from './exit-codes';
import { remoteLog } from './tile-source';

const FILE_BYTES_MAX = 1_000_000;

interface Flags {
  readonly from: string;
  readonly policy?: string;
  readonly tokenFile?: string;
  readonly entriesFrom?: string;
  readonly since?: string;
  readonly json?: boolean;
}

/** Adds `aceso ledger audit`. Exit code 0 verified, 1 broken, 2 intact but origin not proven, like `aceso verify`. */
export function addAudit(ledger: Command): void {
  ledger
    .command('audit')
    .description("verify somebody else's log from its hash tiles, and its entries where you may see them")
    .requiredOption('--from <url or folder>', 'prefix of the log, like https://aceso.example.org/ledger')
    .option('--policy <file>', 'your own trust policy; without it the origin cannot be proven')
    .option('--token-file <file>', "an auditor's bearer token: entries and blocks are checked, too")
    .option('--entries-from <folder>', 'entry bundles that were handed to you, in place of a token')
    .option('--since <file>', 'a signed checkpoint that you kept: the log must go on from it')
    .option('--json', 'print the report as one line of JSON')
    .action(async (flags: Flags) => {
      if (flags.tokenFile !== undefined && flags.entriesFrom !== undefined) {
        ledger.error('error: entries come with --token-file or --entries-from', { exitCode: EXIT_USAGE });
      }
      process.exitCode = await audit(flags);
    });
}

async function audit(flags: Flags): Promise<number> {
  try {
    const token = flags.tokenFile === undefined ? undefined : (await readOwn(flags.tokenFile)).toString('utf8').trim();
    const log = remoteLog(flags.from, token);
    const bundles = flags.entriesFrom === undefined ? log : remoteLog(flags.entriesFrom, undefined);
    const question = {
      checkpoint: log.checkpoint,
      tiles: (name: TileName) => (typeof name.level === 'number' ? log.tiles(name) : bundles.tiles(name)),
      withEntries: token !== undefined || flags.entriesFrom !== undefined,
      policyText: flags.policy === undefined ? undefined : (await readOwn(flags.policy)).toString('utf8'),
      older: flags.since === undefined ? undefined : await readOwn(flags.since),
    };
    const report = await auditLog(question, { sha256, verifyEd25519, verifyMlDsa44: await loadMlDsa44() });
    process.stdout.write(flags.json ? `${JSON.stringify(report)}\n` : asText(report));
    return EXIT_CODES[report.verdict];
  } catch (error) {
    if (!(error instanceof DomainError) && !isFileError(error)) throw error;
    process.stderr.write(`${error.message}\n`);
    return EXIT_USAGE;
  }
}

async function readOwn(file: string): Promise<Buffer> {
  const bytes = await readFile(file);
  if (bytes.length > FILE_BYTES_MAX)
    throw new LedgerError('RESOURCE_TOO_LARGE', `${file}: longer than ${FILE_BYTES_MAX} bytes`);
  return bytes;
}

function isFileError(error: unknown): error is Error {
  return error instanceof Error && 'syscall' in error;
}

function asText(report: AuditReport): string {
  const { checkpoint, verdict, reason } = report;
  const lines: string[] = [];
  if (checkpoint) lines.push(`log: ${checkpoint.origin}, entries: ${checkpoint.size}, root: ${checkpoint.root}`);
  if (verdict !== 'broken') {
    lines.push('hash tiles: all of them give the root of the checkpoint');
    lines.push(report.entries ? 'entries and blocks: as hashed, and chained' : 'entries and blocks: not looked at');
    if (report.consistent) lines.push('the checkpoint that you kept goes on in this one');
  }
  if (report.trust) lines.push(`trust: ${report.trust}`);
  const words = { verified: 'verified', broken: `broken: ${reason ?? ''}`, 'origin not proven': '' };
  lines.push(words[verdict] || `intact, origin not proven: ${reason ?? ''}`);
  return [...lines, ''].join('\n');
}
