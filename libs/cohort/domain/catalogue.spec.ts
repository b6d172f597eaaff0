import fc from 'fast-check';
import { catalogueForm, catalogueNumbers, catalogueSets, type Coverage } from './catalogue';
import { personSet, union } from './person-set';

const number = fc.integer({ min: 0, max: 99 });
const numbers = fc.uniqueArray(number, { maxLength: 40 }).map((list) => Int32Array.from(list));
const map = <Key>(key: fc.Arbitrary<Key>) =>
  fc.array(fc.tuple(key, numbers), { maxLength: 8 }).map((all) => new Map(all));
const coverage: fc.Arbitrary<Coverage> = fc.record({
  kinds: map(fc.constantFrom('condition', 'observation', 'report')),
  // A person has one first year.
  firstYears: fc
    .uniqueArray(fc.tuple(number, fc.integer({ min: 1980, max: 2030 })), { selector: ([each]) => each, maxLength: 60 })
    .map((all) => {
      const years = new Map<number, number[]>();
      for (const [each, year] of all) years.set(year, [...(years.get(year) ?? []), each]);
      return new Map([...years].map(([year, list]) => [year, Int32Array.from(list)]));
    }),
  sources: map(fc.constantFrom('did:a', 'did:b')),
});

describe('the sets of a catalogue', () => {
  it('are among everybody, and each person is in one year', () => {
    const form = catalogueForm('2019-05-31', ['did:a', 'did:c']);
    fc.assert(
      fc.property(coverage, numbers, (covered, found) => {
        const everybody = personSet(found);
        const sets = catalogueSets(form, everybody, covered);
        expect(sets).toHaveLength(catalogueNumbers(form).length);
        for (const set of sets) expect(union([everybody, set])).toEqual(everybody);
        const years = sets.slice(form.domains.length, form.domains.length + form.years.length);
        expect(years.reduce((sum, { size }) => sum + size, 0)).toBe(everybody.size);
        expect(union(years).size).toBe(everybody.size);
      }),
    );
  });

  it('are named by what they hold', () => {
    const form = catalogueForm('2019-05-31', ['did:a']);
    const sets = catalogueSets(form, personSet([1, 2, 3, 4, 5]), {
      kinds: new Map([['condition', Int32Array.of(1, 2, 9)]]),
      firstYears: new Map([1999, 2000, 2019, 2020].map((year, nth) => [year, Int32Array.of(nth + 1)])),
      sources: new Map([['did:a', Int32Array.of(4)]]),
    });
    const named = catalogueNumbers(form).map((each, at) => `${Object.values(each)[0]} ${sets[at]!.size}`);
    const some = named.filter((each) => !each.endsWith(' 0'));
    expect(some).toEqual(['condition 2', 'before 2000 1', '2000 1', '2019 1', 'later or unknown 2', 'did:a 1']);
  });

  it('are fewer than sixty with everybody', () => {
    const sources = Array.from({ length: 25 }, (_, nth) => `did:${nth}`);
    expect(1 + catalogueNumbers(catalogueForm('2026-01-01', sources)).length).toBeLessThan(60);
  });
});
