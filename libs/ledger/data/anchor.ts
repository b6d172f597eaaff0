import type { Tx } from '@aceso/platform';
import type { Anchor, AnchorEvent, AnchorState } from '../domain';
import type { Reader } from './reader';

/** A contract on a chain: anchors are counted there, each from 0. */
export interface AnchorPlace {
  readonly chainId: bigint;
  /** Address, 20 bytes. */
  readonly contract: Uint8Array;
}

/** One sending of an anchor, as it is stored before it leaves. */
export interface Sending extends Anchor {
  readonly number: bigint;
  /** Height of the block whose checkpoint it is. */
  readonly height: bigint;
  readonly transaction: Uint8Array;
  /** The chain's newest block at that moment: its own comes later, unless the chain is reorganised. */
  readonly afterBlock: bigint;
  readonly sentAt: Date;
}

/** A sending, and what became of it. */
export interface AnchorRow extends Sending, AnchorPlace {
  readonly state: AnchorState;
  /** Where a final anchor stands. */
  readonly found: (Pick<AnchorEvent, 'transaction' | 'blockNumber' | 'blockHash'> & { readonly at: Date }) | undefined;
}

/** Rows that `status` shows: enough for weeks of hourly anchors. */
export const ANCHOR_ROWS_MAX = 1_000;

interface Row {
  readonly chain_id: string;
  readonly contract: Uint8Array;
  readonly number: string;
  readonly height: string;
  readonly size: string;
  readonly root: Uint8Array;
  readonly checkpoint_hash: Uint8Array;
  readonly transaction: Uint8Array;
  readonly after_block: string;
  readonly sent_at: Date;
  readonly outcome: 'final' | 'lost' | null;
  readonly found_transaction: Uint8Array;
  readonly block_number: string;
  readonly block_hash: Uint8Array;
  readonly decided_at: Date;
}

const ROWS = `select a.*, o.outcome, o.transaction as found_transaction, o.block_number, o.block_hash, o.decided_at
  from ledger.anchor a left join ledger.anchor_outcome o using (chain_id, contract, number)`;

function toAnchorRow(row: Row): AnchorRow {
  return {
    chainId: BigInt(row.chain_id),
    contract: row.contract,
    number: BigInt(row.number),
    height: BigInt(row.height),
    size: BigInt(row.size),
    root: row.root,
    checkpointHash: row.checkpoint_hash,
    transaction: row.transaction,
    afterBlock: BigInt(row.after_block),
    sentAt: row.sent_at,
    state: row.outcome ?? 'pending',
    found:
      row.outcome === 'final'
        ? {
            transaction: row.found_transaction,
            blockNumber: BigInt(row.block_number),
            blockHash: row.block_hash,
            at: row.decided_at,
          }
        : undefined,
  };
}

/** The newest sending to a contract; undefined before the first. */
export async function newestAnchor(reader: Reader, { chainId, contract }: AnchorPlace): Promise<AnchorRow | undefined> {
  const rows = await reader.query<Row>(
    `${ROWS} where a.chain_id = $1 and a.contract = $2 order by a.number desc limit 1`,
    [chainId, contract],
  );
  return rows.map(toAnchorRow)[0];
}

/** The newest anchor that is final, on whatever chain. */
export async function newestFinalAnchor(reader: Reader): Promise<AnchorRow | undefined> {
  const rows = await reader.query<Row>(`${ROWS} where o.outcome = 'final' order by a.size desc, o.decided_at limit 1`);
  return rows.map(toAnchorRow)[0];
}

/** The newest sendings to any contract, newest first. */
export async function newestAnchors(reader: Reader): Promise<AnchorRow[]> {
  const rows = await reader.query<Row>(`${ROWS} order by a.sent_at desc, a.number desc limit ${ANCHOR_ROWS_MAX}`);
  return rows.map(toAnchorRow);
}

/** Writes a sending down. A second one of the same number is refused by the table: another process was faster. */
export async function insertAnchor(tx: Tx, place: AnchorPlace, sending: Sending): Promise<void> {
  await tx.execute(
    `insert into ledger.anchor (chain_id, contract, number, height, size, root, checkpoint_hash, transaction, after_block, sent_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
    [
      place.chainId,
      place.contract,
      sending.number,
      sending.height,
      sending.size,
      sending.root,
      sending.checkpointHash,
      sending.transaction,
      sending.afterBlock,
      sending.sentAt,
    ],
  );
}

/** Writes down what became of a sending: where it stands for good, or that it was lost. */
export async function insertOutcome(
  tx: Tx,
  { chainId, contract, number }: AnchorRow,
  event: AnchorEvent | undefined,
): Promise<void> {
  await tx.execute(
    `insert into ledger.anchor_outcome (chain_id, contract, number, outcome, transaction, block_number, block_hash)
     values ($1, $2, $3, $4, $5, $6, $7)`,
    [
      chainId,
      contract,
      number,
      event ? 'final' : 'lost',
      event?.transaction ?? null,
      event?.blockNumber ?? null,
      event?.blockHash ?? null,
    ],
  );
}
