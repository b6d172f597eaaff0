import * as fc from 'fast-check';
import { chooseGeneralisation, LATTICE, type HistogramCell } from './lattice';
import { classKey, generalise, type QuasiIdentifiers } from './quasi-identifiers';

const person: QuasiIdentifiers = { age: 42, sex: 'female', state: 'MA', zip3: '021', race: 'White', ethnicity: null };
const cell = (persons: number, changes: Partial<QuasiIdentifiers> = {}): HistogramCell => ({
  attributes: { ...person, ...changes },
  persons,
});

const cells = fc.array(
  fc.record({
    persons: fc.integer({ min: 1, max: 6 }),
    attributes: fc.record({
      age: fc.option(fc.integer({ min: 0, max: 90 })),
      sex: fc.constantFrom('female' as const, 'male' as const),
      state: fc.constantFrom('MA', 'KS', null),
      zip3: fc.constantFrom('021', '660', '010', null),
      race: fc.constantFrom('White', 'Asian', null),
      ethnicity: fc.constantFrom('Hispanic or Latino', null),
    }),
  }),
  { maxLength: 40 },
);

describe('choice of the generalisation', () => {
  it('keeps everything where the finest node is good enough', () => {
    const choice = chooseGeneralisation([cell(5), cell(7, { zip3: '010' })], 5);
    expect(choice).toMatchObject({ generalisation: LATTICE[0], kept: 12, suppressed: 0, classes: 2 });
  });

  it('gives up the place before it gives up a person', () => {
    const choice = chooseGeneralisation([cell(3), cell(3, { zip3: '010' })], 5);
    expect(choice.generalisation).toEqual({ ageBandYears: 5, location: 'state', race: 'kept', ethnicity: 'kept' });
    expect(choice.suppressed).toBe(0);
  });

  it('suppresses only who stays alone in the coarsest class', () => {
    const choice = chooseGeneralisation([cell(20), cell(1, { sex: 'other' })], 5);
    expect(choice).toMatchObject({ kept: 20, suppressed: 1, classes: 1 });
    expect(choice.suppressedClasses).toEqual(
      new Set([classKey(generalise({ ...person, sex: 'other' }, choice.generalisation))]),
    );
  });

  it('suppresses everybody where there are fewer than k', () => {
    expect(chooseGeneralisation([cell(4)], 5)).toMatchObject({ kept: 0, suppressed: 4, classes: 0, loss: 1 });
    expect(chooseGeneralisation([], 5)).toMatchObject({ kept: 0, suppressed: 0, loss: 0 });
  });

  it.each([0, 1.5, -1])('refuses k = %s', (k) => {
    expect(() => chooseGeneralisation([cell(5)], k)).toThrow(expect.objectContaining({ code: 'CLASS_SIZE_INVALID' }));
  });

  it('keeps the most persons of all nodes, whatever the order of the cells, with no class below k', () => {
    fc.assert(
      fc.property(cells, fc.integer({ min: 1, max: 11 }), (histogram, k) => {
        const choice = chooseGeneralisation(histogram, k);
        expect(choice).toEqual(chooseGeneralisation([...histogram].reverse(), k));
        const keptAt = LATTICE.map((node) => {
          const sizes = new Map<string, number>();
          for (const { attributes, persons } of histogram) {
            const key = classKey(generalise(attributes, node));
            sizes.set(key, (sizes.get(key) ?? 0) + persons);
          }
          return [...sizes.values()].filter((size) => size >= k).reduce((sum, size) => sum + size, 0);
        });
        expect(choice.kept).toBe(Math.max(...keptAt, 0));
        expect(choice.kept).toBe(keptAt[LATTICE.indexOf(choice.generalisation)]);
      }),
    );
  });

  it('takes the least loss among nodes that keep all', () => {
    // Ten-year bands and twenty-year bands both keep everybody: the narrower ones lose less.
    const histogram = [cell(3, { age: 40 }), cell(3, { age: 47 }), cell(5, { age: 83 }), cell(5, { age: 90 })];
    expect(chooseGeneralisation(histogram, 5).generalisation.ageBandYears).toBe(10);
  });
});
