import type { Sha256 } from '@aceso/kernel';
import type { NodeId, NodeSource } from '../domain';
import { loadNodes } from './hashes';
import type { Reader } from './reader';

/** Hashes that are kept, some 150 bytes each; the oldest go first. */
const NODES_MAX = 50_000;

/**
 * Hashes of full subtrees that were read once. A full subtree never changes, and the upper ones are in every path: with
 * them at hand a proof reads the tile of its leaf and nothing else.
 */
export class NodeMemory {
  private readonly kept = new Map<string, Uint8Array>();

  constructor(private readonly sha256: Sha256) {}

  /** Answers for these nodes; what is not at hand is read in one query. Throws LEDGER_STORAGE_DAMAGED. */
  async load(reader: Reader, nodes: readonly NodeId[]): Promise<NodeSource> {
    const answer = new Map<string, Uint8Array>();
    const missing: NodeId[] = [];
    for (const node of nodes) {
      const hash = this.kept.get(nameOf(node));
      if (hash) answer.set(nameOf(node), hash);
      else missing.push(node);
    }
    if (missing.length > 0) {
      const source = await loadNodes(reader, missing, this.sha256);
      for (const node of missing) {
        const hash = source(node);
        answer.set(nameOf(node), hash);
        this.keep(nameOf(node), hash);
      }
    }
    return (node) => answer.get(nameOf(node)) as Uint8Array;
  }

  /** Forgets everything. */
  clear(): void {
    this.kept.clear();
  }

  private keep(name: string, hash: Uint8Array): void {
    const oldest = this.kept.size >= NODES_MAX ? this.kept.keys().next().value : undefined;
    if (oldest !== undefined) this.kept.delete(oldest);
    // A copy: the hash may be a piece of a whole tile, which would stay in memory with it.
    this.kept.set(name, Uint8Array.from(hash));
  }
}

function nameOf({ level, index }: NodeId): string {
  return `${level}/${index}`;
}
