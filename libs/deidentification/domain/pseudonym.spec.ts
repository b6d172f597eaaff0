import { createHmac } from 'node:crypto';
import { hmacSha256 } from '../testing';
import { dateShiftDays, pseudonymsUnder } from './pseudonym';

const key = new Uint8Array(32).fill(7);
const other = new Uint8Array(32).fill(8);
const R = 182;

describe('pseudonyms', () => {
  it('are hex(HMAC-SHA256(key, domain ‖ 0x00 ‖ number))[0:32]', () => {
    const expected = createHmac('sha256', key).update('pseudonym/Patient\0person-1').digest('hex').slice(0, 32);
    expect(pseudonymsUnder(key, hmacSha256)('pseudonym/Patient', 'person-1')).toBe(expected);
    const prepared = Object.assign(hmacSha256.bind(null), {
      underKey: (secret: Uint8Array) => (text: string) => createHmac('sha256', secret).update(text).digest('hex'),
    });
    expect(pseudonymsUnder(key, prepared)('pseudonym/Patient', 'person-1')).toBe(expected);
  });

  it('differ by sale, by domain and by number, also where domain and number run together', () => {
    const [one, two] = [pseudonymsUnder(key, hmacSha256), pseudonymsUnder(other, hmacSha256)];
    const all = [one('a', 'bc'), one('ab', 'c'), one('a', 'b'), two('a', 'bc'), two('ab', 'c'), two('a', 'b')];
    expect(new Set(all).size).toBe(6);
    expect(() => one('a\0b', 'c')).toThrow('zero byte');
  });
});

describe('date shift', () => {
  const shift = (person: string, saleKey = key) => dateShiftDays(person, { saleKey, hmac: hmacSha256, daysMax: R });

  it('is the same for one person and sale', () => {
    expect(shift('person-1')).toBe(shift('person-1'));
  });

  it('is uniform in [−R, R] without 0 (chi-square over 100,000 persons)', () => {
    const persons = 100_000;
    const counts = new Map<number, number>();
    for (let person = 0; person < persons; person += 1) {
      const days = shift(`person-${person}`);
      counts.set(days, (counts.get(days) ?? 0) + 1);
    }
    expect(counts.has(0)).toBe(false);
    expect(Math.min(...counts.keys())).toBe(-R);
    expect(Math.max(...counts.keys())).toBe(R);
    expect(counts.size).toBe(2 * R);
    const expected = persons / (2 * R);
    const chiSquare = [...counts.values()].reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    expect(chiSquare).toBeLessThan(453); // 99.9 % quantile at 363 degrees of freedom
  });

  it('of one sale says nothing about another: equal as often as chance', () => {
    const persons = 20_000;
    let equal = 0;
    for (let person = 0; person < persons; person += 1) {
      if (shift(`person-${person}`) === shift(`person-${person}`, other)) equal += 1;
    }
    expect(equal / persons).toBeGreaterThan(0.5 / (2 * R));
    expect(equal / persons).toBeLessThan(2 / (2 * R));
  });

  it('of one sale says nothing about another, whatever its size (chi-square over pairs of 100,000 persons)', () => {
    const [persons, bands] = [100_000, 14]; // 26 shifts a band
    const band = (days: number) => Math.floor((days + R - (days > 0 ? 1 : 0)) / 26);
    const pairs = new Map<number, number>();
    for (let person = 0; person < persons; person += 1) {
      const pair = band(shift(`person-${person}`)) * bands + band(shift(`person-${person}`, other));
      pairs.set(pair, (pairs.get(pair) ?? 0) + 1);
    }
    const expected = persons / bands ** 2;
    const chiSquare = [...pairs.values()].reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    expect(pairs.size).toBe(bands ** 2);
    expect(chiSquare).toBeLessThan(261); // 99.9 % quantile at 195 degrees of freedom
  });

  it('is recovered from two known pairs where it is a polynomial fold, and is not where it is ours', () => {
    const weak = (id: string) => fold(`${id}a secret of any length`) - DAYS;
    const ours = (id: string) => dateShiftDays(id, { saleKey: key, hmac: hmacSha256, daysMax: DAYS });
    const ids = Array.from({ length: 10_000 }, (_, n) => `patient-${n * 7919}`);
    const known = [ids[0]!, ids.find((id) => fold(id) !== fold(ids[0]!))!];

    const broken = candidates(known, weak);
    expect(broken).toHaveLength(1);
    expect(ids.filter((id) => broken[0]!(id) === weak(id))).toHaveLength(ids.length);

    const guesses = candidates(known, ours).map(
      (guess) => ids.filter((id) => guess(id) === ours(id)).length / ids.length,
    );
    expect(Math.max(0, ...guesses)).toBeLessThan(0.02); // chance is one in a hundred
  });

  it('draws again what would favour the first choices', () => {
    let calls = 0;
    const biased = () => {
      calls += 1;
      return calls === 1 ? new Uint8Array(32).fill(255) : new Uint8Array(32);
    };
    expect(dateShiftDays('p', { saleKey: key, hmac: biased, daysMax: R })).toBe(-R);
    expect(calls).toBe(2);
    const stuck = () => new Uint8Array(32).fill(255);
    expect(() => dateShiftDays('p', { saleKey: key, hmac: stuck, daysMax: R })).toThrow('no shift is left');
    expect(() => dateShiftDays('p', { saleKey: key, hmac: stuck, daysMax: 0 })).toThrow('positive number of days');
  });
});

/**
 * The documented break of shifts that are a fold o = (131·o + byte) mod 101 over id ‖ key, minus 50: the fold is linear, so
 * the shift is A·fold(id) + fold(key) with A a power of 30 (50 of them, by the length of the key). 5,050 keys in all.
 */
const [MODULUS, DAYS] = [101, 50];
const fold = (text: string) => [...Buffer.from(text)].reduce((o, byte) => (131 * o + byte) % MODULUS, 0);

type Guess = (id: string) => number;

/** Every key of the fold, as a function from id to shift, that explains the known pairs. */
function candidates(known: readonly string[], shift: (id: string) => number): Guess[] {
  const powers = new Set<number>();
  for (let power = 1; !powers.has(power); power = (30 * power) % MODULUS) powers.add(power);
  const guesses = [...powers].flatMap((power) =>
    Array.from(
      { length: MODULUS },
      (_, ofKey): Guess =>
        (id) =>
          ((power * fold(id) + ofKey) % MODULUS) - DAYS,
    ),
  );
  return guesses.filter((guess) => known.every((id) => guess(id) === shift(id)));
}
