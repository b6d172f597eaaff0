/** One figure and the limit it is measured against, both in `unit` and from the same run. */
export interface BenchFigure {
  readonly value: number;
  readonly unit: string;
  readonly baseline: number;
}

export interface Bench {
  readonly name: string;
  run(): Promise<BenchFigure>;
}
