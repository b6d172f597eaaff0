/** Sensitive values of one class: entries from `from` to `to` − 1. */
export interface ClassValues {
  readonly values: Int32Array;
  readonly counts: Int32Array;
  readonly from: number;
  readonly to: number;
  /** Records of the class. */
  readonly size: number;
}

export type ClassTest = (values: ClassValues) => boolean;

/** Sums of logarithms differ in their last digits by order: equality is judged to this. */
export const TOLERANCE = 1e-12;
