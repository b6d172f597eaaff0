/** A sum as outsiders see it: null means "too few to say", never zero. */
export type Disclosed = number | null;

/**
 * How sums are rounded before they are shown: the disclosure rule of counts, which belongs to the cohort context and is
 * passed in. Null stands for suppressed.
 */
export type DiscloseSum = (trueSum: number) => Disclosed;

/** Shares are shown to a tenth of a percent. */
const SHARE_STEPS = 1000;

/** A share out of sums that are shown as they are: never finer than they are. */
export function disclosedShare(part: Disclosed, whole: Disclosed): Disclosed {
  if (part === null || whole === null || whole === 0) return null;
  return roundedShare(Math.min(1, part / whole));
}

/** A share or a chance to a tenth of a percent; of a chance above zero at least that, as nothing above zero is called zero. */
export function roundedShare(share: number): number {
  return share > 0 ? Math.max(1, Math.round(share * SHARE_STEPS)) / SHARE_STEPS : 0;
}
