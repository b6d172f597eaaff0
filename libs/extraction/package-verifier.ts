import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseTrustPolicy, type VerifierCrypto } from '@aceso/ledger/domain';
import { loadMlDsa44, sha256, verifyEd25519 } from '@aceso/platform';
import { judgePackage, type VerificationReport } from './domain/verification';
import { openPackage, parseIdentities } from './package-archive';
import { readPackageFolder } from './package-reader';
import { ExtractionError } from './extraction.errors';

export interface VerifyOptions {
  /** A package folder, or an encrypted package. */
  readonly path: string;
  /** Content of the reader's own trust policy; without one the origin stays unproven. */
  readonly policyText?: string;
  /** Content of an age identity file; needed for an encrypted package. */
  readonly identityText?: string;
}

/**
 * Verifies a package offline. An encrypted one is opened into a temporary folder of mode 0700 that is removed again.
 * Throws TRUST_POLICY_MALFORMED when the policy cannot be read, and the error of the file system when the path cannot.
 */
export async function verifyPackage(options: VerifyOptions): Promise<VerificationReport> {
  const policy = options.policyText === undefined ? null : parseTrustPolicy(options.policyText, sha256);
  const kit: VerifierCrypto = { sha256, verifyEd25519, verifyMlDsa44: await loadMlDsa44() };
  if ((await stat(options.path)).isDirectory()) {
    return judgePackage(await readPackageFolder(options.path), policy, kit);
  }
  const workFolder = await mkdtemp(join(tmpdir(), 'aceso-verify-')); // mkdtemp makes it 0700
  try {
    const identities = parseIdentities(options.identityText ?? '');
    const folder = await openPackage({ encryptedPath: options.path, identities, workFolder });
    return judgePackage(await readPackageFolder(folder), policy, kit);
  } catch (error) {
    if (error instanceof ExtractionError) return brokenArchive(options.path, error);
    throw error;
  } finally {
    await rm(workFolder, { recursive: true, force: true });
  }
}

function brokenArchive(path: string, error: ExtractionError): VerificationReport {
  const findings = [{ file: path, problem: error.message }];
  return { verdict: 'broken', findings, trust: null, reason: null, manifest: null, checkpoint: null };
}
