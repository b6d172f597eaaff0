import { readFileSync } from 'node:fs';
import { sha256 } from '@aceso/platform';
import { LedgerError, parseTrustPolicy, quorumMet, type PolicyWitness, type TrustPolicy } from './domain';

/** A witness that can be asked. */
export interface AskedWitness extends PolicyWitness {
  readonly url: string;
}

/** True for a witness that a log can ask over HTTP. */
export function isAsked(witness: PolicyWitness): witness is AskedWitness {
  const { url } = witness;
  return url !== undefined && URL.canParse(url) && ['http:', 'https:'].includes(new URL(url).protocol);
}

/**
 * Reads the policy under which the ledger publishes (tlog-policy, with the addresses of the witnesses). Throws
 * WITNESS_POLICY_UNREADABLE, TRUST_POLICY_MALFORMED also where the witnesses with an address are too few, and
 * VERIFIER_KEY_MALFORMED.
 */
export function readWitnessPolicy(file: string): TrustPolicy {
  const policy = parseTrustPolicy(readText(file), sha256);
  if (!quorumMet(policy, isAsked)) {
    throw new LedgerError(
      'TRUST_POLICY_MALFORMED',
      'policy: the witnesses with an http address are too few for the quorum: witness <name> <vkey> <url>',
    );
  }
  return policy;
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new LedgerError('WITNESS_POLICY_UNREADABLE', 'the file of ACESO_WITNESS_POLICY cannot be read', { cause });
  }
}
