import { readFile } from 'node:fs/promises';
import { EXIT_CODES, verifyPackage, type VerificationReport } from '@aceso/extraction';
import { DomainError } from '@aceso/kernel';
import type { Command } from 'commander';

/** The command was called wrongly, or what it was given cannot be read: says nothing about the package (sysexits EX_USAGE). */
const EXIT_USAGE = 64;

interface Flags {
  readonly policy?: string;
  readonly identity?: string;
  readonly json?: boolean;
}

/** Adds `aceso verify`: checks a package offline. Exit code 0 verified, 1 broken, 2 intact but origin not proven. */
export function addVerifyCommand(program: Command): void {
  program
    .command('verify')
    .description('check a package offline: files, signature, ledger entry, origin')
    .argument('<package>', 'the folder of a package, or an encrypted package (.age)')
    .option('--policy <file>', 'your own trust policy; without it the origin cannot be proven')
    .option('--identity <file>', 'age identity that opens an encrypted package')
    .option('--json', 'print the report as one line of JSON')
    .action(async (path: string, flags: Flags) => {
      process.exitCode = await verify(path, flags);
    });
}

async function verify(path: string, flags: Flags): Promise<number> {
  try {
    const policyText = flags.policy === undefined ? undefined : await readFile(flags.policy, 'utf8');
    const identityText = flags.identity === undefined ? undefined : await readFile(flags.identity, 'utf8');
    const report = await verifyPackage({ path, policyText, identityText });
    process.stdout.write(flags.json ? `${JSON.stringify(asJson(report))}\n` : asText(report));
    return EXIT_CODES[report.verdict];
  } catch (error) {
    if (!(error instanceof DomainError) && !isFileError(error)) throw error;
    process.stderr.write(`${error.message}\n`);
    return EXIT_USAGE;
  }
}

function isFileError(error: unknown): error is Error {
  return error instanceof Error && 'syscall' in error;
}

function asJson({ manifest, ...report }: VerificationReport): object {
  return { ...report, order: manifest?.order ?? null, files: manifest?.files ?? [] };
}

function asText(report: VerificationReport): string {
  const lines = report.findings.map(({ file, problem }) => `${file}: ${problem}`);
  const { manifest, checkpoint } = report;
  if (report.verdict === 'broken') return [...lines, 'broken', ''].join('\n');
  if (manifest) {
    lines.push(`order: ${manifest.order}`, `policy: ${manifest.policy.name}`);
    lines.push(`files: ${manifest.files.length}, rows: ${manifest.counts.rows}, persons: ${manifest.counts.persons}`);
    lines.push(manifest.k.statement);
  }
  if (checkpoint) lines.push(`log: ${checkpoint.origin}, entries: ${checkpoint.size}, root: ${checkpoint.root}`);
  if (report.trust) lines.push(`trust: ${report.trust}`);
  lines.push(report.verdict === 'verified' ? 'verified' : `intact, origin not proven: ${report.reason ?? ''}`);
  return [...lines, ''].join('\n');
}
