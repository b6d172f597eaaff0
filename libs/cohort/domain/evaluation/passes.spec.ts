import { FORM_FLOAT, FORM_NONE, NO_DAY, type FactColumns } from '@aceso/register/domain';
import fc from 'fast-check';
import { factsAt, keepWithin, markWithin, NEVER, windowOf, type Facts } from './passes';

const SLOTS = 60;
const numbers = (form: number, n: number) =>
  form === FORM_NONE
    ? null
    : form === FORM_FLOAT
      ? Float64Array.from({ length: n }, (_, at) => at / 4)
      : Int32Array.from({ length: n }, (_, at) => 2 * at);
/** Facts that are known again by their day and their number. */
const columnsOf = (slots: readonly number[], form: number): FactColumns => ({
  n: slots.length,
  form,
  slots: Uint16Array.from(slots),
  days: Int32Array.from(slots, (_, at) => at),
  values: numbers(form, slots.length),
});
const first = <T>(column: ArrayLike<T>, n: number): T[] => Array.from({ length: n }, (_, at) => column[at]!);
const slots = fc.array(fc.nat({ max: SLOTS - 1 }), { maxLength: 200 });

it('reads the facts at some places, in whichever order they stand', () => {
  const asked = fc.array(fc.constantFrom(0, 0, 0, 1), { minLength: SLOTS, maxLength: SLOTS });
  fc.assert(
    fc.property(slots, asked, fc.constantFrom(FORM_NONE, FORM_FLOAT, 2), (some, ones, form) => {
      const columns = columnsOf(some, form);
      const facts = factsAt(columns, Uint8Array.from(ones));
      const expected = some.flatMap((slot, at) => (ones[slot] === 1 ? [at] : []));
      expect(facts.form).toBe(form);
      expect(first(facts.slots, facts.n)).toEqual(expected.map((at) => some[at]));
      expect(first(facts.days, facts.n)).toEqual(expected);
      expect(facts.values && first(facts.values, facts.n)).toEqual(
        columns.values && expected.map((at) => columns.values![at]),
      );
    }),
    { seed: 3 },
  );
});

// Of the years 1 and 9999.
const FIRST_DAY = -719_162;
const LAST_DAY = 2_932_896;

it('knows what is within a window of any size, and that what has no day is in none', () => {
  const day = fc.oneof(
    fc.constantFrom(FIRST_DAY, LAST_DAY),
    fc.integer({ min: -40, max: 40 }),
    fc.integer({ min: FIRST_DAY, max: LAST_DAY }),
  );
  const limit = fc.option(fc.oneof(fc.integer({ min: -30, max: 30 }), fc.constantFrom(-50_000, 50_000)), {
    nil: undefined,
  });
  const within = fc.tuple(limit, limit).filter(([min, max]) => min === undefined || max === undefined || min <= max);
  const entry = fc.array(
    fc.oneof({ weight: 5, arbitrary: day }, { weight: 1, arbitrary: fc.constantFrom(NEVER, NO_DAY) }),
    { minLength: SLOTS, maxLength: SLOTS },
  );
  const dated = fc.array(
    fc.tuple(
      fc.nat({ max: SLOTS - 1 }),
      fc.oneof({ weight: 5, arbitrary: day }, { weight: 1, arbitrary: fc.constant(NO_DAY) }),
    ),
    { maxLength: 200, size: 'max' },
  );
  let inside = 0;
  fc.assert(
    fc.property(dated, entry, within, (some, days, [min, max]) => {
      // A place without an entry is left by nobody: what is said of it is not read, where the fact has no day either.
      const read = some.filter(([slot, each]) => each !== NO_DAY || (days[slot] !== NEVER && days[slot] !== NO_DAY));
      const facts: Facts = {
        n: read.length,
        slots: Uint16Array.from(read, ([slot]) => slot),
        days: Int32Array.from(read, ([, each]) => each),
      };
      const isWithin = (slot: number, each: number) =>
        each !== NO_DAY &&
        days[slot] !== NEVER &&
        days[slot] !== NO_DAY &&
        each - days[slot]! >= (min ?? -Infinity) &&
        each - days[slot]! <= (max ?? Infinity);
      const expected = read.filter(([slot, each]) => isWithin(slot, each));
      const window = windowOf(Int32Array.from(days), { min, max });
      const held = new Uint8Array(SLOTS);
      markWithin(facts, window, held);
      expect(held.reduce((sum, one) => sum + one, 0)).toBe(new Set(expected.map(([slot]) => slot)).size);
      for (const [slot] of expected) expect(held[slot]).toBe(1);
      const kept = keepWithin(facts, window);
      expect(first(kept.slots, kept.n)).toEqual(expected.map(([slot]) => slot));
      expect(first(kept.days, kept.n)).toEqual(expected.map(([, each]) => each));
      inside += expected.length;
    }),
    { seed: 4, numRuns: 300 },
  );
  expect(inside).toBeGreaterThan(1_000);
});
