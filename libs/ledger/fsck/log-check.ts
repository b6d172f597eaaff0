import { sha256 } from '@aceso/platform';
import { CompactRange, leafHash } from '../domain';
import type { FsckCheck, FsckContext, FsckFinding } from './check';
import { isCommittedEntry, judgeBlock, judgeHeader } from './block-check';
import { blockPages, loadLeaves, rowsBehind, sameBytes, type BlockRow, type Leaves } from './log-rows';
import { UpperTiles } from './upper-tiles';

/** Leaves of one read: some hundred kilobytes. */
const LEAVES_A_PAGE = 8_192n;
/** Most leaves that a header can announce (its count has two bytes). */
const BLOCK_LEAVES_MAX = 65_536n;

/** Leaves that one block accounts for; without a block where its row is missing. */
interface Segment {
  readonly start: bigint;
  readonly end: bigint;
  readonly row?: BlockRow;
  readonly roots: readonly Uint8Array[];
  /** Text of the block before, null before the first, undefined where that is missing or was touched. */
  readonly previousText: string | null | undefined;
}

/** Entries, tiles, blocks, signatures and publications: the tree is grown anew from the entries and compared everywhere. */
export const logCheck: FsckCheck = {
  name: 'entries, tiles, blocks, signatures and publications',
  run: (context) => new LogWalk(context).run(),
};

class LogWalk {
  private tree: CompactRange | undefined = new CompactRange(sha256);
  private readonly upper = new UpperTiles();
  private height = 0n;
  private size = 0n;
  private time = 0n;
  private previousText: string | null | undefined = null;
  private unsigned: bigint | undefined;

  constructor(private readonly context: FsckContext) {}

  async *run(): AsyncGenerator<FsckFinding> {
    const { reader } = this.context;
    let segments: Segment[] = [];
    for await (const rows of blockPages(reader)) {
      for (const row of rows) {
        const findings: FsckFinding[] = [];
        segments.push(...this.segmentsOf(row, findings));
        yield* findings;
        const begin = segments[0]?.start ?? this.size;
        if (this.size - begin < LEAVES_A_PAGE) continue;
        yield* this.checkSegments(segments);
        segments = [];
      }
    }
    yield* this.checkSegments(segments);
    if (this.tree) yield* this.upper.finish(reader);
    yield* await rowsBehind(reader, this.size);
  }

  /** What a block row accounts for, behind what missing rows before it have left open. */
  private segmentsOf(row: BlockRow, findings: FsckFinding[]): Segment[] {
    const segments: Segment[] = [];
    const found = (height: bigint, problem: string): void => {
      findings.push({ table: 'ledger.block', key: `height ${height}`, problem });
    };
    const judged = judgeBlock(row, this.context);
    if (row.height !== this.height) {
      found(this.height, 'is missing');
      if (row.first > this.size) segments.push(...this.openSegments(row.first));
      this.previousText = undefined;
    } else if (row.first !== this.size) {
      found(row.height, 'does not begin where the block before ends');
    }
    findings.push(...judged.findings, ...this.unsignedFindings(row));
    this.height = row.height + 1n;
    const isSound = judged.size > this.size && judged.size - this.size <= BLOCK_LEAVES_MAX;
    if (!isSound) {
      found(row.height, 'does not end behind its beginning');
      this.previousText = undefined;
      return segments;
    }
    const { previousText } = this;
    segments.push({ start: this.size, end: judged.size, row, roots: judged.roots, previousText });
    this.size = judged.size;
    this.previousText = judged.findings.some(({ table }) => table === 'ledger.block') ? undefined : row.text;
    return segments;
  }

  private openSegments(end: bigint): Segment[] {
    const segments: Segment[] = [];
    for (; this.size < end; this.size = segments.at(-1)!.end) {
      const next = this.size + LEAVES_A_PAGE;
      segments.push({ start: this.size, end: next < end ? next : end, roots: [], previousText: undefined });
    }
    return segments;
  }

  /** The newest blocks may wait for their signature; one that newer signed blocks follow has lost it. */
  private unsignedFindings(row: BlockRow): FsckFinding[] {
    if (row.signature === null) {
      this.unsigned ??= row.height;
      return [];
    }
    if (this.unsigned === undefined) return [];
    const key = `height ${this.unsigned}`;
    this.unsigned = undefined;
    return [{ table: 'ledger.block_signature', key, problem: 'is missing, although a later block is signed' }];
  }

  /** Consecutive segments: read in pages, since a hole of missing blocks may be of any length. */
  private async *checkSegments(segments: readonly Segment[]): AsyncGenerator<FsckFinding> {
    const { reader, onProgress } = this.context;
    for (let at = 0; at < segments.length;) {
      const page = [segments[at] as Segment];
      const { start } = page[0] as Segment;
      for (at += 1; at < segments.length && (segments[at] as Segment).end - start <= 2n * LEAVES_A_PAGE; at += 1) {
        page.push(segments[at] as Segment);
      }
      const end = (page.at(-1) as Segment).end;
      const leaves = await loadLeaves(reader, start, end);
      yield* leaves.findings;
      for (const segment of page) yield* this.checkSegment(segment, leaves);
      yield* this.upper.check(reader);
      onProgress(end);
    }
  }

  private *checkSegment(segment: Segment, leaves: Leaves): Generator<FsckFinding> {
    const from = Number(segment.start - leaves.start);
    const to = Number(segment.end - leaves.start);
    const computed: (Uint8Array | undefined)[] = [];
    let same = true;
    for (let at = from; at < to; at += 1) {
      const entry = leaves.entries[at];
      const stored = leaves.hashes[at];
      const hash = entry && leafHash(entry, sha256);
      computed.push(hash);
      same &&= hash !== undefined && stored !== undefined && sameBytes(hash, stored);
    }
    const stored = leaves.hashes.slice(from, to);
    const verdict = same
      ? { leaves: computed as Uint8Array[], entries: true, runs: true }
      : this.judge(segment, { computed, stored });
    const key = (offset: number): string => `index ${leaves.start + BigInt(offset)}`;
    const wrong = computed.findIndex((hash, at) => !sameHash(hash, stored[at]));
    if (!verdict.entries) {
      const problem = computed[wrong] === undefined ? 'is missing' : 'is not what was logged: its hash is another';
      yield { table: 'ledger.entry', key: key(from + wrong), problem };
    }
    if (!verdict.runs && stored[wrong] !== undefined) {
      const problem = 'holds another hash than its entry has';
      yield { table: 'ledger.tile_run', key: leaves.runAt(from + wrong), problem };
    }
    yield* this.grow(segment, verdict.leaves);
    yield* this.readEntries(segment, leaves);
  }

  /**
   * Entries and tiles differ: whichever gives the root of the block is as it was. `leaves` is what to go on with,
   * undefined where neither table has a leaf.
   */
  private judge(
    { roots }: Segment,
    { computed, stored }: Record<'computed' | 'stored', readonly (Uint8Array | undefined)[]>,
  ): { leaves: Uint8Array[] | undefined; entries: boolean; runs: boolean } {
    const byTiles = stored.map((hash, at) => hash ?? computed[at]);
    const byEntries = computed.map((hash, at) => hash ?? stored[at]);
    if (!isComplete(byTiles) || !isComplete(byEntries)) return { leaves: undefined, entries: false, runs: false };
    const gives = (leaves: readonly Uint8Array[]): boolean => {
      const tree = this.tree?.clone();
      for (const leaf of leaves) tree?.append(leaf);
      const root = tree?.root();
      return root !== undefined && roots.some((known) => sameBytes(known, root));
    };
    const someMissing = { entries: computed.includes(undefined), runs: stored.includes(undefined) };
    if (gives(byTiles)) return { leaves: byTiles, entries: sameAll(computed, byTiles), runs: !someMissing.runs };
    if (gives(byEntries)) return { leaves: byEntries, entries: !someMissing.entries, runs: false };
    return { leaves: byTiles, entries: false, runs: false };
  }

  private *grow({ row, roots }: Segment, leaves: readonly Uint8Array[] | undefined): Generator<FsckFinding> {
    if (leaves === undefined) this.tree = undefined; // nothing above can be computed any more
    const { tree } = this;
    if (!tree) return;
    for (const leaf of leaves as readonly Uint8Array[]) tree.append(leaf, (node, hash) => this.upper.add(node, hash));
    if (row === undefined) return;
    const root = tree.root();
    if (roots.some((known) => sameBytes(known, root))) return;
    yield { table: 'ledger.block', key: `height ${row.height}`, problem: 'its root is not that of its entries' };
  }

  private *readEntries({ start, end, row, previousText }: Segment, leaves: Leaves): Generator<FsckFinding> {
    const from = Number(start - leaves.start);
    const to = Number(end - leaves.start);
    const [first] = leaves.entries.slice(from, from + 1);
    const bad = (offset: number, problem: string): FsckFinding => ({
      table: 'ledger.entry',
      key: `index ${leaves.start + BigInt(offset)}`,
      problem,
    });
    if (row && first) {
      const { height } = row;
      const judged = judgeHeader(first, { height, first: start, size: end, previousText, previousTime: this.time });
      if (judged.problem !== undefined) yield bad(from, judged.problem);
      else if (judged.header) this.time = judged.header.time;
    }
    for (let at = row ? from + 1 : from; at < to; at += 1) {
      const entry = leaves.entries[at];
      if (row && entry && !isCommittedEntry(entry)) yield bad(at, 'is of no known kind');
    }
  }
}

function sameHash(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a !== undefined && b !== undefined && sameBytes(a, b);
}

function sameAll(a: readonly (Uint8Array | undefined)[], b: readonly Uint8Array[]): boolean {
  return a.every((hash, at) => sameHash(hash, b[at]));
}

function isComplete(hashes: readonly (Uint8Array | undefined)[]): hashes is Uint8Array[] {
  return !hashes.includes(undefined);
}
