import { CohortError } from './cohort.errors';

/** Text that is pasted at once, and codes that are read from it. */
export const PASTED_LENGTH_MAX = 131_072;
export const PASTED_CODES_MAX = 5_000;
/** A longer piece is no code in quotes. Trimming looks at each quote again and again, so only short ones are trimmed. */
const PIECE_LENGTH_MAX = 80;
const CODE = /^[^\s\p{C}]{1,64}$/u;

/**
 * The codes of a pasted list, each once and in its order: between them are blanks, line breaks, commas, semicolons or bars, around them quotes.
 * Whatever else stands in the list is a code that nobody knows, and is shown as such. Throws CRITERIA_INVALID for more than is read.
 */
export function pasteCodes(text: string): string[] {
  if (text.length > PASTED_LENGTH_MAX)
    throw new CohortError('CRITERIA_INVALID', `a list of codes is at most ${PASTED_LENGTH_MAX} characters`);
  const codes = new Set<string>();
  for (const piece of text.split(/[\s,;|\ufeff]+/u)) {
    if (piece.length > PIECE_LENGTH_MAX) continue;
    const code = piece.replace(/^["'`]+|["'`]+$/g, '');
    if (CODE.test(code)) codes.add(code);
  }
  if (codes.size > PASTED_CODES_MAX)
    throw new CohortError('CRITERIA_INVALID', `a list has at most ${PASTED_CODES_MAX} codes`);
  return [...codes];
}
