import { createHmac } from 'node:crypto';
import { utf8, type HmacSha256 } from '@aceso/kernel';
import { discreteLaplace, epsilonOf } from './discrete-laplace';
import { noisyCount } from './noisy-count';
import { keyedBytes, RandomSource } from './random-source';

const hmacSha256: HmacSha256 = (key, ...parts) => {
  const hmac = createHmac('sha256', key);
  for (const part of parts) hmac.update(part);
  return new Uint8Array(hmac.digest());
};
const KEY = new Uint8Array(32).fill(7);
const seeded = (question: string) => new RandomSource(keyedBytes(KEY, utf8(question), hmacSha256));

const DRAWS = 100_000;

function histogram(draw: () => number, draws = DRAWS): Map<number, number> {
  const found = new Map<number, number>();
  for (let n = 0; n < draws; n += 1) {
    const x = draw();
    found.set(x, (found.get(x) ?? 0) + 1);
  }
  return found;
}

/** Chi-square over cells of at least 20 expected draws, both tails pooled; with the degrees of freedom. */
function chiSquare(found: ReadonlyMap<number, number>, a: number): { statistic: number; freedom: number } {
  const probability = (x: number) => ((1 - a) / (1 + a)) * a ** Math.abs(x);
  let edge = 0;
  while (probability(edge + 1) * DRAWS >= 20) edge += 1;
  const tail = (a ** (edge + 1) / (1 + a)) * DRAWS;
  let [below, above, statistic] = [0, 0, 0];
  for (const [x, count] of found) {
    if (x < -edge) below += count;
    if (x > edge) above += count;
  }
  for (let x = -edge; x <= edge; x += 1) {
    const expected = probability(x) * DRAWS;
    statistic += ((found.get(x) ?? 0) - expected) ** 2 / expected;
  }
  statistic += (below - tail) ** 2 / tail + (above - tail) ** 2 / tail;
  return { statistic, freedom: 2 * edge + 2 };
}

/** The 99.9 % quantile of chi-square (Wilson and Hilferty 1931). */
const quantile999 = (freedom: number) => freedom * (1 - 2 / (9 * freedom) + 3.0902 * Math.sqrt(2 / (9 * freedom))) ** 3;

describe.each([
  ['1', 1000],
  ['0.1', 100],
])('noise at epsilon %s', (_, milli) => {
  const epsilon = epsilonOf(milli);
  const a = Math.exp(-milli / 1000);
  const random = seeded(`noise ${milli}`);
  const found = histogram(() => discreteLaplace(epsilon, random));

  it('is distributed as the discrete Laplace', () => {
    const { statistic, freedom } = chiSquare(found, a);
    expect(statistic).toBeLessThan(quantile999(freedom));
    // The same draws are no Laplace of a neighbouring scale: the test can fail.
    expect(chiSquare(found, Math.exp(-milli / 900)).statistic).toBeGreaterThan(quantile999(freedom) * 2);
  });

  it('has the mean and the variance of the formula', () => {
    const variance = (2 * a) / (1 - a) ** 2;
    let [sum, squares] = [0, 0];
    for (const [x, count] of found) {
      sum += x * count;
      squares += x * x * count;
    }
    expect(Math.abs(sum / DRAWS)).toBeLessThan(4 * Math.sqrt(variance / DRAWS));
    expect(Math.abs(squares / DRAWS / variance - 1)).toBeLessThan(0.03);
  });

  it('makes no answer more than e^epsilon likelier for one person more', () => {
    const [left, right] = [100, 101].map((count) => {
      const source = seeded(`neighbour ${count} ${milli}`);
      return histogram(() => noisyCount(count, { epsilon, random: source, threshold: 0 }).noisy!, 30_000);
    }) as [Map<number, number>, Map<number, number>];
    let compared = 0;
    for (const [answer, count] of left) {
      const other = right.get(answer) ?? 0;
      if (Math.min(count, other) < 200) continue;
      compared += 1;
      // Four standard errors of the logarithm of a ratio of two counts.
      const slack = 4 * Math.sqrt(1 / count + 1 / other);
      expect(Math.abs(Math.log(count / other))).toBeLessThan(milli / 1000 + slack);
    }
    expect(compared).toBeGreaterThan(5);
  });
});

describe('a noisy count', () => {
  const answer = (count: number, question: string, milli = 1000) =>
    noisyCount(count, { epsilon: epsilonOf(milli), random: seeded(question), threshold: 11 });

  it('is the same for the same question, and another one for another', () => {
    expect(answer(500, 'a', 100)).toEqual(answer(500, 'a', 100));
    const answers = new Set(Array.from({ length: 50 }, (_, n) => answer(500, `question ${n}`, 100).noisy));
    expect(answers.size).toBeGreaterThan(20);
  });

  it('is below zero for nobody, and suppressed below the threshold after the noise', () => {
    const answers = Array.from({ length: 300 }, (_, n) => answer(10, `near ${n}`));
    expect(answers.some(({ suppressed }) => suppressed)).toBe(true);
    expect(answers.some(({ noisy }) => noisy !== null && noisy >= 11)).toBe(true);
    for (const { noisy, suppressed } of answers)
      expect(suppressed ? noisy : noisy! >= 11).toBe(suppressed ? null : true);
    const zeros = Array.from({ length: 300 }, (_, n) =>
      noisyCount(0, { epsilon: epsilonOf(100), random: seeded(`zero ${n}`), threshold: 0 }),
    );
    expect(zeros.some(({ noisy }) => noisy === 0)).toBe(true);
    expect(zeros.every(({ noisy }) => noisy !== null && noisy >= 0)).toBe(true);
  });

  it.each([0, 10_001, 0.5, NaN])('has no epsilon of %d thousandths', (milli) => {
    expect(() => epsilonOf(milli)).toThrow(expect.objectContaining({ code: 'EPSILON_INVALID' }));
  });
});

describe('keyed bytes', () => {
  it('are one stream, however they are asked for', () => {
    const whole = keyedBytes(KEY, utf8('q'), hmacSha256)(100);
    const pieces = keyedBytes(KEY, utf8('q'), hmacSha256);
    expect([...pieces(1), ...pieces(31), ...pieces(68)]).toEqual([...whole]);
  });

  it('need a whole key', () => {
    expect(() => keyedBytes(KEY.slice(1), utf8('q'), hmacSha256)).toThrow('32 bytes');
  });

  it('give every number below a limit alike', () => {
    const random = seeded('uniform');
    const found = new Map<number, number>();
    for (let n = 0; n < 30_000; n += 1) {
      const x = random.below(3);
      found.set(x, (found.get(x) ?? 0) + 1);
    }
    for (const x of [0, 1, 2]) expect(Math.abs(found.get(x)! - 10_000)).toBeLessThan(350);
    expect(random.below(1)).toBe(0);
    const large = Array.from({ length: 100 }, () => random.below(2 ** 31));
    expect(Math.min(...large)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...large)).toBeGreaterThan(2 ** 30);
    expect(() => random.below(2 ** 31 + 1)).toThrow('2^31');
  });
});
