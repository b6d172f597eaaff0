/** A table as a sample of a population. */
export interface Sample {
  /** Records of the table (n). */
  readonly records: number;
  /** Classes of the table (J). */
  readonly classes: number;
  /** Number of classes by size (c_s). */
  readonly sizes: readonly { readonly size: number; readonly classes: number }[];
  /** People of the population (N), at least as many as records; whole numbers are exact up to 2^53. */
  readonly population: number;
}

/** Estimated number of people of the population whom nobody shares the quasi-identifiers with. */
export interface UniquesEstimate {
  readonly uniques: number;
  /** False: the model has no solution for this sample, and the number means nothing. */
  readonly valid: boolean;
}

export const INVALID: UniquesEstimate = { uniques: 0, valid: false };

/** c_s of a sample. */
export function classesOfSize({ sizes }: Sample, size: number): number {
  return sizes.reduce((sum, group) => sum + (group.size === size ? group.classes : 0), 0);
}
