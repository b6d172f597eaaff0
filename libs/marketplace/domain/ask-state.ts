export const ASK_STATES = ['asked', 'granted', 'declined'] as const;

/** What a person made of a request: silence stays `asked` and counts as no. */
export type AskState = (typeof ASK_STATES)[number];

/**
 * Allowed moves; the table `marketplace.allowed_move` repeats them. Whoever declined may think again while answers are
 * taken; a grant is withdrawn by a signed revocation, not by declining.
 */
export const ASK_NEXT: Record<AskState, readonly AskState[]> = {
  asked: ['granted', 'declined'],
  granted: ['granted'],
  declined: ['granted', 'declined'],
};
