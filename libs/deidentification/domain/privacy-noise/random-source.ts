import { assert, concat, utf8, type HmacSha256, type RandomBytes } from '@aceso/kernel';

/** Drawn at once from the source; a count needs some tens of bytes. */
const BLOCK_BYTES = 32;
/** Numbers are put together in 31 bits. */
const LIMIT_MAX = 2 ** 31;

/** Uniform whole numbers out of random bytes, without bias and without floating point. */
export class RandomSource {
  readonly #bytes: RandomBytes;
  #block: Uint8Array = new Uint8Array(0);
  #used = 0;

  /** `bytes` is a cryptographic source, or {@link keyedBytes} where the same question must draw the same noise. */
  constructor(bytes: RandomBytes) {
    this.#bytes = bytes;
  }

  /** A whole number from 0 to `limit` − 1, each equally likely: bits are drawn until they are below the limit. */
  below(limit: number): number {
    assert(Number.isInteger(limit) && limit >= 1 && limit <= LIMIT_MAX, 'a limit is a whole number of 1 to 2^31');
    const bits = 32 - Math.clz32(limit - 1);
    const mask = 2 ** bits - 1;
    for (;;) {
      let drawn = 0;
      for (let got = 0; got < bits; got += 8) drawn = (drawn << 8) | this.#next();
      drawn = (drawn & mask) >>> 0;
      if (drawn < limit) return drawn;
    }
  }

  /** True with probability numerator / denominator. */
  bernoulli(numerator: number, denominator: number): boolean {
    return this.below(denominator) < numerator;
  }

  #next(): number {
    if (this.#used === this.#block.length) {
      this.#block = this.#bytes(BLOCK_BYTES);
      assert(this.#block.length === BLOCK_BYTES, 'a source gives as many bytes as it is asked for');
      this.#used = 0;
    }
    return this.#block[this.#used++]!;
  }
}

const KEY_BYTES_MIN = 32;
const DOMAIN = utf8('dp-count/v1\u0000');

/**
 * Pseudorandom bytes that only the holder of the key can foretell: HMAC-SHA256(key, domain ‖ block number ‖ question), a
 * block at a time (a pseudorandom function in counter mode, NIST SP 800-108). The same key and question give the same bytes.
 */
export function keyedBytes(key: Uint8Array, question: Uint8Array, hmacSha256: HmacSha256): RandomBytes {
  assert(key.length >= KEY_BYTES_MIN, 'a noise key has at least 32 bytes');
  let block = 0;
  let left: Uint8Array = new Uint8Array(0);
  return (length) => {
    while (left.length < length) {
      const number = new Uint8Array(4);
      new DataView(number.buffer).setUint32(0, (block += 1));
      left = concat(left, hmacSha256(key, DOMAIN, number, question));
    }
    const bytes = left.slice(0, length);
    left = left.slice(length);
    return bytes;
  };
}
