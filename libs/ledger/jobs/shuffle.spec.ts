import { randomBytes } from 'node:crypto';
import { PendingFloor } from './pending-floor';
import { shuffled } from './shuffle';

it('keeps every item and leaves the original alone', () => {
  const items = Array.from({ length: 256 }, (_, n) => n);
  const mixed = shuffled(items, randomBytes);
  expect(mixed).not.toEqual(items);
  expect([...mixed].sort((a, b) => a - b)).toEqual(items);
  expect(shuffled([], randomBytes)).toEqual([]);
});

it('gives each of the six orders of three items its sixth', () => {
  const seen = new Map<string, number>();
  for (let n = 0; n < 6000; n += 1) {
    const order = shuffled(['a', 'b', 'c'], randomBytes).join('');
    seen.set(order, (seen.get(order) ?? 0) + 1);
  }
  expect(seen.size).toBe(6);
  // Six standard deviations of a fair draw: wrong once in hundreds of millions of runs.
  for (const count of seen.values()) expect(Math.abs(count - 1000)).toBeLessThan(175);
});

it('throws numbers of the incomplete last run away instead of favouring some places', () => {
  const answers = [Uint8Array.of(255, 255, 255, 255), Uint8Array.of(0, 0, 0, 1), Uint8Array.of(0, 0, 0, 0)];
  // 2^32 - 1 is no fair number from 0 to 2: it is skipped.
  expect(shuffled(['a', 'b', 'c'], () => answers.shift() as Uint8Array)).toEqual(['c', 'a', 'b']);
});

it('searches the whole pending table every half minute and never above what late commits may need', () => {
  const floor = new PendingFloor();
  expect(floor.at(1_000)).toBe(0n);
  floor.passed(500n);
  expect(floor.at(2_000)).toBe(0n);
  expect(floor.at(31_000)).toBe(0n);
  floor.passed(900n);
  expect(floor.at(32_000)).toBe(0n);
  expect(floor.at(61_000)).toBe(0n);
  // Half a minute after batches had come to 500, they are no longer searched for below it.
  expect(floor.at(62_000)).toBe(500n);
  expect(floor.at(91_000)).toBe(0n);
  expect(floor.at(92_000)).toBe(900n);
});
