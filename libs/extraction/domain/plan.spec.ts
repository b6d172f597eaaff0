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
const people = (maxLength: number): fc.Arbitrary<PlannedPerson[]> =>
  fc
    .array(attributes, { maxLength })
    .map((all) => all.map((one, index) => ({ pseudonym: index.toString(16).padStart(8, '0'), attributes: one })));

const alike = (count: number): PlannedPerson[] =>
  Array.from({ length: count }, (_, index) => ({
    pseudonym: String(index).padStart(4, '0'),
    attributes: { age: 40, sex: 'female', state: 'MA', zip3: '021', race: 'White', ethnicity: null },
  }));

describe('plan', () => {
  it('keeps only classes of k or more, whoever the persons are', () => {
    fc.assert(
      fc.property(people(120), fc.integer({ min: 5, max: 8 }), (persons, k) => {
        const plan = planOrder(persons, { k, personsMax: 1000 });
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
    expect(planOrder(alike(10), { k: 5, personsMax: 15 })).toEqual({ possible: false, reason: 'COHORT_TOO_SMALL' });
    expect(planOrder(alike(11), { k: 5, personsMax: 15 })).toMatchObject({ possible: true, suppressed: 0 });
    expect(planOrder(alike(11), { k: 12, personsMax: 15 })).toEqual({ possible: false, reason: 'K_NOT_REACHED' });
  });

  it('takes no more persons than were paid for', () => {
    const plan = planOrder(alike(20), { k: 5, personsMax: 15 });
    expect(plan.possible && plan.shards.flatMap((shard) => shard.persons)).toHaveLength(15);
  });

  it('keeps the generalisation of an earlier edition', () => {
    const fixed = { ageBandYears: 40, location: 'none', race: 'none', ethnicity: 'none' } as const;
    expect(planOrder(alike(20), { k: 5, personsMax: 20, fixed })).toMatchObject({ generalisation: fixed });
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
