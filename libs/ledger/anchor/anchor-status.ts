import type { AnchorConfig } from '@aceso/platform';
import { newestAnchors, type AnchorRow } from '../data/anchor';
import { newestPublication } from '../data/block';
import type { Reader } from '../data/reader';
import { LedgerError, type LedgerErrorCode } from '../domain';
import { AnchorChain } from './anchor-chain';
import { hexOf } from './node';

/** What `aceso anchor status` shows. */
export interface AnchorStatus {
  /** Size of the newest published checkpoint; null before the first. */
  readonly publishedSize: string | null;
  /** What the configured contract says; null when none is configured. */
  readonly contract: ContractStatus | null;
  /** The newest sendings, newest first. */
  readonly anchors: readonly AnchorLine[];
}

type ContractStatus = { readonly chainId: string; readonly lastSize: string } | { readonly problem: LedgerErrorCode };

interface AnchorLine {
  readonly size: string;
  readonly state: AnchorRow['state'];
  readonly sentAt: string;
  readonly chainId: string;
  readonly contract: string;
  readonly transaction: string;
  readonly blockNumber: string | null;
}

/** Rows, and what the chain answers; a node that does not answer is told and hides nothing else. */
export async function anchorStatus(reader: Reader, config: AnchorConfig | undefined): Promise<AnchorStatus> {
  const publication = await newestPublication(reader);
  return {
    publishedSize: publication ? String(publication.size) : null,
    contract: config ? await contractStatus(config) : null,
    anchors: (await newestAnchors(reader)).map(toLine),
  };
}

async function contractStatus(config: AnchorConfig): Promise<ContractStatus> {
  try {
    const chain = await AnchorChain.open(config);
    return { chainId: String(chain.chainId), lastSize: String((await chain.last()).lastSize) };
  } catch (error) {
    if (error instanceof LedgerError) return { problem: error.code };
    throw error;
  }
}

function toLine({ size, state, sentAt, chainId, contract, transaction, found }: AnchorRow): AnchorLine {
  return {
    size: String(size),
    state,
    sentAt: sentAt.toISOString(),
    chainId: String(chainId),
    contract: hexOf(contract),
    transaction: hexOf(found?.transaction ?? transaction),
    blockNumber: found ? String(found.blockNumber) : null,
  };
}
