import { assert, utf8, type HmacSha256 } from '@aceso/kernel';

/** 128 bits: among 10^8 ids of a sale two are equal with probability 1.5e-23. */
const PSEUDONYM_BYTES = 16;

const HEX_DIGITS = utf8('0123456789abcdef');
const digits = new Uint8Array(2 * PSEUDONYM_BYTES);

/**
 * hex(HMAC-SHA256(saleKey, domain ‖ 0x00 ‖ number))[0:32]. `number` is an internal random number of a person or the place
 * of a resource in our own register, never an id of a provider; the zero byte keeps one domain from running into another.
 */
export type Pseudonymise = (domain: string, number: string) => string;

/** The pseudonyms of one sale. */
export function pseudonymsUnder(saleKey: Uint8Array, hmac: HmacSha256): Pseudonymise {
  const digest = hmac.underKey?.(saleKey) ?? ((text) => hexOf(hmac(saleKey, utf8(text))));
  return (domain, number) => {
    assert(!domain.includes('\0'), 'a domain holds no zero byte');
    return digest(`${domain}\0${number}`).slice(0, 2 * PSEUDONYM_BYTES);
  };
}

/** Built in one piece: a text joined digit by digit is a tree that every later use has to walk. */
function hexOf(bytes: Uint8Array): string {
  for (let at = 0; at < PSEUDONYM_BYTES; at += 1) {
    digits[2 * at] = HEX_DIGITS[bytes[at]! >> 4]!;
    digits[2 * at + 1] = HEX_DIGITS[bytes[at]! & 15]!;
  }
  return String.fromCharCode(...digits);
}

const SHIFT_DOMAIN = 'date-shift';
/** Draws a digest holds (32 bits each), and digests before giving up: a draw is refused once in ten million. */
const DRAWS_PER_DIGEST = 8;
const DIGESTS_MAX = 100;

interface ShiftKey {
  readonly saleKey: Uint8Array;
  readonly hmac: HmacSha256;
  readonly daysMax: number;
}

/**
 * Days by which all dates of one person move in one sale: uniform in [−daysMax, daysMax] without 0, drawn by rejection
 * from HMAC-SHA256(saleKey, "date-shift" ‖ 0x00 ‖ person ‖ 0x00 ‖ n). Under another sale key the shift tells nothing
 * about this one, whatever ids and shifts are known (unlike polynomial folds over the id). `skip` passes over that many
 * draws.
 */
export function dateShiftDays(person: string, { skip = 0, ...key }: ShiftKey & { readonly skip?: number }): number {
  let left = skip;
  for (const days of dateShiftDraws(person, key)) {
    if (left === 0) return days;
    left -= 1;
  }
  throw new Error('no shift is left for this person');
}

/** The draws behind {@link dateShiftDays}, the first one first; 800 at most. */
export function* dateShiftDraws(person: string, { saleKey, hmac, daysMax }: ShiftKey): Generator<number> {
  assert(Number.isInteger(daysMax) && daysMax > 0, 'the window of the shift is a positive number of days');
  const choices = 2 * daysMax;
  for (let n = 0; n < DIGESTS_MAX; n += 1) {
    for (const choice of evenChoices(hmac(saleKey, utf8(`${SHIFT_DOMAIN}\0${person}\0${n}`)), choices))
      yield choice < daysMax ? choice - daysMax : choice - daysMax + 1;
  }
}

/** Even choices below a number, as many as a digest holds: words that would favour the first ones are passed over. */
export function evenChoices(digest: Uint8Array, choices: number): readonly number[] {
  const acceptedBelow = Math.floor(2 ** 32 / choices) * choices;
  const words = new DataView(digest.buffer, digest.byteOffset, digest.byteLength);
  return Array.from({ length: DRAWS_PER_DIGEST }, (_, draw) => words.getUint32(draw * 4))
    .filter((word) => word < acceptedBelow)
    .map((word) => word % choices);
}

/** Noise of a sale for one number: in [−1, 1), fixed by row pseudonym and place. */
export type Noise = (row: string, place: string) => number;

/**
 * Noise from HMAC-SHA256(saleKey, "perturb" ‖ 0x00 ‖ row ‖ 0x00 ‖ place), 32 bits. Asking again for the same order gives the
 * same noise, so nothing averages it away; under other sale keys it is independent.
 */
export function noiseUnder(saleKey: Uint8Array, hmac: HmacSha256): Noise {
  return (row, place) => {
    const digest = hmac(saleKey, utf8(`perturb\0${row}\0${place}`));
    return new DataView(digest.buffer, digest.byteOffset, 4).getUint32(0) / 2 ** 31 - 1;
  };
}
