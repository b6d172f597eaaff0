import { FORM_FLOAT, FORM_NONE, type FactColumns } from '@aceso/register/domain';
import fc from 'fast-check';
import { factsAt } from './passes';

const columnsOf = (slots: readonly number[], form: number): FactColumns => ({
  n: slots.length,
  form,
  slots: Uint16Array.from(slots),
  // Each fact is known again by its day and its number.
  days: Int32Array.from(slots, (_, at) => at),
  values:
    form === FORM_NONE
      ? null
      : form === FORM_FLOAT
        ? Float64Array.from(slots, (_, at) => at / 4)
        : Int32Array.from(slots, (_, at) => 2 * at),
});

const inOrder = (numbers: readonly number[]): number[] => [...numbers].sort((a, b) => a - b);
const slots = fc.array(fc.nat({ max: 300 }), { maxLength: 600, size: 'max' }).map(inOrder);
const places = fc.uniqueArray(fc.nat({ max: 320 }), { maxLength: 100, size: 'max' }).map(inOrder);

describe('the facts of some places', () => {
  it('are those of a column at these places, or all where there are few facts a place', () => {
    const taken = { some: 0, all: 0 };
    fc.assert(
      fc.property(slots, places, fc.constantFrom(FORM_NONE, FORM_FLOAT, 2), (some, asked, form) => {
        const columns = columnsOf(some, form);
        const facts = factsAt(columns, Int32Array.from(asked));
        if (facts === columns) {
          expect(some.length).toBeLessThan(8 * asked.length);
          taken.all += 1;
          return;
        }
        const expected = some.flatMap((slot, at) => (asked.includes(slot) ? [at] : []));
        const found = <T>(column: ArrayLike<T>): T[] => Array.from({ length: facts.n }, (_, at) => column[at]!);
        expect(facts.n).toBe(expected.length);
        expect(found(facts.slots)).toEqual(expected.map((at) => some[at]));
        expect(found(facts.days)).toEqual(expected);
        expect(facts.form).toBe(form);
        expect(facts.values && found(facts.values)).toEqual(
          columns.values && expected.map((at) => columns.values![at]),
        );
        taken.some += 1;
      }),
      { numRuns: 1_000, seed: 3 },
    );
    expect(taken.some).toBeGreaterThan(200);
    expect(taken.all).toBeGreaterThan(200);
  });
});
