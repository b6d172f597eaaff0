import { dayOf } from './day';
import { SYNTHETIC_BLOCK_PERSONS, SYNTHETIC_CODES, syntheticFacts, type SyntheticBlock } from './fact-blocks';

const asOf = '2019-03-01';
const blockOf = (persons: number, seed = 7): SyntheticBlock => [...syntheticFacts({ persons, seed, asOf })][0]!;
/** `place day value` of each fact, by code. */
const factsOf = ({ columns }: SyntheticBlock): string[][] =>
  SYNTHETIC_CODES.map((_, code) => {
    const { slots, days, values } = columns(code);
    return Array.from(slots, (slot, at) => `${slot} ${days[at]} ${values?.[at] ?? ''}`);
  });

describe('generated facts', () => {
  it('are the same for the same seed, and fewer persons are the first of more', () => {
    const some = blockOf(300);
    expect(factsOf(some)).toEqual(factsOf(blockOf(300)));
    expect(factsOf(some)).not.toEqual(factsOf(blockOf(300, 8)));
    const more = blockOf(600);
    expect(more.births.slice(0, 300)).toEqual(some.births);
    const first = factsOf(more).map((facts) => facts.filter((fact) => Number(fact.split(' ')[0]) < 300));
    expect(first).toEqual(factsOf(some));
  });

  it('lie in lifetimes, by person and day, frequent codes first, values in tenths where the kind has them', () => {
    const block = blockOf(3_000);
    const counts = SYNTHETIC_CODES.map(({ kind }, code) => {
      const { n, slots, days, values } = block.columns(code);
      expect(values === null).toBe(kind !== 'observation');
      for (let at = 0; at < n; at += 1) {
        const month = block.births[slots[at]!]!;
        const born = Date.UTC(Math.floor(month / 12), month % 12) / 86_400_000;
        if (days[at]! < born || days[at]! > dayOf(asOf)) throw new Error('a fact lies outside of a lifetime');
        const isSorted = at === 0 || slots[at - 1]! < slots[at]! || days[at - 1]! <= days[at]!;
        if (!isSorted) throw new Error('facts of a code stand by person and day');
      }
      return n;
    });
    expect(counts.reduce((sum, n) => sum + n)).toBe(block.facts);
    expect(block.facts / 3_000).toBeGreaterThan(85);
    expect(block.facts / 3_000).toBeLessThan(115);
    for (const first of [0, 1_500, 3_000, 4_500]) expect(counts[first]! / counts[first + 9]!).toBeGreaterThan(5);
    expect(new Set(block.sexes)).toEqual(new Set([0, 1]));
  });

  it('come in blocks of the index', () => {
    const blocks = syntheticFacts({ persons: SYNTHETIC_BLOCK_PERSONS + 2, seed: 1, asOf: '2000-01-01' });
    const shapes = [...blocks].map(({ number, persons }) => ({ number, persons }));
    expect(shapes).toEqual([
      { number: 0, persons: SYNTHETIC_BLOCK_PERSONS },
      { number: 1, persons: 2 },
    ]);
  });
});
