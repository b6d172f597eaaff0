import { VERDICTS, type Verdict } from '@aceso/fhir';

/** How many of something ended with which verdict. */
export type Totals = { readonly [verdict in Verdict]: number };

/** Totals of an ingest: each resource once, each line once. Blank lines hold no resource. */
export interface IngestTotals {
  readonly resources: Totals;
  readonly lines: Totals;
}

/** Counts verdicts. */
export class Tally {
  private readonly counts: { [verdict in Verdict]: number } = { accepted: 0, unchanged: 0, quarantined: 0, refused: 0 };

  add(verdict: Verdict, count = 1): void {
    this.counts[verdict] += count;
  }

  /** Moves what was counted under one verdict to another: a waiting resource found its patient. */
  move(from: Verdict, to: Verdict, count = 1): void {
    this.counts[from] -= count;
    this.counts[to] += count;
  }

  totals(): Totals {
    return { ...this.counts };
  }
}

/** Number of a verdict in rows: its place from best (0) to worst (3). */
export function verdictNumber(verdict: Verdict): number {
  return VERDICTS.indexOf(verdict);
}
