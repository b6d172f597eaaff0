import { bytesEqual, type Sha256, utf8 } from '@aceso/kernel';
import type { Checkpoint } from './checkpoint';
import { LedgerError } from './ledger.errors';

/** What the contract is told of a checkpoint. */
export interface Anchor {
  readonly size: bigint;
  readonly root: Uint8Array;
  /** SHA-256 of the checkpoint's text without signatures, as in the header of the next block (transparency-log.md 12.1). */
  readonly checkpointHash: Uint8Array;
}

/** An anchor as the contract logged it, and the block in which it stands. */
export interface AnchorEvent extends Anchor {
  readonly transaction: Uint8Array;
  readonly blockNumber: bigint;
  readonly blockHash: Uint8Array;
}

/** What a node shows of one size. */
export interface Sighting {
  /** What the contract logged for this size; undefined where the chain holds no such event. */
  readonly event: AnchorEvent | undefined;
  /** The newest block that the chain will not take back. */
  readonly finalBlock: bigint;
  /** Hash of the block that has the event's number now, asked for once that number is final. */
  readonly blockHash: Uint8Array | undefined;
}

/** Lost: the chain forgot it, or never saw it. A lost anchor is sent again; the other two moves end it. */
export type AnchorState = 'pending' | 'final' | 'lost';

/** A sending whose transaction the node does not know counts as lost after this time: nodes behind one address differ. */
export const LOST_AFTER_MS = 120_000;

/** The anchor of a checkpoint. */
export function anchorOf({ size, root }: Pick<Checkpoint, 'size' | 'root'>, text: string, sha256: Sha256): Anchor {
  return { size, root, checkpointHash: sha256(utf8(text)) };
}

/**
 * Where the anchor of a size stands; `absent` where the chain does not hold it. Final is what stands in a block at or below
 * the final one, when that block still has the hash under which the event was found (transparency-log.md 13). Throws
 * ANCHOR_CONTRADICTED when the contract holds something else for this size.
 */
export function standingOf(anchor: Anchor, { event, finalBlock, blockHash }: Sighting): 'absent' | 'pending' | 'final' {
  if (event === undefined) return 'absent';
  if (!bytesEqual(event.root, anchor.root) || !bytesEqual(event.checkpointHash, anchor.checkpointHash)) {
    throw new LedgerError('ANCHOR_CONTRADICTED', `the contract holds another tree of size ${anchor.size}`);
  }
  if (event.blockNumber > finalBlock || blockHash === undefined) return 'pending';
  return bytesEqual(blockHash, event.blockHash) ? 'final' : 'pending';
}

/** What is known of a sending that the chain does not hold. */
export interface Waiting {
  /** Since it was sent. */
  readonly milliseconds: number;
  /** The node keeps its transaction for a later block, and it offers what blocks cost now. */
  readonly queued: boolean;
}

/** Pending or lost, of a sending without event. */
export function stateOfUnseen({ milliseconds, queued }: Waiting): AnchorState {
  return queued || milliseconds < LOST_AFTER_MS ? 'pending' : 'lost';
}

/** What the contract remembers, and what our log has at that size: undefined where no block of ours ends there. */
export interface ContractState {
  readonly lastSize: bigint;
  readonly lastRoot: Uint8Array;
  readonly ourRoot: Uint8Array | undefined;
}

/** The newest sending and the newest published checkpoint; undefined before the first. */
export interface Ours {
  readonly newest: (Anchor & { readonly state: AnchorState }) | undefined;
  readonly published: Anchor | undefined;
  /** The interval has passed since the newest sending. */
  readonly due: boolean;
}

/** Send an anchor, or enter one that the contract holds and our rows lack. */
export interface NextStep {
  readonly step: 'send' | 'enter';
  readonly anchor: Anchor;
}

/**
 * What to do next; undefined for nothing. One anchor is on its way at a time, so sizes only ever grow. Throws
 * ANCHOR_CONTRADICTED when the contract remembers a tree that is not in this log: then nothing is sent, since the chain is
 * the witness against an older backup or a forked log.
 */
export function nextStep({ newest, published, due }: Ours, contract: ContractState): NextStep | undefined {
  if (newest?.state === 'pending') return undefined;
  requireOurs(contract);
  const { lastSize } = contract;
  if (newest?.state === 'lost' && newest.size >= lastSize) {
    return { step: newest.size === lastSize ? 'enter' : 'send', anchor: newest };
  }
  if (published === undefined || !due) return undefined;
  if (published.size > lastSize) return { step: 'send', anchor: published };
  return published.size === lastSize && newest?.size !== lastSize ? { step: 'enter', anchor: published } : undefined;
}

function requireOurs({ lastSize, lastRoot, ourRoot }: ContractState): void {
  if (lastSize === 0n || (ourRoot !== undefined && bytesEqual(ourRoot, lastRoot))) return;
  throw new LedgerError(
    'ANCHOR_CONTRADICTED',
    `the contract remembers a tree of size ${lastSize} that is not in this log: an older backup, or another log's contract`,
  );
}
