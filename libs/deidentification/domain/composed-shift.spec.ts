import { hmacSha256 } from '../testing';
import { possibleDaysMin, shiftBaseDays, shiftSpreadDays } from './composed-shift';
import { dateShiftDraws } from './pseudonym';

const key = new Uint8Array(32).fill(3);
const R = 182;
const E = shiftSpreadDays(R);

describe("the base of a person's shifts", () => {
  it('is uniform over the days that spread keeps from 0 and inside the window (chi-square over 100,000 persons)', () => {
    const persons = 100_000;
    const counts = new Map<number, number>();
    for (let person = 0; person < persons; person += 1) {
      const days = shiftBaseDays(`person-${person}`, { key, hmac: hmacSha256, daysMax: R });
      counts.set(days, (counts.get(days) ?? 0) + 1);
    }
    expect([E, possibleDaysMin(R), counts.size]).toEqual([30, 244, 244]);
    const magnitudes = [...counts.keys()].map(Math.abs);
    expect([Math.min(...magnitudes) - E, Math.max(...magnitudes) + E]).toEqual([1, R]);
    const expected = persons / counts.size;
    const chiSquare = [...counts.values()].reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    expect(chiSquare).toBeLessThan(317); // 99.9 % quantile at 243 degrees of freedom
  });

  it('leaves every order another shift, as many as the spread has days', () => {
    const draws = dateShiftDraws('person', { saleKey: key, hmac: hmacSha256, daysMax: E });
    expect(new Set(draws).size).toBe(2 * E);
    expect(() => shiftSpreadDays(2)).toThrow('three days');
  });

  it('stays unknown: whatever joined orders show, no fewer days are left for a true date', () => {
    // Every base with every two and three different spreads, as if an order were sold under each.
    const daysMax = 18;
    const spread = shiftSpreadDays(daysMax);
    const bases = [
      ...new Set(Array.from({ length: 2000 }, (_, n) => shiftBaseDays(`${n}`, { key, hmac: hmacSha256, daysMax }))),
    ];
    expect(bases).toHaveLength(possibleDaysMin(daysMax));
    const spreads = Array.from({ length: 2 * spread + 1 }, (_, n) => n - spread).filter((days) => days !== 0);
    for (const orders of [2, 3]) {
      // What is seen: the days that the dates of each order show, against a true date that is looked for.
      const trueDays = new Map<string, number[]>();
      for (const drawn of different(spreads, orders))
        for (const base of bases) {
          const seen = drawn.map((days) => days - drawn[0]!).join();
          trueDays.set(seen, [...(trueDays.get(seen) ?? []), -(base + drawn[0]!)]);
        }
      for (const days of trueDays.values()) expect(new Set(days).size).toBeGreaterThanOrEqual(possibleDaysMin(daysMax));
    }
    // All spreads sold: nothing is left to learn, and the base is as uniform as it was drawn.
    expect(new Set(bases.map((base) => base + spread)).size).toBe(possibleDaysMin(daysMax));
  });
});

function different(from: readonly number[], length: number): number[][] {
  if (length === 0) return [[]];
  return different(from, length - 1).flatMap((some) =>
    from.filter((one) => !some.includes(one)).map((one) => [...some, one]),
  );
}
