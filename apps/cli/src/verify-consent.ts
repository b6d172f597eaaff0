import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import {
  DiseaseTree,
  parseDiseaseFile,
  SHIPPED_DISEASES,
  verifyBundle,
  type BundleFault,
  type BundleReport,
} from '@aceso/consent/domain';
import { DomainError, isUuid, utf8 } from '@aceso/kernel';
import { judgeReceipt, LedgerError, parseTrustPolicy, type ReceiptReport } from '@aceso/ledger/domain';
import { loadMlDsa44, sha256, verifyEd25519, verifyP256 } from '@aceso/platform';
import { InvalidArgumentError, type Command } from 'commander';
import { EXIT_USAGE } from './ledger/exit-codes';

/** What each fault exits with; 0 is verified, 2 intact but the origin not proven. */
export const CONSENT_EXIT_CODES: Readonly<Record<BundleFault, number>> = {
  MALFORMED: 10,
  ALTERED: 11,
  OTHER_KEY: 12,
  OTHER_REQUEST: 13,
  EXPIRED: 14,
  REVOKED: 15,
  REPLACED: 16,
  WIDER_SCOPE: 17,
  REPLAYED: 18,
  RECEIPT_BROKEN: 19,
  AUTHORITY_INVALID: 20,
  AUTHORITY_UNCONFIRMED: 21,
  AUTHORITY_NOT_BOUND: 22,
  AUTHORITY_ENDED: 23,
  AUTHORITY_MAJORITY: 24,
  AUTHORITY_WARD_MINOR: 25,
  AUTHORITY_WARD_DECEASED: 26,
};

/** The consent verifies and nobody whom the reader trusts says when it was in the log. */
const EXIT_NOT_PROVEN = 2;

interface Flags {
  readonly policy?: string;
  readonly request?: string;
  readonly diseases?: string;
  readonly json?: boolean;
}

/** Adds `aceso verify-consent`: judges a consent bundle offline and says in words what it permits. */
export function registerVerifyConsent(program: Command): void {
  program
    .command('verify-consent')
    .description('check a consent bundle offline, and say in words what it permits')
    .argument('<file>', 'a consent bundle, as `consentBundle` gives it')
    .option('--policy <file>', 'your own trust policy; without it neither origin nor time is proven')
    .option('--request <uuid>', 'the request that the consent has to be for', uuid)
    .option('--diseases <file>', 'disease tree that terms are matched with (OBO or CSV); the shipped one without it')
    .option('--json', 'print the report as one line of JSON')
    .action(async (file: string, flags: Flags) => {
      process.exitCode = await verifyConsent(file, flags, (text) => process.stdout.write(text));
    });
}

/** Judges a bundle file and prints the report; the exit code. */
export async function verifyConsent(
  file: string,
  flags: Flags,
  print: (text: string) => unknown,
  now: number = Date.now(),
): Promise<number> {
  try {
    const report = await judgeFile(file, flags, now);
    print(flags.json ? `${JSON.stringify(report)}\n` : asText(report));
    if (report.fault !== null) return CONSENT_EXIT_CODES[report.fault];
    return report.verdict === 'verified' ? 0 : EXIT_NOT_PROVEN;
  } catch (error) {
    if (!(error instanceof DomainError) && !isFileError(error)) throw error;
    process.stderr.write(`${error.message}\n`);
    return EXIT_USAGE;
  }
}

async function judgeFile(file: string, { policy, request, diseases }: Flags, now: number): Promise<BundleReport> {
  const crypto = { sha256, verifyEd25519, verifyMlDsa44: await loadMlDsa44() };
  const trusted = policy === undefined ? null : parseTrustPolicy(await readFile(policy, 'utf8'), sha256);
  const tree =
    diseases === undefined
      ? SHIPPED_DISEASES
      : new DiseaseTree(parseDiseaseFile(basename(diseases), await readFile(diseases, 'utf8')));
  return verifyBundle({
    bundleText: await readFile(file, 'utf8'),
    trustedOrigins: trusted?.logs.map(({ name }) => name),
    requestId: request,
    now,
    tree,
    sha256,
    verify: verifyEd25519,
    verifyP256,
    judge: (receipt) => judgeOne(utf8(receipt), trusted, crypto),
  });
}

/** A text that is no receipt proves as little as a broken one. */
function judgeOne(
  receipt: Uint8Array,
  policy: ReturnType<typeof parseTrustPolicy> | null,
  crypto: Parameters<typeof judgeReceipt>[1],
): ReceiptReport {
  try {
    return judgeReceipt({ receipt, policy }, crypto);
  } catch (error) {
    if (!(error instanceof LedgerError)) throw error;
    return { ...BROKEN, reason: error.message };
  }
}

const BROKEN: ReceiptReport = {
  verdict: 'broken',
  step: 'form',
  reason: null,
  trust: null,
  witnessedAt: [],
  index: null,
  kind: null,
  checkpoint: null,
  payload: null,
  member: null,
  consistent: null,
};

function asText({ verdict, fault, reason, says, judged, trust }: BundleReport): string {
  if (fault !== null) return `refused, ${fault}: ${plain(reason ?? '')}\n`;
  const lines = says.map(plain);
  if (judged)
    lines.push(
      `judged at ${new Date(judged.at).toISOString()}, by ${judged.by === 'witnesses' ? 'its witnesses' : 'the clock here'}`,
    );
  if (trust) lines.push(`trust: ${trust}`);
  lines.push(verdict === 'verified' ? 'verified' : `intact, origin not proven: ${reason ?? ''}`);
  return [...lines, ''].join('\n');
}

/** Nothing that a terminal would obey: terms hold text that somebody else wrote. */
function plain(line: string): string {
  return line.replace(/\p{Cc}/gu, '?');
}

function uuid(text: string): string {
  if (isUuid(text)) return text;
  throw new InvalidArgumentError('expected the UUID of a request');
}

function isFileError(error: unknown): error is Error {
  return typeof error === 'object' && error !== null && 'syscall' in error && 'message' in error;
}
