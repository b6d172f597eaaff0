import type { FsckContext, FsckFinding } from './check';
import { judgeBlock } from './block-check';
import { blockPages, loadLeaves, type BlockRow, type Leaves } from './log-rows';

/** Leaves of one read, more or less: some hundred kilobytes. */
const LEAVES_A_PAGE = 8_192n;
/** Most leaves that a header can announce (its count has two bytes). */
const BLOCK_LEAVES_MAX = 65_536n;

/** Leaves that one block accounts for; without a block where its row is missing. */
export interface Segment {
  readonly start: bigint;
  readonly end: bigint;
  readonly row?: BlockRow;
  readonly roots: readonly Uint8Array[];
  /** Text of the block before, null before the first, undefined where that is missing or was touched. */
  readonly previousText: string | null | undefined;
}

/** Neighbouring segments with their leaves. */
export interface Page {
  readonly segments: readonly Segment[];
  readonly leaves: Leaves;
}

/** Walks over the block rows: which leaves each accounts for, and what is wrong with the rows themselves. */
export class LogPages {
  private height = 0n;
  private end = 0n;
  private previousText: string | null | undefined = null;
  private unsigned: bigint | undefined;

  constructor(private readonly context: FsckContext) {}

  /** Where the last block that was read ends. */
  get size(): bigint {
    return this.end;
  }

  /** Findings of block rows, and the leaves behind them in pages. */
  async *read(): AsyncGenerator<FsckFinding | Page> {
    let segments: Segment[] = [];
    for await (const rows of blockPages(this.context.reader)) {
      for (const row of rows) {
        const findings: FsckFinding[] = [];
        segments.push(...this.segmentsOf(row, findings));
        yield* findings;
        if (this.end - (segments[0]?.start ?? this.end) < LEAVES_A_PAGE) continue;
        yield* this.load(segments);
        segments = [];
      }
    }
    yield* this.load(segments);
  }

  /** In more than one page where missing blocks have left a hole. */
  private async *load(segments: readonly Segment[]): AsyncGenerator<Page> {
    for (let at = 0; at < segments.length;) {
      const { start } = segments[at] as Segment;
      const beyond = segments.findIndex(({ end }, next) => next > at && end - start > 2n * LEAVES_A_PAGE);
      const page = segments.slice(at, beyond === -1 ? segments.length : beyond);
      at += page.length;
      const leaves = await loadLeaves(this.context.reader, start, (page.at(-1) as Segment).end);
      yield { segments: page, leaves };
    }
  }

  /** What a block row accounts for, behind what missing rows before it have left open. */
  private segmentsOf(row: BlockRow, findings: FsckFinding[]): Segment[] {
    const segments: Segment[] = [];
    const found = (height: bigint, problem: string): void => {
      findings.push({ table: 'ledger.block', key: `height ${height}`, problem });
    };
    if (row.height !== this.height) {
      found(this.height, 'is missing');
      segments.push(...this.holeUpTo(row.first));
      this.previousText = undefined;
    } else if (row.first !== this.end) {
      found(row.height, 'does not begin where the block before ends');
    }
    const judged = judgeBlock(row, this.context);
    findings.push(...judged.findings, ...this.unsignedFindings(row));
    this.height = row.height + 1n;
    const { previousText, end: start } = this;
    const end = judged.size;
    this.previousText = judged.findings.some(({ table }) => table === 'ledger.block') ? undefined : row.text;
    if (end <= start || end - start > BLOCK_LEAVES_MAX) {
      found(row.height, 'has no entries, or more than a block can have');
      this.previousText = undefined;
      return segments;
    }
    this.end = end;
    return [...segments, { start, end, row, roots: judged.roots, previousText }];
  }

  private holeUpTo(first: bigint): Segment[] {
    const segments: Segment[] = [];
    while (this.end < first) {
      const start = this.end;
      this.end = first - start < LEAVES_A_PAGE ? first : start + LEAVES_A_PAGE;
      segments.push({ start, end: this.end, roots: [], previousText: undefined });
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
}
