import { readFile } from 'node:fs/promises';
import {
  EXIT_CODES,
  isWithdrawalListPath,
  verifyPackage,
  verifyWithdrawalList,
  type VerificationReport,
  type WithdrawalReport,
} from '@aceso/extraction';
import { DomainError } from '@aceso/kernel';
import { TLOG_PROOF_EXTENSION } from '@aceso/ledger/domain';
import type { Command } from 'commander';
import { receiptAsJson, receiptAsText, verifyReceiptFile } from './verify-receipt';

/** The command was called wrongly, or what it was given cannot be read: says nothing about the package (sysexits EX_USAGE). */
const EXIT_USAGE = 64;

interface Flags {
  readonly policy?: string;
  readonly identity?: string;
  readonly entry?: string;
  readonly since?: string;
  readonly tiles?: string;
  readonly json?: boolean;
}

/** Adds `aceso verify`: checks a package, a withdrawal list or a receipt offline. Exit code 0 verified, 1 broken, 2 intact but origin not proven. */
export function addVerifyCommand(program: Command): void {
  program
    .command('verify')
    .description('check a package, a withdrawal list or a receipt offline: files, signature, ledger entry, origin')
    .argument(
      '<path>',
      'a receipt (.tlog-proof), a withdrawal list (.withdrawals.age, .withdrawals.json), the folder of a package, or an encrypted package (.age)',
    )
    .option('--policy <file>', 'your own trust policy; without it the origin cannot be proven')
    .option('--identity <file>', 'age identity that opens an encrypted package')
    .option('--entry <file>', 'bytes of the entry, for a receipt that does not carry it')
    .option('--since <file>', 'a signed checkpoint that you saw before: the log of the receipt must hold both')
    .option('--tiles <place>', 'address (https://.../ledger) or folder of the hash tiles, which --since needs')
    .option('--json', 'print the report as one line of JSON')
    .action(async (path: string, flags: Flags) => {
      process.exitCode = await verify(path, flags);
    });
}

async function verify(path: string, flags: Flags): Promise<number> {
  try {
    const policyText = flags.policy === undefined ? undefined : await readFile(flags.policy, 'utf8');
    if (path.endsWith(TLOG_PROOF_EXTENSION)) return await judgeReceipt(path, { ...flags, policyText });
    if (flags.entry ?? flags.since ?? flags.tiles) {
      throw new DomainError('USAGE', '--entry, --since and --tiles are for receipts (.tlog-proof)');
    }
    const identityText = flags.identity === undefined ? undefined : await readFile(flags.identity, 'utf8');
    if (isWithdrawalListPath(path)) {
      const report = await verifyWithdrawalList({ path, policyText, identityText });
      process.stdout.write(flags.json ? `${JSON.stringify(report)}\n` : listAsText(report));
      return EXIT_CODES[report.verdict];
    }
    const report = await verifyPackage({ path, policyText, identityText });
    process.stdout.write(flags.json ? `${JSON.stringify(asJson(report))}\n` : asText(report));
    return EXIT_CODES[report.verdict];
  } catch (error) {
    if (!(error instanceof DomainError) && !isFileError(error)) throw error;
    process.stderr.write(`${error.message}\n`);
    return EXIT_USAGE;
  }
}

async function judgeReceipt(
  path: string,
  flags: Flags & { readonly policyText?: string | undefined },
): Promise<number> {
  const { policyText, entry, since, tiles } = flags;
  const report = await verifyReceiptFile({ path, policyText, entry, since, tiles });
  process.stdout.write(flags.json ? `${JSON.stringify(receiptAsJson(report))}\n` : receiptAsText(report));
  return EXIT_CODES[report.verdict];
}

function isFileError(error: unknown): error is Error {
  return error instanceof Error && 'syscall' in error;
}

function asJson({ manifest, ...report }: VerificationReport): object {
  return { ...report, order: manifest?.order ?? null, files: manifest?.files ?? [] };
}

function listAsText(report: WithdrawalReport): string {
  const lines = report.findings.map(({ file, problem }) => `${file}: ${problem}`);
  const { list, persons, rows, listSha256 } = report;
  if (report.verdict === 'broken') return [...lines, 'broken', ''].join('\n');
  if (list) {
    lines.push(
      `order: ${list.order}`,
      `list: ${list.number} of ${list.madeOn}, persons to delete: ${persons}, single rows: ${rows}`,
    );
    lines.push(`sha256 to acknowledge: ${listSha256}`);
  }
  return [...lines, ...originLines(report), ''].join('\n');
}

function asText(report: VerificationReport): string {
  const lines = report.findings.map(({ file, problem }) => `${file}: ${problem}`);
  const { manifest } = report;
  if (report.verdict === 'broken') return [...lines, 'broken', ''].join('\n');
  if (manifest) {
    lines.push(`order: ${manifest.order}`, `policy: ${manifest.policy.name}`);
    lines.push(`files: ${manifest.files.length}, rows: ${manifest.counts.rows}, persons: ${manifest.counts.persons}`);
    lines.push(manifest.k.statement);
  }
  return [...lines, ...originLines(report), ''].join('\n');
}

function originLines({ checkpoint, trust, verdict, reason }: Omit<VerificationReport, 'manifest'>): string[] {
  return [
    ...(checkpoint ? [`log: ${checkpoint.origin}, entries: ${checkpoint.size}, root: ${checkpoint.root}`] : []),
    ...(trust ? [`trust: ${trust}`] : []),
    verdict === 'verified' ? 'verified' : `intact, origin not proven: ${reason ?? ''}`,
  ];
}
