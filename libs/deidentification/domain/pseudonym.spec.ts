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

  /**
   * Known break of folds o = (131·o + byte) mod 101 over id ‖ key: the shift is A·h(id) + B, so two known pairs give A
   * and B, and with them every other shift. Against a keyed hash the same attack guesses no better than chance.
   */
  it('withstands the linear break of polynomial folds', () => {
    const fold = (text: string) => [...Buffer.from(text)].reduce((o, byte) => (131 * o + byte) % 101, 0);
    const folded = (id: string) => fold(`${id}secret`) - 50;
    const ids = Array.from({ length: 2_000 }, (_, n) => `patient-${n * 7919}`);
    expect(hitsOfBreak(ids, folded, { fold, modulus: 101, from: -50 })).toBeGreaterThan(0.99);
    expect(hitsOfBreak(ids, shift, { fold, modulus: 2 * R + 1, from: -R })).toBeLessThan(0.02);
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

/** Share of shifts that the best linear model over two known (id, shift) pairs gets right. */
function hitsOfBreak(
  ids: readonly string[],
  shift: (id: string) => number,
  { fold, modulus, from }: { fold: (id: string) => number; modulus: number; from: number },
): number {
  const [a, b, ...rest] = ids;
  const mod = (value: number) => ((value % modulus) + modulus) % modulus;
  let best = 0;
  for (let slope = 1; slope < modulus; slope += 1) {
    const offset = mod(shift(a!) - from - slope * fold(a!));
    if (mod(slope * fold(b!) + offset) !== mod(shift(b!) - from)) continue;
    const hits = rest.filter((id) => mod(slope * fold(id) + offset) + from === shift(id)).length;
    best = Math.max(best, hits / rest.length);
  }
  return best;
}
