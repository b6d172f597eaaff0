/** What two source records of different providers have in common, as counts: never the values. */
export interface LinkEvidence {
  readonly strong: number;
  readonly weak: number;
  readonly birthDate: boolean;
}

export type LinkState = 'proposed' | 'linked';

/** Two strong identifiers and the birth date make a link without being asked (privacy-and-keys 1). */
const STRONG_MIN = 2;

/** A hash that stands on more source records than this says nothing: shared numbers, defaults of a system. */
export const HASH_RECORDS_MAX = 8;

/**
 * Whether the evidence links two records, proposes them to the patient, or says nothing. One strong identifier is enough
 * to ask, a weak one only beside the birth date.
 */
export function judgeEvidence({ strong, weak, birthDate }: LinkEvidence): LinkState | undefined {
  if (strong >= STRONG_MIN && birthDate) return 'linked';
  if (strong > 0 || (weak > 0 && birthDate)) return 'proposed';
  return undefined;
}
