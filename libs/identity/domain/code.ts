import { hex, utf8, type RandomBytes, type Sha256 } from '@aceso/kernel';

/** Crockford's base 32: no letter that is taken for a digit. 256 is a multiple of 32, so every symbol is equally likely. */
const SYMBOLS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const SYMBOL_COUNT = 25;
const GROUP_LENGTH = 5;

/** Shortest and longest code that is looked at, in characters. */
export const CODE_LENGTH_MIN = 8;
export const CODE_LENGTH_MAX = 128;

/**
 * A fresh one-time code of 125 random bits in groups of five. So many because its hash stands in a statement: whoever
 * holds that may guess without being counted.
 */
export function newCode(randomBytes: RandomBytes): string {
  const symbols = [...randomBytes(SYMBOL_COUNT)].map((byte) => SYMBOLS.charAt(byte % SYMBOLS.length)).join('');
  return symbols.replace(new RegExp(`(.{${GROUP_LENGTH}})(?=.)`, 'g'), '$1-');
}

/** The hash under which a code is known: SHA-256 of its UTF-8 bytes, lower-case hexadecimal. */
export function codeHash(code: string, sha256: Sha256): string {
  return hex.encode(sha256(utf8(code)));
}

/** True when a code has the length of one and the hash that was promised. */
export function codeMatches(code: string, expectedHash: string, sha256: Sha256): boolean {
  if (code.length < CODE_LENGTH_MIN || code.length > CODE_LENGTH_MAX) return false;
  return codeHash(code, sha256) === expectedHash;
}
