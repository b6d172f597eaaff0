import type { Finding } from './verdict';

/** Deepest nesting that is read. FHIR R4 itself stays far below; a parser's or writer's stack is never at risk. */
export const DEPTH_MAX = 64;

/** Most values in one line: bounds what a hostile line can cost once it is parsed. */
export const VALUES_MAX = 2_000_000;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * Looks at the brackets and commas of a JSON text before anything is built from it. Judges depth and number of values
 * only; whether the text is JSON at all is for the parser to say.
 */
export function checkShape(text: Uint8Array): Finding | undefined {
  let depth = 0;
  let values = 1;
  for (let at = 0; at < text.length; at++) {
    const byte = text[at] as number;
    if (byte === QUOTE) {
      at++;
      while (at < text.length && text[at] !== QUOTE) at += text[at] === BACKSLASH ? 2 : 1;
    } else if (byte === 0x7b || byte === 0x5b) {
      values++;
      if (++depth > DEPTH_MAX) return { code: 'JSON_TOO_DEEP' };
    } else if (byte === 0x7d || byte === 0x5d) depth--;
    else if (byte === 0x2c) values++;
  }
  return values > VALUES_MAX ? { code: 'JSON_TOO_MANY_VALUES' } : undefined;
}
