import {
  decodeFacts,
  decodePersons,
  encodeFacts,
  encodePersons,
  factCodeKey,
  FORM_FLOAT,
  NO_DAY,
  type FactColumns,
} from '@aceso/register/domain';
import fc from 'fast-check';
import { anyCriteria, anyPerson, TEST_CONCEPTS } from '../../testing/any-criteria';
import { isInCohort, type IndexedFact, type IndexedRecord } from '../../testing/plain-evaluation';
import { loadConversion } from '../../units';
import { checkCriteria } from '../criteria-document';
import { evaluate, type BlockFacts } from './evaluate';
import { eventsIn, planOf } from './plan';
import { readCodes, type Conversion } from './read-codes';

/** What is not said of a fact. */
const PLAIN = { unit: '', comparator: '', resultSystem: '', result: '', device: false };
const DAY = '2019-05-31';
const DAY_MS = 86_400_000;
// Making criteria is what takes time: each is evaluated on several populations, 2,000 times in all.
const CRITERIA = 500;
const POPULATIONS = 40;
const POPULATIONS_EACH = 4;

let conversion: Conversion;
beforeAll(async () => {
  conversion = await loadConversion();
});

/** A person and where its facts stand: rows, a block, or a block that it left behind. */
interface Placed {
  readonly person: IndexedRecord;
  readonly merged: boolean;
  readonly found: boolean;
}

type Entry = { slot: number; day: number; value: number | null };

/** Persons at every third slot as the index has them, and the codes by number. */
function indexOf(persons: readonly Placed[]) {
  const codes = new Map<string, IndexedFact & { readonly number: number }>();
  const parts = [new Map<number, Entry[]>(), new Map<number, Entry[]>()] as const;
  const slotOf = (at: number): number => 3 * at + 2;
  persons.forEach(({ person, merged }, at) => {
    for (const fact of person.facts) {
      const key = factCodeKey(fact);
      const code = codes.get(key) ?? { ...fact, number: codes.size + 1 };
      codes.set(key, code);
      const part = parts[merged ? 1 : 0];
      const day = fact.start === null ? NO_DAY : Date.parse(fact.start) / DAY_MS;
      part.set(code.number, [...(part.get(code.number) ?? []), { slot: slotOf(at), day, value: fact.value }]);
    }
  });
  const facts = new Map<number, FactColumns[]>();
  for (const [number, entries] of parts[0]) facts.set(number, [asRows(entries)]);
  for (const [number, entries] of parts[1]) {
    const { form, data } = encodeFacts(entries);
    facts.set(number, [...(facts.get(number) ?? []), decodeFacts(data, { n: entries.length, form })]);
  }
  const found = new Uint8Array(3 * persons.length + 2);
  persons.forEach((each, at) => (found[slotOf(at)] = +each.found));
  const columns = [true, false].map((side) => {
    const some = persons.flatMap(({ person, merged }, at) =>
      merged === side ? [{ ...person, slot: slotOf(at) }] : [],
    );
    return decodePersons(encodePersons(some), some.length);
  });
  const block: BlockFacts = { size: found.length, found, persons: columns, facts };
  return { block, slotOf, codes: [...codes.values()] };
}

/** As facts in rows are read: in no order, numbers as they are. */
const asRows = (entries: readonly Entry[]): FactColumns => ({
  n: entries.length,
  form: FORM_FLOAT,
  slots: Uint16Array.from(entries, ({ slot }) => slot),
  days: Int32Array.from(entries, ({ day }) => day),
  values: Float64Array.from(entries, ({ value }) => value ?? NaN),
});

function foundIn(persons: readonly Placed[], asked: ReturnType<typeof checkCriteria>, index = indexOf(persons)) {
  const { block, slotOf, codes } = index;
  const plan = planOf(asked, DAY, (query) => readCodes(codes, query, { conversion, tree: TEST_CONCEPTS }));
  const { slots, steps } = evaluate({ plan, block });
  return { numbers: persons.flatMap((_, at) => (slots.includes(slotOf(at)) ? [at] : [])), steps };
}

const placed = fc.record({
  person: anyPerson,
  merged: fc.boolean(),
  found: fc.constantFrom(true, true, true, false),
});

describe('an evaluation over columns', () => {
  it('finds who the rules hold for, one person and one event after the other', () => {
    const sizes = new Set<number>();
    const some = fc.sample(fc.array(placed, { minLength: 1, maxLength: 12, size: 'max' }), {
      numRuns: POPULATIONS,
      seed: 8,
    });
    const populations = some.map((persons) => ({ persons, index: indexOf(persons) }));
    fc.assert(
      fc.property(fc.nat({ max: POPULATIONS - 1 }), anyCriteria, (first, asked) => {
        for (let turn = 0; turn < POPULATIONS_EACH; turn += 1) {
          const { persons, index } = populations[(first + turn) % POPULATIONS]!;
          const { numbers, steps } = foundIn(persons, asked, index);
          const expected = (all: typeof asked.all) =>
            persons.flatMap(({ person, found }, at) =>
              found && isInCohort({ ...asked, all }, person, DAY) ? [at] : [],
            );
          expect(numbers).toEqual(expected(asked.all));
          if (turn === 0)
            expect(steps).toEqual([0, ...asked.all].map((_, at) => expected(asked.all.slice(0, at)).length));
          sizes.add(numbers.length);
        }
      }),
      { numRuns: CRITERIA, seed: 7 },
    );
    expect(sizes.size).toBeGreaterThan(4);
  });

  it.each([0, 7, 199])('looks for the facts of few who are left among those of many: %i', (who) => {
    const fact = { kind: 'observation' as const, system: 's', ...PLAIN };
    const persons = Array.from({ length: 200 }, (_, at) => ({
      person: {
        ...{ birthMonth: '1970', sex: at === who ? 'female' : 'male', zip3: null, state: null },
        facts: [1, 2, 3].map((nth) => ({ ...fact, code: 'a', start: `2019-01-0${nth}`, value: at + nth / 10 })),
      },
      merged: at % 3 > 0,
      found: true,
    }));
    const asked = (value: object, times: object) =>
      checkCriteria({
        version: 1,
        all: [{ all: [{ sex: ['female'] }] }, { observation: { codes: ['a'], value, times } }],
      });
    const [holds, fails] = [[who], []];
    expect(foundIn(persons, asked({ min: who + 0.1, max: who + 0.2 }, { min: 2, max: 2 })).numbers).toEqual(holds);
    expect(foundIn(persons, asked({ min: who + 0.1, max: who + 0.2 }, { min: 3 })).numbers).toEqual(fails);
    expect(foundIn(persons, asked({ min: who + 0.3 }, { min: 1 })).numbers).toEqual(holds);
    expect(foundIn(persons, asked({ min: who + 0.31 }, { min: 1 })).numbers).toEqual(fails);
  });

  it('gives answers that the next evaluation does not write over', () => {
    const persons = ['male', 'female', 'male'].map((sex) => ({
      person: { birthMonth: '1970', sex, zip3: null, state: null, facts: [] },
      merged: true,
      found: true,
    }));
    const { block } = indexOf(persons);
    const answer = evaluate({ plan: { all: [{ sexes: [0] }] }, block });
    evaluate({ plan: { all: [{ sexes: [1] }] }, block });
    expect([...answer.slots]).toEqual([5]);
    expect([...answer.depths]).toEqual([0, 0, 1, 0, 0, 2, 0, 0, 1, 0, 0].slice(0, block.size));
  });

  it.each([1, 5, 400])('counts days beyond what is remembered one by one: %i', (min) => {
    const fact = { kind: 'condition' as const, system: 's', code: 'a', value: null, ...PLAIN };
    const dayOf = (day: number) => new Date(day * DAY_MS).toISOString().slice(0, 10);
    const facts = Array.from({ length: 2 * 400 }, (_, at) => ({ ...fact, start: at === 0 ? null : dayOf(at >> 1) }));
    const person = { birthMonth: '1970', sex: 'male', zip3: null, state: null };
    const persons = [0, 2, 6, 10, 799, 800].map((count) => ({
      person: { ...person, facts: facts.slice(0, count) },
      merged: count % 2 === 0,
      found: true,
    }));
    const asked = (times: object) => checkCriteria({ version: 1, all: [{ condition: { codes: ['a'], times } }] });
    const counts = persons.map((each) => new Set(each.person.facts.map(({ start }) => start)).size);
    const expected = (holds: (count: number) => boolean) => counts.flatMap((count, at) => (holds(count) ? [at] : []));
    expect(foundIn(persons, asked({ min })).numbers).toEqual(expected((count) => count >= min));
    expect(foundIn(persons, asked({ max: min })).numbers).toEqual(expected((count) => count <= min));
  });

  it.each([
    [6.1, 6.1],
    // Times a hundred it is more than seven.
    [0.07, 0.07],
    [0.1 + 0.2, 0.3],
    [1.15, 1.15],
    [-2.675, -2.675],
    [4.35, 4.3499999999999996],
    [1e12, 1e12],
    [2, 1e17],
    [2, -1e17],
    [0.5, 1e300],
    [0.5, -1e300],
  ])('compares %d with %d as numbers, however they are kept', (value, limit) => {
    const facts = [{ kind: 'observation' as const, system: 's', code: 'a', start: null, value, ...PLAIN }];
    const person = { birthMonth: null, sex: 'male', zip3: null, state: null, facts };
    for (const merged of [true, false]) {
      for (const [range, holds] of [
        [{ min: limit }, value >= limit],
        [{ max: limit }, value <= limit],
        [{ above: limit }, value > limit],
        [{ below: limit }, value < limit],
      ] as const) {
        const asked = checkCriteria({ version: 1, all: [{ observation: { codes: ['a'], value: range } }] });
        expect(foundIn([{ person, merged, found: true }], asked).numbers).toEqual(holds ? [0] : []);
      }
    }
  });

  it.each([
    ['mg/dL', { min: 70 }, [0.7, 'g/L'], true],
    ['mg/dL', { min: 70 }, [0.69, 'g/L'], false],
    ['Cel', { min: 38, max: 41 }, [100.4, '[degF]'], true],
    ['Cel', { min: 38 }, [100.3, '[degF]'], false],
    ['Cel', { max: 38 }, [100.4, '[degF]'], true],
    ['mg/dL', { max: 5 }, [1, 'mmol/L'], false],
  ] as const)('compares numbers in %s %j with %j', (unit, range, [value, written], holds) => {
    const facts = [
      { kind: 'observation' as const, system: 's', code: 'a', start: null, value, ...PLAIN, unit: written },
    ];
    const person = { birthMonth: null, sex: 'male', zip3: null, state: null, facts };
    const asked = checkCriteria({ version: 1, all: [{ observation: { codes: ['a'], value: { ...range, unit } } }] });
    for (const merged of [true, false]) {
      expect(foundIn([{ person, merged, found: true }], asked).numbers).toEqual(holds ? [0] : []);
    }
  });

  it.each([
    ['<', { max: 5 }, true],
    ['<', { below: 5 }, true],
    ['<', { max: 4.9 }, false],
    ['<', { min: 0, max: 5 }, false],
    ['<=', { max: 5 }, true],
    ['<=', { below: 5 }, false],
    ['>', { above: 5 }, true],
    ['>', { min: 5 }, true],
    ['>', { min: 5.1 }, false],
    ['>', { min: 4, max: 1e9 }, false],
    ['>=', { min: 5 }, true],
    ['>=', { above: 5 }, false],
    ['', { min: 5, max: 5 }, true],
  ])('takes %s5 as all that it may stand for, asked for %j', (comparator, range, holds) => {
    const facts = [
      { kind: 'observation' as const, system: 's', code: 'a', start: null, value: 5, ...PLAIN, comparator },
    ];
    const person = { birthMonth: null, sex: 'male', zip3: null, state: null, facts };
    const asked = checkCriteria({ version: 1, all: [{ observation: { codes: ['a'], value: range } }] });
    for (const merged of [true, false]) {
      expect(foundIn([{ person, merged, found: true }], asked).numbers).toEqual(holds ? [0] : []);
    }
  });

  it('counts days around an event from that event', () => {
    const event = (kind: 'condition' | 'medication' | 'observation', start: string | null) => ({
      ...{ kind, system: 's', code: 'a', start, value: null, ...PLAIN },
    });
    const of = (...facts: IndexedFact[]) => ({
      person: { birthMonth: '1970', sex: 'male', zip3: null, state: null, facts },
      merged: false,
      found: true,
    });
    const persons = [
      // A medication the day after the second of two conditions.
      of(event('condition', '2001-01-01'), event('condition', '2002-01-01'), event('medication', '2002-01-02')),
      of(event('condition', '2001-01-01'), event('medication', '2002-01-02')),
      of(event('condition', null), event('medication', '2002-01-02')),
      // And an observation after that.
      of(event('condition', '2001-01-01'), event('medication', '2001-01-02'), event('observation', '2001-01-03')),
    ];
    const next = { from: 1, to: 1 };
    const observed = { observation: { codes: ['a'], within: next } };
    const treated = (more: object) => ({
      condition: { codes: ['a'], around: [{ medication: { codes: ['a'], within: next, ...more } }] },
    });
    const found = (entry: object | undefined, ...all: object[]) =>
      foundIn(persons, checkCriteria({ version: 1, ...(entry && { entry }), all })).numbers;
    expect(found(undefined, treated({}))).toEqual([0, 3]);
    expect(found(undefined, treated({ around: [observed] }))).toEqual([3]);
    expect(found({ first: [treated({})] }, { observation: { codes: ['a'], within: { from: 2 } } })).toEqual([3]);
    // From the condition that was treated, and not from the first one.
    expect(found({ first: [treated({})] }, { condition: { codes: ['a'], within: { to: -1 } } })).toEqual([0]);
  });

  it('is asked of the events of the entry first, then of those of the rules', () => {
    const asked = checkCriteria({
      version: 1,
      entry: { first: [{ condition: { codes: ['a'] } }] },
      all: [
        { none: [{ observation: { codes: ['b'], system: 's', value: { min: 1, unit: 'mg' } } }] },
        { sex: ['male'] },
      ],
    });
    expect(eventsIn(asked)).toEqual([
      { kind: 'condition', set: { include: [{ codes: ['a'] }] } },
      { kind: 'observation', set: { include: [{ codes: ['b'], system: 's' }] }, unit: 'mg' },
    ]);
  });
});
