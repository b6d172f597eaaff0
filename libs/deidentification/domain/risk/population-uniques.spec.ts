import type { SizeCount } from './class-table';
import { populationUniques } from './population-uniques';
import { populationClasses, snb } from './snb';

const sizes = (...counts: readonly (readonly [size: number, classes: number])[]): SizeCount[] =>
  counts.map(([size, classes]) => ({ size, population: size, classes }));

/** Numbers in [0, 1) that are the same in every run (a 32-bit linear congruential generator, Numerical Recipes). */
function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32;
}

/** Draws a population of 1 + geometric(p) people a class, samples each with probability `fraction`. */
function drawn(classes: number, p: number, fraction: number) {
  const random = seeded(11);
  const found = new Map<number, number>();
  const total = { people: 0, uniques: 0 };
  for (let drawnClass = 0; drawnClass < classes; drawnClass += 1) {
    let people = 1;
    while (random() >= p) people += 1;
    let size = 0;
    for (let person = 0; person < people; person += 1) if (random() < fraction) size += 1;
    total.people += people;
    total.uniques += people === 1 ? 1 : 0;
    if (size > 0) found.set(size, (found.get(size) ?? 0) + 1);
  }
  return { ...total, sizes: sizes(...found) };
}

describe('population uniques', () => {
  it('are estimated by SNB from a population that follows the model', () => {
    const { people, uniques, sizes: sample } = drawn(100_000, 0.3, 0.4);
    const estimate = populationUniques(sample, people);
    expect(estimate.snb.valid).toBe(true);
    expect(Math.abs(estimate.snb.uniques / uniques - 1)).toBeLessThan(0.1);
    expect(Math.abs(populationClasses({ ...asSample(sample), population: people }) / 100_000 - 1)).toBeLessThan(0.05);
    expect(['zayatz', 'snb']).toContain(estimate.chosen.model);
    expect(estimate.chosen.uniques).toBe(Math.min(estimate.snb.uniques, estimate.zayatz.uniques));
  });

  it('of a table that is the whole population are those of the table', () => {
    const estimate = populationUniques(sizes([1, 10], [2, 5], [30, 3]), 110);
    expect(estimate.zayatz).toEqual({ uniques: 10, valid: true });
    expect(estimate.chosen).toMatchObject({ model: 'zayatz', uniques: 10 });
  });

  it('are none where the table has none', () => {
    const { chosen, pitman, zayatz } = populationUniques(sizes([2, 10]), 1e6);
    expect([chosen.uniques, pitman.uniques, zayatz.uniques]).toEqual([0, 0, 0]);
    expect(chosen.valid).toBe(true);
  });

  it('fall back to Zayatz where Pitman has no solution', () => {
    const all = populationUniques(sizes([1, 100]), 1e6);
    expect(all.pitman.valid).toBe(false);
    expect(all.chosen.model).toBe('zayatz');
    expect(all.chosen.uniques / 1e6).toBeCloseTo(1, 12);
    expect(populationUniques(sizes([1, 1]), 1e6).pitman.valid).toBe(false);
  });

  it('stay finite up to 2^53 people', () => {
    const { zayatz, pitman } = populationUniques(sizes([1, 500], [2, 100], [40, 10]), Number.MAX_SAFE_INTEGER);
    expect([zayatz.valid, pitman.valid]).toEqual([true, true]);
  });

  it('of SNB are not valid without classes of two or without a solution', () => {
    expect(snb({ ...asSample(sizes([1, 5], [3, 5])), population: 40 }).valid).toBe(false);
    expect(snb({ ...asSample(sizes([1, 5], [2, 5])), population: 15 }).valid).toBe(false);
  });
});

function asSample(groups: readonly SizeCount[]) {
  return {
    records: groups.reduce((sum, { size, classes }) => sum + size * classes, 0),
    classes: groups.reduce((sum, { classes }) => sum + classes, 0),
    sizes: groups,
  };
}
