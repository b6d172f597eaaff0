const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const NOT_IN_ALPHABET = -1;

/** Value of each ASCII character. */
const VALUES = Int8Array.from({ length: 128 }, (_, code) => ALPHABET.indexOf(String.fromCharCode(code)));

/**
 * Decodes RFC 4648 section 5 without padding, strictly: what it decodes encodes to the same text. A table instead of the codec's
 * radix conversion, since every signature that is verified passes here. Throws a TypeError.
 */
export function decodeBase64url(text: string): Uint8Array {
  const left = text.length % 4;
  if (left === 1) throw malformed();
  const bytes = new Uint8Array((text.length - left) * 0.75 + Math.max(0, left - 1));
  let held = 0;
  let bits = 0;
  let at = 0;
  for (let index = 0; index < text.length; index += 1) {
    const value = VALUES[text.charCodeAt(index)] ?? NOT_IN_ALPHABET;
    if (value === NOT_IN_ALPHABET) throw malformed();
    held = ((held << 6) | value) & 0xffff;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes[at] = held >> bits;
    at += 1;
  }
  // Bits beyond the last byte are zero, or two texts would mean the same bytes.
  if ((held & ((1 << bits) - 1)) !== 0) throw malformed();
  return bytes;
}

function malformed(): TypeError {
  return new TypeError('not base64url without padding');
}
