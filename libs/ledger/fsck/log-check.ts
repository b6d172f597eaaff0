import { sha256 } from '@aceso/platform';
import { CompactRange, isCommitted, leafHash } from '../domain';
import type { FsckCheck, FsckContext, FsckFinding } from './check';
import { judgeHeader } from './block-check';
import { LogPages, type Page, type Segment } from './log-pages';
import { rowsBehind, sameBytes, type Leaves } from './log-rows';
import { UpperTiles } from './upper-tiles';

type Hashes = readonly (Uint8Array | undefined)[];

/** Which of two tables holds what was logged, and the leaf hashes to go on with (undefined where neither has them). */
interface Verdict {
  readonly leaves: readonly Uint8Array[] | undefined;
  readonly entriesHold: boolean;
  readonly tilesHold: boolean;
}

/** Entries, tiles, blocks, signatures and publications: the tree is grown anew from the entries and compared everywhere. */
export const logCheck: FsckCheck = {
  name: 'entries, tiles, blocks, signatures and publications',
  run: (context) => new LogWalk(context).run(),
};

class LogWalk {
  /** Undefined once a leaf is in neither table: nothing above it can be computed any more. */
  private tree: CompactRange | undefined = new CompactRange(sha256);
  private readonly upper = new UpperTiles();
  private time = 0n;

  constructor(private readonly context: FsckContext) {}

  async *run(): AsyncGenerator<FsckFinding> {
    const { reader, onProgress } = this.context;
    const pages = new LogPages(this.context);
    // The database reads the next page while this one is hashed.
    for await (const next of oneAhead(pages.read())) {
      if (!('leaves' in next)) {
        yield next;
        continue;
      }
      yield* this.checkPage(next);
      yield* this.upper.check(reader);
      onProgress((next.segments.at(-1) as Segment).end);
    }
    if (this.tree) yield* this.upper.finish(reader);
    yield* await rowsBehind(reader, pages.size);
  }

  private *checkPage({ segments, leaves }: Page): Generator<FsckFinding> {
    yield* leaves.findings;
    for (const segment of segments) {
      yield* this.checkHashes(segment, leaves);
      yield* this.checkEntries(segment, leaves);
    }
  }

  private *checkHashes(segment: Segment, leaves: Leaves): Generator<FsckFinding> {
    const from = Number(segment.start - leaves.start);
    const to = Number(segment.end - leaves.start);
    const computed = leaves.entries.slice(from, to).map((entry) => entry && leafHash(entry, sha256));
    const stored = leaves.hashes.slice(from, to);
    const wrong = computed.findIndex((hash, at) => !sameHash(hash, stored[at]));
    const verdict = wrong === -1 ? agreed(computed) : this.judge(segment, computed, stored);
    if (!verdict.entriesHold) {
      const problem = computed[wrong] === undefined ? 'is missing' : 'is not what was logged: its hash is another';
      yield { table: 'ledger.entry', key: `index ${segment.start + BigInt(wrong)}`, problem };
    }
    if (!verdict.tilesHold && stored[wrong] !== undefined) {
      const problem = 'holds another hash than its entry has';
      yield { table: 'ledger.tile_run', key: leaves.runAt(from + wrong), problem };
    }
    yield* this.grow(segment, verdict.leaves);
  }

  /** Entries and tiles differ: whichever gives the root of the block is as it was. */
  private judge({ roots }: Segment, computed: Hashes, stored: Hashes): Verdict {
    const byTiles = stored.map((hash, at) => hash ?? computed[at]);
    const byEntries = computed.map((hash, at) => hash ?? stored[at]);
    if (!isComplete(byTiles) || !isComplete(byEntries))
      return { leaves: undefined, entriesHold: false, tilesHold: false };
    const gives = (leaves: readonly Uint8Array[]): boolean => {
      const tree = this.tree?.clone();
      for (const leaf of leaves) tree?.append(leaf);
      const root = tree?.root();
      return root !== undefined && roots.some((known) => sameBytes(known, root));
    };
    if (gives(byTiles)) {
      const entriesHold = computed.every((hash, at) => sameHash(hash, byTiles[at]));
      return { leaves: byTiles, entriesHold, tilesHold: isComplete(stored) };
    }
    const entriesHold = gives(byEntries) && isComplete(computed);
    return { leaves: entriesHold ? byEntries : byTiles, entriesHold, tilesHold: false };
  }

  private *grow({ row, roots }: Segment, leaves: readonly Uint8Array[] | undefined): Generator<FsckFinding> {
    if (leaves === undefined) this.tree = undefined;
    const { tree } = this;
    if (!tree) return;
    for (const leaf of leaves as readonly Uint8Array[]) tree.append(leaf, (node, hash) => this.upper.add(node, hash));
    const root = tree.root();
    if (row === undefined || roots.some((known) => sameBytes(known, root))) return;
    yield { table: 'ledger.block', key: `height ${row.height}`, problem: 'its root is not that of its entries' };
  }

  private *checkEntries({ start, end, row, previousText }: Segment, leaves: Leaves): Generator<FsckFinding> {
    if (row === undefined) return; // where the headers are, only block rows tell
    const [header, ...entries] = leaves.entries.slice(Number(start - leaves.start), Number(end - leaves.start));
    const bad = (index: bigint, problem: string): FsckFinding => ({
      table: 'ledger.entry',
      key: `index ${index}`,
      problem,
    });
    if (header !== undefined) {
      const expected = { height: row.height, first: start, size: end, previousText, previousTime: this.time };
      const judged = judgeHeader(header, expected);
      if (judged.problem !== undefined) yield bad(start, judged.problem);
      this.time = judged.time ?? this.time;
    }
    const wrong = entries.findIndex((entry) => entry !== undefined && !isCommitted(entry));
    if (wrong !== -1) yield bad(start + 1n + BigInt(wrong), 'is of no known kind');
  }
}

function agreed(computed: Hashes): Verdict {
  return { leaves: computed as readonly Uint8Array[], entriesHold: true, tilesHold: true };
}

function sameHash(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a !== undefined && b !== undefined && sameBytes(a, b);
}

function isComplete(hashes: Hashes): hashes is Uint8Array[] {
  return !hashes.includes(undefined);
}

/** The same items, the next one already under way while one is looked at. */
async function* oneAhead<Item>(items: AsyncGenerator<Item>): AsyncGenerator<Item> {
  let next = items.next();
  for (;;) {
    const item = await next;
    if (item.done) return;
    next = items.next();
    next.catch(() => undefined); // thrown when it is awaited, if ever
    yield item.value;
  }
}
