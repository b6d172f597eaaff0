import { relink } from './relink';

/** 0 to limit − 1 by turns of a fixed generator. */
function seeded(): (limit: number) => number {
  let state = 5;
  return (limit) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}
const persons = (classes: number, size: number) =>
  Array.from({ length: classes * size }, (_, n) => ({ person: `p${n}`, classKey: `c${n % classes}` }));

describe('the attack on final files', () => {
  it('finds as many as the class sizes foretell', () => {
    const release = persons(200, 20);
    const source = [...release, { person: 'left out', classKey: 'c1' }, { person: 'unlike all', classKey: 'c-none' }];
    const result = relink(source, release, seeded());
    expect(result).toMatchObject({ attempts: 4002, present: 4000, predicted: 0.05, beatsPrediction: false });
    expect(Math.abs(result.hitRate - 0.05)).toBeLessThan(0.015);
  });

  it('finds everybody where all are unique, which is no surprise', () => {
    const release = persons(50, 1);
    expect(relink(release, release, seeded())).toMatchObject({
      hits: 50,
      hitRate: 1,
      predicted: 1,
      beatsPrediction: false,
    });
  });

  it('tells when an order of the rows gives persons away', () => {
    const release = persons(200, 20);
    const turn = new Map<string, number>();
    const next = release.map(({ classKey }) => {
      const at = turn.get(classKey) ?? 0;
      turn.set(classKey, at + 1);
      return at;
    });
    let guess = 0;
    expect(relink(release, release, () => next[guess++]!)).toMatchObject({ hitRate: 1, beatsPrediction: true });
  });

  it('finds nobody in nothing', () => {
    expect(relink([], [], seeded())).toMatchObject({ attempts: 0, hitRate: 0, predicted: 0, beatsPrediction: false });
  });

  it('is not asked about two records of one person', () => {
    const twice = [...persons(1, 1), ...persons(1, 1)];
    expect(() => relink([], twice, seeded())).toThrow('one record');
  });
});
