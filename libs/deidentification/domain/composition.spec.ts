import fc from 'fast-check';
import { ANY_BIRTH, birthWindow, intersectWindows, type BirthWindow } from './birth-window';
import { chooseComposed } from './composed-choice';
import type { ComposedPerson, EarlierView } from './composed-person';
import { composedPersons } from './composition';
import { chooseGeneralisation, LATTICE, rankGeneralisations } from './lattice';
import { classKey, generalise, type Generalisation, type QuasiIdentifiers } from './quasi-identifiers';

const AS_OF = '2026-03-01';
const AT = (2026 - 1800) * 12 + 2;
const FINEST: Generalisation = { ageBandYears: 5, location: 'zip3', race: 'kept', ethnicity: 'kept' };
const COARSEST: Generalisation = { ageBandYears: 40, location: 'none', race: 'none', ethnicity: 'none' };
const NOTHING: EarlierView = {
  born: ANY_BIRTH,
  sex: null,
  state: null,
  zip3: null,
  race: null,
  ethnicity: null,
  contradictory: false,
};

function person(ageMonths: number, change: Partial<ComposedPerson> & { at?: Partial<QuasiIdentifiers> } = {}) {
  const { at, ...rest } = change;
  const age = Math.min(90, Math.floor(ageMonths / 12));
  const attributes: QuasiIdentifiers = {
    age,
    sex: 'female',
    state: 'MA',
    zip3: '021',
    race: 'White',
    ethnicity: null,
    ...at,
  };
  return { attributes, birthMonth: AT - ageMonths, counts: true, ...rest } satisfies ComposedPerson;
}

const arbitraryPerson: fc.Arbitrary<ComposedPerson> = fc
  .record({
    ageMonths: fc.integer({ min: 40 * 12, max: 50 * 12 }),
    zip3: fc.constantFrom('021', '022', null),
    race: fc.constantFrom('White', 'Asian', null),
    counts: fc.boolean(),
    shown: fc.option(
      fc.record({
        node: fc.constantFrom(...LATTICE),
        asOf: fc.constantFrom('2024-06-01', '2025-12-01', AS_OF),
        contradictory: fc.integer({ max: 9, min: 0 }).map((n) => n === 0),
      }),
    ),
  })
  .map(({ ageMonths, zip3, race, counts, shown }) => {
    const one = person(ageMonths, { counts, at: { zip3, race } });
    if (!shown) return one;
    const { node, asOf, contradictory } = shown;
    const ageThen = Math.floor(
      ((Number(asOf.slice(0, 4)) - 1800) * 12 + Number(asOf.slice(5, 7)) - 1 - one.birthMonth) / 12,
    );
    const then = generalise({ ...one.attributes, age: ageThen }, node);
    const earlier: EarlierView = {
      born: birthWindow(then.ageBand!, asOf),
      sex: then.gender ?? null,
      state: then.state ?? null,
      zip3: then.zip3 ?? null,
      race: then.race ?? null,
      ethnicity: then.ethnicity ?? null,
      contradictory,
    };
    return { ...one, earlier };
  });

interface Region {
  readonly born: BirthWindow;
  readonly values: Record<string, string | null>;
}

/** The definition, word by word, in quadratic time: takes one person after the other out, in any order. */
function byDefinition(persons: readonly ComposedPerson[], node: Generalisation, k: number): boolean[] {
  const names = ['sex', 'state', 'zip3', 'race', 'ethnicity'] as const;
  const regionOf = ({ attributes, earlier }: ComposedPerson): Region => {
    const now = generalise(attributes, node);
    const shown = { ...now, sex: now.gender } as Record<string, string | undefined>;
    const born = intersectWindows(birthWindow(now.ageBand!, AS_OF), earlier?.born ?? ANY_BIRTH);
    return { born, values: Object.fromEntries(names.map((name) => [name, shown[name] ?? earlier?.[name] ?? null])) };
  };
  const isIn = ({ attributes, birthMonth, earlier }: ComposedPerson, { born, values }: Region): boolean =>
    born.first <= birthMonth &&
    birthMonth <= born.last &&
    names.every((name) => values[name] === null || values[name] === (attributes[name] ?? earlier?.[name]));
  const keyOf = (one: ComposedPerson): string => classKey(generalise(one.attributes, node));
  const regions = persons.map(regionOf);
  const alive = persons.map(({ earlier }) => !earlier?.contradictory);
  const count = (holds: (other: number) => boolean): number =>
    persons.filter((other, index) => alive[index] && other.counts && holds(index)).length;
  const leaves = (one: number): boolean =>
    count((other) => keyOf(persons[other]!) === keyOf(persons[one]!)) < k ||
    count((other) => isIn(persons[other]!, regions[one]!)) < k ||
    count((other) => isIn(persons[one]!, regions[other]!)) < k;
  for (let next = 0; next !== -1;) {
    next = persons.findIndex((_, index) => alive[index] && leaves(index));
    if (next !== -1) alive[next] = false;
  }
  return alive;
}

/** Node after node, each by the definition, from the one that keeps most alone. */
function chooseByDefinition(persons: readonly ComposedPerson[], k: number) {
  const ranked = rankGeneralisations(
    persons.map(({ attributes }) => ({ attributes, persons: 1 })),
    k,
  );
  let best: { generalisation: Generalisation; loss: number; kept: readonly ComposedPerson[] } | undefined;
  for (const { generalisation, loss, kept: possible } of ranked) {
    if (best && possible <= best.kept.length) break;
    const marks = byDefinition(persons, generalisation, k);
    const kept = persons.filter((_, index) => marks[index]);
    if (!best || kept.length > best.kept.length || (kept.length === best.kept.length && loss < best.loss))
      best = { generalisation, loss, kept };
  }
  return { ...best, keptAlone: ranked[0]!.kept };
}

describe('composition with earlier packages', () => {
  it('keeps the largest set that the definition allows', () => {
    fc.assert(
      fc.property(
        fc.array(arbitraryPerson, { maxLength: 40 }),
        fc.constantFrom(...LATTICE),
        fc.integer({ min: 1, max: 4 }),
        (persons, node, k) => {
          expect(composedPersons(persons, node, { k, asOf: AS_OF })).toEqual(byDefinition(persons, node, k));
        },
      ),
      { numRuns: 500 },
    );
  });

  it('takes the node that a search of all nodes by the definition takes', () => {
    fc.assert(
      fc.property(fc.array(arbitraryPerson, { maxLength: 30 }), fc.integer({ min: 1, max: 4 }), (persons, k) => {
        expect(chooseComposed(persons, { k, asOf: AS_OF })).toEqual(chooseByDefinition(persons, k));
      }),
      { numRuns: 150 },
    );
  });

  it('keeps no fewer under a coarser node', () => {
    fc.assert(
      fc.property(fc.array(arbitraryPerson, { maxLength: 40 }), fc.constantFrom(...LATTICE), (persons, node) => {
        const kept = composedPersons(persons, node, { k: 3, asOf: AS_OF });
        const coarsest = composedPersons(persons, COARSEST, { k: 3, asOf: AS_OF });
        expect(kept.every((stays, index) => !stays || coarsest[index])).toBe(true);
      }),
    );
  });

  it('is plain k-anonymity for a buyer who has nothing yet', () => {
    fc.assert(
      fc.property(fc.array(arbitraryPerson, { maxLength: 60 }), (some) => {
        const persons = some.map(({ earlier: _, ...one }) => ({ ...one, counts: true }));
        const { generalisation, kept, keptAlone } = chooseComposed(persons, { k: 3, asOf: AS_OF });
        const chosen = chooseGeneralisation(
          persons.map(({ attributes }) => ({ attributes, persons: 1 })),
          3,
        );
        expect(generalisation).toEqual(chosen.generalisation);
        expect([kept.length, keptAlone]).toEqual([chosen.kept, chosen.kept]);
      }),
    );
  });

  it('sees a birth that bands of two years narrow to one, and coarsens', () => {
    // Nine persons of 45 to 49; two of them were shown as 40-44 one year before: born within one year.
    const crossed = { ...NOTHING, born: birthWindow('40-44', '2025-03-01') };
    const persons = [
      ...Array.from({ length: 7 }, () => person(48 * 12)),
      ...Array.from({ length: 2 }, () => person(45 * 12 + 3, { earlier: crossed })),
    ];
    const marks = composedPersons(persons, FINEST, { k: 5, asOf: AS_OF });
    expect(marks.filter(Boolean)).toHaveLength(7);
    // No band of this order widens what was shown; ten more persons of that year do.
    const more = [...persons, ...Array.from({ length: 3 }, () => person(45 * 12 + 5))];
    expect(composedPersons(more, FINEST, { k: 5, asOf: AS_OF }).every(Boolean)).toBe(true);
  });

  it('takes another node where the finest would join bands of unlike grain', () => {
    // Earlier: bands of 10 years and the ZIP code. Ages of this order lie in both halves of the band, four and six.
    const earlier = { ...NOTHING, born: birthWindow('40-49', AS_OF), state: 'MA', zip3: '021' };
    const persons = [
      ...Array.from({ length: 6 }, () => person(42 * 12, { earlier })),
      ...Array.from({ length: 6 }, () => person(42 * 12, { at: { zip3: '022' } })),
      ...Array.from({ length: 3 }, () => person(47 * 12, { earlier })),
      ...Array.from({ length: 3 }, () => person(47 * 12, { at: { zip3: '022' } })),
    ];
    const choice = chooseComposed(persons, { k: 5, asOf: AS_OF });
    expect(choice.generalisation).toMatchObject({ ageBandYears: 10 });
    expect(choice.kept).toHaveLength(18);
  });

  it('keeps out whoever the earlier packages contradict, and counts nobody whom an affiliate vouches for', () => {
    const moved = { ...NOTHING, state: 'NY' };
    const four = Array.from({ length: 4 }, () => person(42 * 12));
    const keptOf = (one: ComposedPerson): number =>
      composedPersons([...four, one], COARSEST, { k: 5, asOf: AS_OF }).filter(Boolean).length;
    expect(keptOf(person(42 * 12))).toBe(5);
    expect(keptOf(person(42 * 12, { earlier: moved }))).toBe(0);
    expect(keptOf(person(42 * 12, { earlier: { ...NOTHING, contradictory: true } }))).toBe(0);
    expect(keptOf(person(42 * 12, { counts: false }))).toBe(0);
    // Five others hide it: it may be in the files.
    const six = [...four, person(42 * 12), person(42 * 12, { counts: false })];
    expect(composedPersons(six, COARSEST, { k: 5, asOf: AS_OF })).toEqual(six.map(() => true));
  });

  it('keeps the node of an earlier edition, whatever it costs', () => {
    const persons = [...Array.from({ length: 6 }, () => person(42 * 12)), person(42 * 12, { at: { zip3: '022' } })];
    const { generalisation, kept } = chooseComposed(persons, { k: 5, asOf: AS_OF, fixed: FINEST });
    expect([generalisation, kept.length]).toEqual([FINEST, 6]);
  });
});
