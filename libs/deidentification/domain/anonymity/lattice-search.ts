import type { Metric } from './metric';
import { isNowhereCoarser, type NodeJudge, type NodeResult } from './node-judge';

/** The best node that was found. */
export interface Found {
  readonly levels: readonly number[];
  readonly result: NodeResult;
}

/** Thrown by the clock check inside the search and caught by it. */
export class TimeIsUp extends Error {}

/** Failing nodes remembered, the coarsest ones; more would cost more to look through than they save. */
const FAILING_MAX = 4_096;
/** Scores closer than this, relatively, are one score: sums differ in the last digits by order. */
const SCORE_TOLERANCE = 1e-12;

const isSame = (a: number, b: number) => Math.abs(a - b) <= Math.abs(b) * SCORE_TOLERANCE;

/** Part of the lattice: all nodes from `low` (finest) to `high` (coarsest). */
interface Box {
  readonly low: number[];
  readonly high: number[];
}

/**
 * Branch and bound over boxes of the lattice, depth first: the lattice itself is never built, memory is the depth of the
 * recursion. A box is left out when
 * - its coarsest node suppresses more than the limit. This is sound for what only shrinks when classes are joined: records in classes
 *   too small (k-anonymity, k-map) or with too few values (distinct l). With a limit of 0 it is sound for every model, since a
 *   union of classes that all pass passes, so there every model counts as certain;
 * - no node of it can score less than the best that is known, by the bound of the metric.
 * Both also narrow a box level by level before it is halved. Entropy and recursive diversity and closeness are not monotone
 * under suppression (a good class may join a bad one and be lost): they are judged at single nodes and prune nothing.
 */
export class LatticeSearch {
  private best: Found | undefined;
  private failing: (readonly number[])[] = [];

  constructor(
    private readonly judge: NodeJudge,
    private readonly metric: Metric,
    private readonly space: { readonly top: readonly number[]; readonly limit: number; readonly allCertain: boolean },
  ) {}

  get found(): Found | undefined {
    return this.best;
  }

  /** True when the search ended by itself: what was found is optimal, and if nothing was found there is nothing. */
  run(): boolean {
    const { top } = this.space;
    try {
      this.descend([...top]);
      while (this.exchange());
      this.search({ low: top.map(() => 0), high: [...top] });
      while (this.refine());
      return true;
    } catch (error) {
      if (error instanceof TimeIsUp) return false;
      throw error;
    }
  }

  /** A good first answer: always on to the best of the next finer nodes, while that is better than where it stands. */
  private descend(levels: number[]): void {
    if (this.fails(levels)) return;
    let score = Infinity;
    for (;;) {
      let column = -1;
      levels.forEach((level, index) => {
        if (level === 0) return;
        const finer = levels.with(index, level - 1);
        if (this.fails(finer)) return;
        const next = this.judge.judge(finer);
        if (next.suppressed <= this.space.limit && next.score < score) [column, score] = [index, next.score];
      });
      if (column < 0) return;
      levels[column]! -= 1;
    }
  }

  /** A better first answer: one column coarser lets others be finer. True when that led to a better node. */
  private exchange(): boolean {
    const best = this.best;
    best?.levels.forEach((level, column) => {
      if (level < this.space.top[column]!) this.descend([...best.levels.with(column, level + 1)]);
    });
    return this.best !== best;
  }

  /** Of nodes with one score the finer tells more: steps down from the best while the score stays. */
  private refine(): boolean {
    const best = this.best;
    if (!best) return false;
    return best.levels.some((level, column) => {
      const finer = best.levels.with(column, level - 1);
      if (level === 0 || this.fails(finer)) return false;
      const result = this.judge.judge(finer);
      if (result.suppressed > this.space.limit || !isSame(result.score, best.result.score)) return false;
      this.best = { levels: finer, result };
      return true;
    });
  }

  private search({ low, high }: Box): void {
    if (!this.narrow(low, high)) return;
    let [column, gain] = [-1, -1];
    for (let index = 0; index < low.length; index += 1) {
      if (low[index] === high[index]) continue;
      const here = this.metric.gain(index, low[index]!, high[index]!);
      if (here >= gain) [column, gain] = [index, here];
    }
    if (column < 0) return;
    const level = high[column]!;
    this.search({ low: [...low], high: high.with(column, level - 1) });
    this.search({ low: low.with(column, level), high });
  }

  /** Takes from the box what holds no better node; false when nothing is left. A single node has then been judged. */
  private narrow(low: number[], high: number[]): boolean {
    for (;;) {
      if (this.fails(high)) return false;
      const highest = this.judge.judge(high);
      if (this.isHopeless(low, highest)) return false;
      let changed = false;
      for (let column = 0; column < low.length; column += 1)
        while (high[column]! > low[column]! && this.isHopeless(low.with(column, high[column]!), highest)) {
          high[column]! -= 1;
          changed = true;
        }
      if (changed) continue;
      for (let column = 0; column < low.length; column += 1)
        while (high[column]! > low[column]! && this.fails(high.with(column, low[column]!))) {
          low[column]! += 1;
          changed = true;
        }
      if (!changed) return true;
    }
  }

  /** No node between `low` and the node measured as `highest` is better than the best that is known. */
  private isHopeless(low: readonly number[], highest: NodeResult): boolean {
    if (!this.best) return false;
    const { score } = this.best.result;
    const bound = this.metric.bound(low, highest, () => this.judge.judge(low));
    return bound >= score || isSame(bound, score);
  }

  /** True when no node from here on down is a solution. A node that is one becomes the best if it is better. */
  private fails(levels: readonly number[]): boolean {
    if (this.failing.some((failing) => isNowhereCoarser(levels, failing))) return true;
    const result = this.judge.judge(levels);
    const certain = this.space.allCertain ? result.suppressed : result.certain;
    if (certain > this.space.limit) {
      this.failing = this.failing.filter((finer) => !isNowhereCoarser(finer, levels));
      this.failing.push([...levels]);
      if (this.failing.length > FAILING_MAX) this.failing.shift();
      return true;
    }
    if (result.suppressed <= this.space.limit && (!this.best || result.score < this.best.result.score))
      this.best = { levels: [...levels], result };
    return false;
  }
}
