import type { Reader } from './reader';

/** A block as it is stored: a batch, and the state of the tree behind it. Never changed once written. */
export interface Block {
  readonly height: bigint;
  readonly first: bigint;
  readonly size: bigint;
  readonly root: Uint8Array;
  /** Checkpoint text (transparency-log.md section 4) without signatures. */
  readonly text: string;
}

interface BlockRow {
  readonly height: string;
  readonly first: string;
  readonly size: string;
  readonly root: Uint8Array;
  readonly text: string;
}

const COLUMNS = 'b.height, b.first, b.size, b.root, b.text';

function toBlock({ height, first, size, root, text }: BlockRow): Block {
  return { height: BigInt(height), first: BigInt(first), size: BigInt(size), root, text };
}

/** The newest block; undefined before the first. */
export async function newestBlock(reader: Reader): Promise<Block | undefined> {
  const rows = await reader.query<BlockRow>(`select ${COLUMNS} from ledger.block b order by b.height desc limit 1`);
  return rows.map(toBlock)[0];
}

/** The block that ends at a size; undefined where no block ends there. */
export async function blockOfSize(reader: Reader, size: bigint): Promise<Block | undefined> {
  const rows = await reader.query<BlockRow>(`select ${COLUMNS} from ledger.block b where b.size = $1`, [size]);
  return rows.map(toBlock)[0];
}

/** Blocks from a size on that nobody signed yet, oldest first. */
export async function unsignedBlocks(reader: Reader, fromSize: bigint): Promise<Block[]> {
  const rows = await reader.query<BlockRow>(
    `select ${COLUMNS} from ledger.block b
     where b.size >= $1 and not exists (select from ledger.block_signature s where s.height = b.height)
     order by b.height`,
    [fromSize],
  );
  return rows.map(toBlock);
}

/** A block with its signature, and whether it was published. */
export interface SignedBlock extends Block {
  readonly keyId: string;
  readonly signature: Uint8Array;
  readonly published: boolean;
}

/** The newest signed block; undefined before the first. */
export async function newestSignedBlock(reader: Reader): Promise<SignedBlock | undefined> {
  const [row] = await reader.query<BlockRow & { key_id: string; signature: Uint8Array; published: boolean }>(
    `select ${COLUMNS}, s.key_id, s.signature,
       exists (select from ledger.publication p where p.height = b.height) as published
     from ledger.block_signature s join ledger.block b on b.height = s.height
     order by s.height desc limit 1`,
  );
  return row && { ...toBlock(row), keyId: row.key_id, signature: row.signature, published: row.published };
}

/** What the public sees: the newest published checkpoint. */
export interface Publication {
  readonly size: bigint;
  readonly root: Uint8Array;
  /** The signed note, as it is served and put into receipts. */
  readonly note: string;
}

/** The newest publication; undefined before the first. */
export async function newestPublication(reader: Reader): Promise<Publication | undefined> {
  const [row] = await reader.query<{ size: string; root: Uint8Array; note: string }>(
    `select b.size, b.root, p.note from ledger.publication p join ledger.block b on b.height = p.height
     order by p.height desc limit 1`,
  );
  return row && { size: BigInt(row.size), root: row.root, note: row.note };
}
