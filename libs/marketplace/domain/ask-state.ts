export const ASK_STATES = ['asked', 'granted', 'declined'] as const;

/** What a person made of a request: silence stays `asked` and counts as no. */
export type AskState = (typeof ASK_STATES)[number];

/**
 * Allowed moves; the table `marketplace.allowed_move` repeats them. Patients may think again while answers are taken.
 * A grant that stands is withdrawn by a signed revocation first: the consent context refuses to decline it (GRANT_STANDS).
 */
export const ASK_NEXT: Record<AskState, readonly AskState[]> = {
  asked: ['granted', 'declined'],
  granted: ['granted', 'declined'],
  declined: ['granted', 'declined'],
};
