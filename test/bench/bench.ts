/** One figure and its limit, both in `unit`: measured in the same run, or what must be kept. */
export interface BenchFigure {
  readonly value: number;
  readonly unit: string;
  readonly baseline: number;
  /** Further figures of the same run: they are reported as `<bench>.<name>`. */
  readonly more?: readonly NamedFigure[];
}

export interface NamedFigure extends Omit<BenchFigure, 'more'> {
  readonly name: string;
}

export interface Bench {
  readonly name: string;
  run(): Promise<BenchFigure>;
}
