import { createReadStream } from 'node:fs';
import { parseTrustPolicy, type VerifierCrypto } from '@aceso/ledger/domain';
import { loadMlDsa44, sha256, verifyEd25519 } from '@aceso/platform';
import {
  ENCRYPTED_LIST_EXTENSION,
  WITHDRAWAL_LIST_BYTES_MAX,
  WITHDRAWAL_LIST_EXTENSION,
} from './domain/withdrawal-list';
import { judgeWithdrawalList, type WithdrawalReport } from './domain/withdrawal-verification';
import { decryptedStream, parseIdentities } from './package-archive';
import type { VerifyOptions } from './package-verifier';
import { ExtractionError } from './extraction.errors';

/** True for the names that withdrawal lists are saved under, open or encrypted. */
export function isWithdrawalListPath(path: string): boolean {
  return path.endsWith(WITHDRAWAL_LIST_EXTENSION) || path.endsWith(ENCRYPTED_LIST_EXTENSION);
}

/**
 * Verifies a withdrawal list offline. Throws TRUST_POLICY_MALFORMED when the policy cannot be read, and the error of the file
 * system when the path cannot.
 */
export async function verifyWithdrawalList(options: VerifyOptions): Promise<WithdrawalReport> {
  const policy = options.policyText === undefined ? null : parseTrustPolicy(options.policyText, sha256);
  const crypto: VerifierCrypto = { sha256, verifyEd25519, verifyMlDsa44: await loadMlDsa44() };
  try {
    return judgeWithdrawalList(await openWithdrawalList(options), policy, crypto);
  } catch (error) {
    if (!(error instanceof ExtractionError)) throw error;
    const findings = [{ file: options.path, problem: error.message }];
    const nothing = { list: null, persons: null, rows: null, listSha256: null, checkpoint: null };
    return { ...nothing, verdict: 'broken', findings, trust: null, reason: null };
  }
}

/** Text of a list; an encrypted one is opened in memory. Throws PACKAGE_NOT_DECRYPTED or PACKAGE_MALFORMED. */
export async function openWithdrawalList({
  path,
  identityText,
}: Pick<VerifyOptions, 'path' | 'identityText'>): Promise<string> {
  const source = path.endsWith(ENCRYPTED_LIST_EXTENSION)
    ? await decryptedStream(path, parseIdentities(identityText ?? ''))
    : createReadStream(path);
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of source as AsyncIterable<Uint8Array>) {
      length += chunk.length;
      if (length > WITHDRAWAL_LIST_BYTES_MAX) {
        throw new ExtractionError(
          'PACKAGE_MALFORMED',
          `a withdrawal list has at most ${WITHDRAWAL_LIST_BYTES_MAX} bytes`,
        );
      }
      chunks.push(Buffer.from(chunk));
    }
  } catch (cause) {
    if (cause instanceof ExtractionError || (cause instanceof Error && 'syscall' in cause)) throw cause;
    throw new ExtractionError('PACKAGE_NOT_DECRYPTED', 'a byte of the file was changed', { cause });
  }
  return Buffer.concat(chunks).toString();
}
