/**
 * A deterministic source for made-up patients: the same seed gives the same population on every machine.
 * (xoshiro128**, Blackman and Vigna 2018, seeded by splitmix32.) Never for keys.
 */
export class SeededRandom {
  private readonly state: Uint32Array<ArrayBuffer>;

  constructor(seed: number) {
    let word = seed >>> 0;
    this.state = Uint32Array.from({ length: 4 }, () => {
      word = (word + 0x9e3779b9) >>> 0;
      let mixed = word;
      mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad);
      mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
      return (mixed ^ (mixed >>> 15)) >>> 0;
    });
  }

  /** 32 uniform bits. */
  bits(): number {
    const [a, b, c, d] = this.state as unknown as [number, number, number, number];
    const scrambled = Math.imul(rotateLeft(Math.imul(b, 5), 7), 9) >>> 0;
    const third = c ^ a;
    const fourth = d ^ b;
    this.state[1] = b ^ third;
    this.state[0] = a ^ fourth;
    this.state[2] = third ^ (b << 9);
    this.state[3] = rotateLeft(fourth, 11);
    return scrambled;
  }

  /** Uniform in [0, 1). */
  unit(): number {
    return this.bits() / 2 ** 32;
  }

  /** Whole number, both ends included. */
  between(low: number, high: number): number {
    return low + Math.floor(this.unit() * (high - low + 1));
  }

  chance(probability: number): boolean {
    return this.unit() < probability;
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.between(0, choices.length - 1)] as T;
  }

  /** Picks by weight; the weights need not sum to one. */
  weighted<T>(choices: readonly (readonly [T, number])[]): T {
    let left = this.unit() * choices.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [choice, weight] of choices) {
      left -= weight;
      if (left < 0) return choice;
    }
    return choices.at(-1)![0];
  }

  /** Normal distribution by the sum of twelve uniforms (Irwin-Hall): good enough for laboratory values. */
  normal(mean: number, deviation: number): number {
    let sum = -6;
    for (let count = 0; count < 12; count += 1) sum += this.unit();
    return mean + sum * deviation;
  }

  /** A version 4 UUID (RFC 9562 section 5.4). */
  uuid(): string {
    const hex = Array.from({ length: 4 }, () => this.bits().toString(16).padStart(8, '0')).join('');
    const variant = ((Number.parseInt(hex[16] as string, 16) & 3) | 8).toString(16);
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20)}`;
  }
}

function rotateLeft(value: number, bits: number): number {
  return ((value << bits) | (value >>> (32 - bits))) >>> 0;
}
