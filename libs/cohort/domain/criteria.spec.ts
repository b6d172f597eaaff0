import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { anyCriteria } from '../testing/any-criteria';
import { CODES_MAX, NESTING_MAX, RULES_MAX, SET_CODES_MAX, SETS_MAX } from './criteria';
import {
  checkCriteria,
  CRITERIA_LENGTH_MAX,
  criteriaHash,
  firstRules,
  parseCriteria,
  parseInOrder,
} from './criteria-document';

const sha256 = (...parts: readonly Uint8Array[]) => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest());
};
const of = (...all: unknown[]) => JSON.stringify({ version: 1, all });

const entered = (entry: unknown, ...all: unknown[]) => JSON.stringify({ version: 1, entry, all });
const diagnosis = { first: [{ condition: { codes: ['44054006'] } }] };

describe('criteria', () => {
  it('accepts every kind of rule', () => {
    const all = [
      { age: { min: 40, max: 70 } },
      { sex: ['female'] },
      { alive: true },
      { condition: { system: 'http://snomed.info/sct', codes: ['44054006'] } },
      { medication: { codes: ['860975'] } },
      { observation: { codes: ['4548-4'], value: { min: 6.5, unit: '%' } } },
      { observation: { codes: ['8867-4'], value: { above: 40, below: 90.5 }, device: true } },
      { observation: { codes: ['72166-2'], result: { system: 'http://snomed.info/sct', codes: ['266919005'] } } },
    ];
    expect(parseCriteria(of(...all)).all).toHaveLength(8);
    expect(parseCriteria(of()).all).toEqual([]);
  });

  it('accepts entries, windows and rules inside of rules', () => {
    const all = [
      { age: { max: 70, at: 'entry' } },
      { region: ['MA', '021'] },
      { encounter: { codes: ['x'], within: { from: -365, to: -1 }, times: { min: 2 } } },
      { none: [{ medication: { codes: ['x'], within: { to: -1 } } }] },
      {
        atLeast: 1,
        of: [{ procedure: { codes: ['x'] } }, { any: [{ immunization: { codes: ['x'], age: { min: 3 } } }] }],
      },
      { all: [{ allergy: { codes: ['x'], dated: { from: '2001-01-01' } } }] },
    ];
    for (const pick of ['first', 'last', 'any']) {
      const entry = { [pick]: [{ observation: { codes: ['x'], value: { min: 1 }, age: { min: 40 } } }] };
      const parsed = parseCriteria(entered(entry, ...all));
      expect(parsed.entry).toEqual(entry);
      expect(parsed.all).toHaveLength(all.length);
    }
  });

  it('counts windows around an event from it, without an entry, and sorts its rules', () => {
    const within = { from: 0, to: 30 };
    const rules = [{ observation: { codes: ['y'], within } }, { age: { min: 40, at: 'entry' } }];
    const [first] = parseCriteria(of({ condition: { codes: ['b', 'a'], around: rules } })).all;
    expect(first).toEqual({ condition: { codes: ['a', 'b'], around: [rules[1], rules[0]] } });
  });

  it.each([
    ['no JSON', '{'],
    ['a list', '[]'],
    ['an unknown version', '{"version":2,"all":[]}'],
    ['an unknown member', '{"version":1,"all":[],"any":[]}'],
    ['a rule of no kind', of({})],
    ['a rule of two kinds', of({ sex: ['male'], age: { min: 1 } })],
    ['an age without a limit', of({ age: {} })],
    ['an age from high to low', of({ age: { min: 5, max: 4 } })],
    ['an age below zero', of({ age: { min: -1 } })],
    ['an age in fractions', of({ age: { max: 1.5 } })],
    ['a sex that FHIR does not know', of({ sex: ['f'] })],
    ['the dead, whom nobody counts', of({ alive: false })],
    ['no sex', of({ sex: [] })],
    ['no codes', of({ condition: { codes: [] } })],
    ['an empty code', of({ condition: { codes: [''] } })],
    ['a code with a line break', of({ condition: { codes: ['a\nb'] } })],
    ['a code with U+0000', of({ medication: { codes: ['a\u0000'] } })],
    ['half of a surrogate pair', '{"version":1,"all":[{"condition":{"codes":["\\ud800"]}}]}'],
    ['a code that is a number', of({ condition: { codes: [1] } })],
    ['a code that is too long', of({ condition: { codes: ['x'.repeat(65)] } })],
    ['too many codes', of({ condition: { codes: Array.from({ length: CODES_MAX + 1 }, (_, n) => `${n}`) } })],
    ['too many rules', of(...Array.from({ length: RULES_MAX + 1 }, (_, n) => ({ age: { min: n } })))],
    ['a value without a limit', of({ observation: { codes: ['x'], value: { unit: 'kg' } } })],
    ['a value from high to low', of({ observation: { codes: ['x'], value: { min: 2, max: 1 } } })],
    ['two lower limits', of({ observation: { codes: ['x'], value: { min: 2, above: 1 } } })],
    ['two upper limits', of({ observation: { codes: ['x'], value: { max: 2, below: 3 } } })],
    ['a value that no number has', of({ observation: { codes: ['x'], value: { min: 2, below: 2 } } })],
    ['a result without a code', of({ observation: { codes: ['x'], result: { system: 's' } } })],
    ['a result of a condition', of({ condition: { codes: ['x'], result: { codes: ['y'] } } })],
    [
      'a number and a code as the result',
      of({ observation: { codes: ['x'], value: { min: 1 }, result: { codes: ['y'] } } }),
    ],
    ['what no device measured', of({ observation: { codes: ['x'], device: false } })],
    ['a value of a condition', of({ condition: { codes: ['x'], value: { min: 2 } } })],
    ['a value that JSON cannot hold', '{"version":1,"all":[{"observation":{"codes":["x"],"value":{"min":1e999}}}]}'],
    ['a window without an entry', of({ condition: { codes: ['x'], within: { from: 0 } } })],
    [
      'a window without an entry, deep inside',
      of({ none: [{ any: [{ condition: { codes: ['x'], within: { to: 0 } } }] }] }),
    ],
    [
      'rules around an event too deep in each other',
      of(
        Array.from({ length: NESTING_MAX }).reduce<object>(
          (rule) => ({ condition: { codes: ['x'], around: [rule] } }),
          { sex: ['male'] },
        ),
      ),
    ],
    [
      'a window around an event that nothing is around',
      of({ any: [{ condition: { codes: ['x'], around: [], within: { to: 0 } } }] }),
    ],
    ['an age at no entry', of({ age: { min: 1, at: 'entry' } })],
    ['a window in an entry', entered({ first: [{ condition: { codes: ['x'], within: { from: 0 } } }] })],
    ['an entry of two kinds', entered({ first: [{ sex: ['male'] }] })],
    ['two entries', entered({ first: [{ condition: { codes: ['x'] } }], last: [{ condition: { codes: ['x'] } }] })],
    ['an entry of nothing', entered({ any: [] })],
    ['a window from high to low', entered(diagnosis, { condition: { codes: ['x'], within: { from: 1, to: 0 } } })],
    ['a window of fractions', entered(diagnosis, { condition: { codes: ['x'], within: { to: 0.5 } } })],
    ['a day that no calendar has', of({ condition: { codes: ['x'], dated: { from: '2019-02-30' } } })],
    ['days from late to early', of({ condition: { codes: ['x'], dated: { from: '2019-02-02', to: '2019-02-01' } } })],
    ['times below zero', of({ condition: { codes: ['x'], times: { min: -1 } } })],
    ['a region that is none', of({ region: ['Boston'] })],
    ['nothing joined', of({ any: [] })],
    ['more than there are', of({ atLeast: 2, of: [{ sex: ['male'] }] })],
    [
      'rules too deep in each other',
      of(Array.from({ length: NESTING_MAX }).reduce<object>((rule) => ({ any: [rule] }), { sex: ['male'] })),
    ],
    ['rules nested without end', of(JSON.parse('{"all":['.repeat(700) + ']}'.repeat(700)))],
    [
      'too many rules in all',
      of(
        ...Array.from({ length: 5 }, (_, n) => ({
          any: Array.from({ length: 9 }, (_, m) => ({ age: { min: n * 9 + m } })),
        })),
      ),
    ],
    ['more text than is read', `{"version":1,"all":[]${' '.repeat(CRITERIA_LENGTH_MAX)}}`],
  ])('refuse %s', (_, json) => {
    expect(() => parseCriteria(json)).toThrow(expect.objectContaining({ code: 'CRITERIA_INVALID' }));
  });

  const sets = (some: unknown, ...all: unknown[]) => JSON.stringify({ version: 1, sets: some, all });
  const one = { include: [{ codes: ['x'] }] };
  const uses = (set: string) => ({ condition: { set } });

  it('name sets of codes', () => {
    const both = { include: [{ system: 's', codes: ['a'], descendants: true }], exclude: [{ codes: ['b'] }] };
    expect(parseCriteria(sets({ 'type-2': both }, uses('type-2'))).sets).toEqual({ 'type-2': both });
    const entry = { first: [{ medication: { set: 'drugs' } }] };
    expect(parseCriteria(JSON.stringify({ version: 1, sets: { drugs: one }, entry, all: [] })).entry).toEqual(entry);
    const answered = { observation: { codes: ['y'], result: { set: 'a' } } };
    expect(parseCriteria(sets({ a: one }, answered)).all).toEqual([answered]);
  });

  it.each([
    ['that nobody uses', sets({ a: one, b: one }, uses('a'))],
    ['that are not there', of(uses('a'))],
    ['of results that are not there', of({ observation: { codes: ['x'], result: { set: 'a' } } })],
    ['that are no sets of theirs', sets({ a: one }, uses('a'), uses('constructor'))],
    ['deep inside that are not there', sets({ a: one }, uses('a'), { none: [{ any: [uses('b')] }] })],
    ['without codes', sets({ a: { include: [] } }, uses('a'))],
    ['of nothing but exclusions', sets({ a: { exclude: [{ codes: ['x'] }] } }, uses('a'))],
    ['without what is below', sets({ a: { include: [{ codes: ['x'], descendants: false }] } }, uses('a'))],
    ['with a name in capitals', sets({ A: one }, uses('A'))],
    ['beside codes', sets({ a: one }, { condition: { set: 'a', codes: ['x'] } })],
    ['in a system', sets({ a: one }, { condition: { set: 'a', system: 's' } })],
    [
      'in greater number than there may be',
      JSON.stringify({
        version: 1,
        sets: Object.fromEntries(Array.from({ length: SETS_MAX + 1 }, (_, n) => [`s${n}`, one])),
        entry: { any: Array.from({ length: 8 }, (_, n) => uses(`s${n}`)) },
        all: [0, 1, 2, 3].map((n) => ({
          any: Array.from({ length: 9 }, (_, m) => uses(`s${Math.min(40, 8 + 9 * n + m)}`)),
        })),
      }),
    ],
    [
      'with more codes than there may be',
      sets({ a: { include: [{ codes: Array.from({ length: SET_CODES_MAX + 1 }, (_, n) => `${n}`) }] } }, uses('a')),
    ],
  ])('refuse sets %s', (name, json) => {
    expect(() => parseCriteria(json)).toThrow(expect.objectContaining({ code: 'CRITERIA_INVALID' }));
    if (name.startsWith('in greater')) expect(() => parseCriteria(json)).toThrow(/at most 40 sets/);
  });

  it('refuse an event without codes', () => {
    expect(() => parseCriteria(of({ condition: {} }))).toThrow(expect.objectContaining({ code: 'CRITERIA_INVALID' }));
  });

  it('say where the mistake is and never repeat what was sent', () => {
    expect(() => parseCriteria(of({ age: { min: 1 } }, { sex: ['secret'] }))).toThrow(/^criteria: \/all\/1/);
    expect(() => parseCriteria(of({ sex: ['secret'] }))).not.toThrow(/secret/);
  });

  it('leave the prototype of objects alone', () => {
    expect(() => parseCriteria('{"version":1,"all":[{"__proto__":{"polluted":1}}]}')).toThrow();
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
    const parsed = parseCriteria('{"version":1,"sets":{"__proto__":{"include":[{"codes":["x"]}]}},"all":[]}');
    expect(parsed).toEqual({ version: 1, all: [] });
    expect(({} as { include?: unknown }).include).toBeUndefined();
  });
});

describe('the hash of criteria', () => {
  const hash = (...all: unknown[]) => criteriaHash(checkCriteria({ version: 1, all }), sha256);

  it('does not depend on the order of rules and codes or on repeats', () => {
    const condition = { condition: { codes: ['b', 'a', 'b'] } };
    const sex = { sex: ['male', 'female'] };
    expect(hash(sex, condition, sex)).toBe(hash({ condition: { codes: ['a', 'b'] } }, { sex: ['female', 'male'] }));
    expect(hash({ medication: { codes: ['b', 'a'] } })).toBe(hash({ medication: { codes: ['a', 'b'] } }));
    expect(hash({ observation: { codes: ['b', 'a'] } })).toBe(hash({ observation: { codes: ['a', 'b'] } }));
  });

  it('does not depend on the order inside of rules either, but on which rules count', () => {
    const [male, other] = [{ sex: ['male'] }, { sex: ['other'] }];
    expect(hash({ any: [male, other, male] })).toBe(hash({ any: [other, male] }));
    expect(hash({ atLeast: 2, of: [male, other, male] })).toBe(hash({ atLeast: 2, of: [male, male, other] }));
    expect(hash({ atLeast: 2, of: [male, other, male] })).not.toBe(hash({ atLeast: 2, of: [male, other] }));
    expect(hash({ any: [male, other] })).not.toBe(hash({ all: [male, other] }));
  });

  it('is what it was before there were sets', () => {
    const known = { version: 1, entry: diagnosis, all: [{ sex: ['male'] }, { observation: { codes: ['b', 'a'] } }] };
    const text =
      '{"all":[{"observation":{"codes":["a","b"]}},{"sex":["male"]}],' +
      '"entry":{"first":[{"condition":{"codes":["44054006"]}}]},"version":1}';
    const expected = createHash('sha256').update(text).digest('hex');
    expect(criteriaHash(checkCriteria(known), sha256)).toBe(expected);
    expect(criteriaHash(checkCriteria({ ...known, sets: {} }), sha256)).toBe(expected);
  });

  it('does not depend on the order of sets or inside of them, but on what they are', () => {
    const rules = [{ condition: { set: 'a' } }, { condition: { set: 'b' } }];
    const of = (sets: unknown) => criteriaHash(checkCriteria({ version: 1, sets, all: rules }), sha256);
    const [x, y] = [{ codes: ['2', '1', '2'] }, { codes: ['3'], descendants: true }];
    const b = { include: [{ codes: ['4'] }] };
    expect(of({ a: { include: [x, y, x] }, b })).toBe(of({ b, a: { include: [y, { codes: ['1', '2'] }] } }));
    expect(of({ a: { include: [x] }, b })).not.toBe(of({ a: { include: [{ ...x, descendants: true }] }, b }));
    expect(of({ a: { include: [x] }, b })).not.toBe(of({ a: { include: [x], exclude: [y] }, b }));
  });

  it('changes with every rule', () => {
    const seen = new Set([
      hash(),
      hash({ age: { min: 18 } }),
      hash({ age: { max: 18 } }),
      hash({ condition: { codes: ['a'] } }),
      hash({ medication: { codes: ['a'] } }),
      hash({ observation: { codes: ['a'] } }),
      hash({ observation: { codes: ['a'], value: { min: 1 } } }),
      hash({ condition: { codes: ['a'], system: 's' } }),
    ]);
    expect(seen.size).toBe(8);
  });

  it('is the same after a second pass', () => {
    fc.assert(
      fc.property(anyCriteria, (once) => {
        expect(checkCriteria(JSON.parse(JSON.stringify(once)))).toEqual(once);
      }),
    );
  });
});

describe('rules as they were written', () => {
  const sex = { sex: ['male', 'female'] };
  const age = { age: { min: 40 } };
  const lungs = { condition: { set: 'lungs' } };
  const sets = { lungs: { include: [{ codes: ['b', 'a'] }] } };
  const written = JSON.stringify({ version: 1, sets, all: [sex, age, sex, lungs] });

  it('stand in their order, each once, and are the same cohort in any order', () => {
    const inOrder = parseInOrder(written);
    expect(inOrder.all).toEqual([{ sex: ['female', 'male'] }, age, lungs]);
    expect(firstRules(inOrder, 3)).toEqual(parseCriteria(written));
  });

  it('are, up to a rule, the criteria of these rules alone', () => {
    const inOrder = parseInOrder(written);
    expect(firstRules(inOrder, 0)).toEqual(checkCriteria({ version: 1, all: [] }));
    expect(firstRules(inOrder, 2)).toEqual(checkCriteria({ version: 1, all: [age, sex] }));
    expect(firstRules(parseInOrder(JSON.stringify({ version: 1, sets, all: [lungs, age] })), 1)).toEqual(
      checkCriteria({ version: 1, sets, all: [lungs] }),
    );
  });
});
