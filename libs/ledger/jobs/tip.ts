import { bytesEqual, utf8 } from '@aceso/kernel';
import { sha256 } from '@aceso/platform';
import { newestBlock, type Block } from '../data/block';
import { loadNodes } from '../data/hashes';
import type { Reader } from '../data/reader';
import { CompactRange, decodeEntry, LedgerError, parseCheckpoint, rangeNodes } from '../domain';
import { emptyTip, type Tip } from './batch';

/**
 * The tree behind the newest stored block, recomputed from the stored hashes and compared with the block. Throws
 * LEDGER_STORAGE_DAMAGED where they differ, LEDGER_ORIGIN_CHANGED where the log has another name.
 */
export async function loadTip(reader: Reader, origin: string): Promise<Tip> {
  const block = await newestBlock(reader);
  if (!block) return emptyTip();
  const nodes = rangeNodes({ start: 0n, end: block.size });
  const source = await loadNodes(reader, nodes, sha256);
  const tree = new CompactRange(sha256, block.size, nodes.map(source));
  const checkpoint = parseCheckpoint(block.text);
  if (checkpoint.origin !== origin) {
    throw new LedgerError(
      'LEDGER_ORIGIN_CHANGED',
      'ACESO_ORIGIN is not the name of the stored log: a log keeps its name for ever',
    );
  }
  const { size, root } = checkpoint;
  if (size !== block.size || !bytesEqual(root, block.root) || !bytesEqual(root, tree.root())) {
    throw new LedgerError('LEDGER_STORAGE_DAMAGED', `block ${block.height} does not fit the hashes of its tree`);
  }
  return { height: block.height, tree, textHash: sha256(utf8(block.text)), time: await timeOf(reader, block) };
}

async function timeOf(reader: Reader, { height, first }: Block): Promise<bigint> {
  const [row] = await reader.query<{ bytes: Uint8Array }>('select bytes from ledger.entry where index = $1', [first]);
  const header = row && decodeEntry(row.bytes);
  if (header?.form === 'header') return header.time;
  throw new LedgerError('LEDGER_STORAGE_DAMAGED', `block ${height} has no header`);
}
