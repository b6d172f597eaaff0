import { sha256, verifyEd25519, type Finality } from '@aceso/platform';
import {
  anchorOf,
  type LedgerError,
  parseCheckpoint,
  parseNote,
  parseTrustPolicy,
  standingOf,
  verifyCheckpoint,
  type Checkpoint,
} from '../domain';
import { AnchorChain } from './anchor-chain';
import { hexOf } from './node';

/** What an outsider asks: is this checkpoint in that contract, as my own node sees it? */
export interface AnchorQuestion {
  /** The signed checkpoint. */
  readonly note: Uint8Array;
  /** Text of the verifier's own trust policy; without it signatures are not looked at. */
  readonly policyText?: string | undefined;
  readonly rpcUrl: string;
  /** Address of the contract, lower case. */
  readonly contract: string;
  readonly finality: Finality;
  readonly chainId?: number | undefined;
  /** First block that is searched: that of the contract's deployment, or 0. */
  readonly fromBlock: bigint;
}

/**
 * `final`: the contract holds exactly this checkpoint, and the chain will not take it back. `pending`: it holds it, and the
 * chain may still take it back. `absent`: it holds no checkpoint of this size.
 */
export type AnchorVerdict = 'final' | 'pending' | 'absent';

export interface AnchorReport {
  readonly verdict: AnchorVerdict;
  readonly origin: string;
  readonly size: string;
  readonly chainId: string;
  readonly transaction: string | null;
  readonly blockNumber: string | null;
  readonly blockHash: string | null;
  /** Whether the signatures of the checkpoint were checked against a policy. */
  readonly signaturesChecked: boolean;
}

/**
 * Looks for a checkpoint in the contract. Throws ANCHOR_CONTRADICTED where the contract holds another tree of this size, what
 * {@link verifyCheckpoint} throws for a checkpoint that the policy does not trust, and ANCHOR_… where the node cannot tell.
 */
export async function verifyAnchor(question: AnchorQuestion): Promise<AnchorReport> {
  const { note, policyText, fromBlock } = question;
  const { checkpoint, text } = readCheckpoint(note, policyText);
  const chain = await AnchorChain.open(question);
  const sighting = await chain.sight(checkpoint.size, fromBlock);
  const verdict = standingOf(anchorOf(checkpoint, text, sha256), sighting);
  const { event } = sighting;
  return {
    verdict,
    origin: checkpoint.origin,
    size: String(checkpoint.size),
    chainId: String(chain.chainId),
    transaction: event ? hexOf(event.transaction) : null,
    blockNumber: event ? String(event.blockNumber) : null,
    blockHash: event ? hexOf(event.blockHash) : null,
    signaturesChecked: policyText !== undefined,
  };
}

function readCheckpoint(bytes: Uint8Array, policyText: string | undefined): { checkpoint: Checkpoint; text: string } {
  const { text } = parseNote(bytes);
  if (policyText !== undefined) {
    const { checkpoint } = verifyCheckpoint(bytes, parseTrustPolicy(policyText, sha256), { verifyEd25519 });
    return { checkpoint, text };
  }
  return { checkpoint: parseCheckpoint(text), text };
}

/** True for refusals that say: what was given is wrong, whatever the node knows. */
export function isBrokenCheckpoint({ code }: LedgerError): boolean {
  return !code.startsWith('ANCHOR_') || code === 'ANCHOR_CONTRADICTED';
}
