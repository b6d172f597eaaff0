import { classKey, generalise, type QuasiIdentifiers } from '@aceso/deidentification/domain';
import fc from 'fast-check';
import { generalisationInWords, planOrder, type PlannedPerson } from './plan';

const attributes = fc.record<QuasiIdentifiers>({
  age: fc.integer({ min: 18, max: 90 }),
  sex: fc.constantFrom('female', 'male'),
  state: fc.constantFrom('MA', 'NY'),
  zip3: fc.constantFrom('021', '022', '100'),
  race: fc.constantFrom('White', 'Asian'),
  ethnicity: fc.constantFrom('Hispanic or Latino', 'Not Hispanic or Latino'),
});
const asOf = '2026-01-31';
const planned = (pseudonym: string, of: QuasiIdentifiers): PlannedPerson => ({
  pseudonym,
  attributes: of,
  birthMonth: (2026 - 1800 - of.age!) * 12,
  counts: true,
});
const people = (maxLength: number): fc.Arbitrary<PlannedPerson[]> =>
  fc
    .array(attributes, { maxLength })
    .map((all) => all.map((one, index) => planned(index.toString(16).padStart(8, '0'), one)));

const alike = (count: number): PlannedPerson[] =>
  Array.from({ length: count }, (_, index) =>
    planned(String(index).padStart(4, '0'), {
      age: 40,
      sex: 'female',
      state: 'MA',
      zip3: '021',
      race: 'White',
      ethnicity: null,
    }),
  );

describe('plan', () => {
  it('keeps only classes of k or more, whoever the persons are', () => {
    fc.assert(
      fc.property(people(120), fc.integer({ min: 5, max: 8 }), (persons, k) => {
        const plan = planOrder(persons, { k, personsMax: 1000, asOf });
        if (!plan.possible) return;
        const kept = plan.shards.flatMap((shard) => shard.persons);
        const sizes = new Map<string, number>();
        for (const person of kept) {
          const key = classKey(generalise(person.attributes, plan.generalisation));
          sizes.set(key, (sizes.get(key) ?? 0) + 1);
        }
        expect(Math.min(...sizes.values())).toBeGreaterThanOrEqual(k);
        expect(kept.length + plan.suppressed).toBe(persons.length);
        expect(kept.length).toBeGreaterThanOrEqual(11);
      }),
    );
  });

  it('refuses a cohort of ten, and one of which too few are left', () => {
    expect(planOrder(alike(10), { k: 5, personsMax: 15, asOf })).toEqual({
      possible: false,
      reason: 'COHORT_TOO_SMALL',
    });
    expect(planOrder(alike(11), { k: 5, personsMax: 15, asOf })).toMatchObject({ possible: true, suppressed: 0 });
    expect(planOrder(alike(11), { k: 12, personsMax: 15, asOf })).toEqual({ possible: false, reason: 'K_NOT_REACHED' });
  });

  it('says when it is what the buyer has already that is in the way', () => {
    const earlier = {
      born: { first: 0, last: 4095 },
      sex: null,
      state: 'NY',
      zip3: null,
      race: null,
      ethnicity: null,
      contradictory: false,
    };
    const known = alike(11).map((person) => ({ ...person, earlier }));
    const terms = { k: 5, personsMax: 15, asOf };
    expect(planOrder(known, terms)).toEqual({ possible: false, reason: 'COMPOSITION_TOO_NARROW' });
    expect(planOrder([...known, ...alike(11)], { ...terms, personsMax: 30 })).toMatchObject({ suppressed: 11 });
    const vouched = alike(11).map((person) => ({ ...person, counts: false }));
    expect(planOrder(vouched, terms)).toEqual({ possible: false, reason: 'K_NOT_REACHED' });
  });

  it('takes no more persons than were paid for', () => {
    const plan = planOrder(alike(20), { k: 5, personsMax: 15, asOf });
    expect(plan.possible && plan.shards.flatMap((shard) => shard.persons)).toHaveLength(15);
  });

  it('keeps the generalisation of an earlier edition', () => {
    const fixed = { ageBandYears: 40, location: 'none', race: 'none', ethnicity: 'none' } as const;
    expect(planOrder(alike(20), { k: 5, personsMax: 20, asOf, fixed })).toMatchObject({ generalisation: fixed });
  });

  it('says its levels in words', () => {
    const node = { ageBandYears: 10, location: 'state', race: 'none', ethnicity: 'kept' } as const;
    expect(generalisationInWords(node, { kind: 'year' })).toEqual({
      age: 'bands of 10 years',
      sex: 'as recorded',
      location: 'state',
      race: 'left out',
      ethnicity: 'as recorded',
      dates: 'year only',
    });
    expect(generalisationInWords(node, { kind: 'shift', daysMax: 182 })['dates']).toContain('up to 182 days');
  });
});
