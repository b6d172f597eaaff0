import { readFile } from 'node:fs/promises';
import {
  consistencyFromTiles,
  judgeReceipt,
  parseTrustPolicy,
  sizesToCompare,
  type ReceiptReport,
} from '@aceso/ledger/domain';
import { loadMlDsa44, sha256, verifyEd25519 } from '@aceso/platform';
import { remoteLog } from './ledger/tile-source';

/** Files of the reader's own, and the one receipt to be judged by them. */
export interface ReceiptFiles {
  readonly path: string;
  readonly policyText?: string;
  /** File with the bytes of the entry, where the receipt does not carry it. */
  readonly entry?: string;
  /** File with a signed checkpoint that was seen before. */
  readonly since?: string;
  /** Address or folder of the log's hash tiles. */
  readonly tiles?: string;
}

/** Verifies a `.tlog-proof` file offline, but for hash tiles that are asked for from an address. */
export async function verifyReceiptFile(files: ReceiptFiles): Promise<ReceiptReport> {
  const crypto = { sha256, verifyEd25519, verifyMlDsa44: await loadMlDsa44() };
  const receipt = await readFile(files.path);
  const question = {
    receipt,
    policy: files.policyText === undefined ? null : parseTrustPolicy(files.policyText, sha256),
    ...(files.entry !== undefined && { entry: await readFile(files.entry) }),
  };
  const report = judgeReceipt(question, crypto);
  if (files.since === undefined || report.verdict === 'broken') return report;
  const older = await readFile(files.since);
  const sizes = sizesToCompare(receipt, older);
  if (!sizes || files.tiles === undefined) return judgeReceipt({ ...question, older }, crypto);
  const tree = { size: sizes.to, source: remoteLog(files.tiles, undefined).tiles, sha256 };
  return judgeReceipt({ ...question, older, path: await consistencyFromTiles(tree, sizes.from) }, crypto);
}

/** The report as one JSON value. */
export function receiptAsJson({ witnessedAt, ...report }: ReceiptReport): object {
  return { ...report, witnessedAt: witnessedAt.map(({ witness, time }) => ({ witness, time: String(time) })) };
}

/** The report for people: what is proven, then the verdict. */
export function receiptAsText(report: ReceiptReport): string {
  const { index, kind, checkpoint, payload, member, witnessedAt, trust, consistent, verdict, step, reason } = report;
  if (verdict === 'broken') return `broken at ${step}: ${reason}\n`;
  const lines = [`entry: ${index}, kind: ${kind}`];
  if (payload !== null) lines.push(`says: ${payload}`);
  if (member !== null) lines.push(`member: ${member}`);
  if (checkpoint) lines.push(`log: ${checkpoint.origin}, entries: ${checkpoint.size}, root: ${checkpoint.root}`);
  for (const { witness, time } of witnessedAt) {
    lines.push(`witnessed: ${witness}, ${new Date(Number(time) * 1000).toISOString()}`);
  }
  if (consistent) lines.push('consistent: the older checkpoint goes on in this log');
  if (trust) lines.push(`trust: ${trust}`);
  lines.push(verdict === 'verified' ? 'verified' : `intact, origin not proven (${step}): ${reason}`);
  return [...lines.map(plain), ''].join('\n');
}

/** Nothing that a terminal would obey: what an entry says was written by whoever made it. */
function plain(line: string): string {
  return line.replace(/\p{Cc}/gu, '?');
}
