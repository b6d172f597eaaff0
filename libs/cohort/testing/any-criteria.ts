import fc from 'fast-check';
import { checkCriteria } from '../domain';
import { ConceptTree } from '../domain/concept-tree';
import { TEST_PARENTS } from './plain-evaluation';

const day = fc
  .integer({ min: 0, max: 40 })
  .map((days) => new Date(Date.UTC(2018, 11, 26 + days)).toISOString().slice(0, 10));
const code = fc.constantFrom('a', 'b', 'c');
const kind = fc.constantFrom('condition' as const, 'observation' as const, 'encounter' as const, 'medication' as const);
const orNull = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null, freq: 6 });

const fact = fc.record({
  kind,
  system: fc.constantFrom('s', 't'),
  code,
  start: orNull(day),
  value: orNull(fc.constantFrom(1, 2, 3, 4, 5, 10, 20, 30)),
  unit: fc.constantFrom('mg', 'g', 'mg/L', 'mg/dL', ''),
  comparator: fc.oneof(
    { weight: 2, arbitrary: fc.constant('') },
    { weight: 1, arbitrary: fc.constantFrom('<', '<=', '>=', '>') },
  ),
  resultSystem: fc.constantFrom('s', 't'),
  result: fc.constantFrom('a', 'b', 'c', ''),
  device: fc.boolean(),
});
/** A person of few codes, days and values, so that rules hold for some and not for others. */
export const anyPerson = fc.record({
  birthMonth: fc.constantFrom('1970', '1970-06', '1979-01', '1979-12', '1988-01', '1999'),
  sex: fc.constantFrom('female' as const, 'male' as const),
  zip3: orNull(fc.constantFrom('021', '100')),
  state: orNull(fc.constantFrom('MA', 'NY')),
  facts: fc.array(fact, { maxLength: 12 }),
});

const limits = <T>(of: fc.Arbitrary<T>, low: string, high: string) =>
  fc.tuple(of, of, fc.constantFrom('both', low, high)).map(([a, b, which]) => {
    const [least, most] = a <= b ? [a, b] : [b, a];
    return { ...(which !== high && { [low]: least }), ...(which !== low && { [high]: most }) };
  });
// Mostly left out: many conditions on one event hold for nobody.
const optional = <T>(value: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 2, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: value });
const rarely = <T>(value: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 4, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: value });
const codes = fc.uniqueArray(code, { minLength: 1, maxLength: 2 });
/** In system s, a is above b and b above c. */
export const TEST_CONCEPTS = new ConceptTree(
  TEST_PARENTS.map(({ code: below, parent }) => ({ system: 's', code: below, parent })),
);
const setPart = fc.record({
  system: optional(fc.constantFrom('s', 't')),
  codes: fc.uniqueArray(code, { minLength: 1, maxLength: 2 }),
  descendants: optional(fc.constant(true)),
});
const conceptSet = fc.record({
  include: fc.array(setPart, { minLength: 1, maxLength: 2 }),
  exclude: optional(fc.array(setPart, { minLength: 1, maxLength: 2 })),
});
const ages = limits(fc.integer({ min: 18, max: 50 }), 'min', 'max');
const event = {
  system: optional(fc.constantFrom('s', 't')),
  codes,
  age: optional(ages),
  dated: optional(limits(day, 'from', 'to')),
};
const placed = {
  within: optional(limits(fc.integer({ min: -4, max: 4 }), 'from', 'to')),
  times: optional(limits(fc.integer({ min: 0, max: 3 }), 'min', 'max')),
};
const value = optional(
  fc
    .tuple(
      fc.constantFrom('min', 'above'),
      fc.constantFrom('max', 'below'),
      limits(fc.integer({ min: 1, max: 6 }), 'low', 'high'),
      optional(fc.constantFrom('mg', 'mg/dL', 'mg/dL', 'mg/L')),
    )
    .map(([lower, upper, { low, high }, unit]) => ({
      // A limit that is left out is no limit of an empty range.
      ...(low !== undefined && { [low === high ? 'min' : lower]: low }),
      ...(high !== undefined && { [low === high ? 'max' : upper]: high }),
      ...(unit && { unit }),
    })),
);
const result = fc.oneof(
  fc.record({ system: rarely(fc.constantFrom('s', 't')), codes }),
  fc.constantFrom({ set: 'one' }, { set: 'two' }),
);
const observed = fc
  .tuple(value, rarely(result), rarely(fc.constant(true)))
  .map(([number, coded, device]) => ({ value: number, result: number ? undefined : coded, device }));
const eventRule = (shape: object) =>
  fc
    .tuple(kind, fc.record(shape as { codes: typeof codes }), observed, optional(fc.constantFrom('one', 'two')))
    .map(([name, query, more, set]) => {
      const asked = { ...query, ...(set && { set, codes: undefined, system: undefined }) };
      return { [name]: name === 'observation' ? { ...asked, ...more } : asked };
    });
const { rule } = fc.letrec<{ rule: unknown; rules: unknown[] }>((tie) => ({
  rule: fc.oneof(
    { maxDepth: 2, withCrossShrink: true },
    { weight: 8, arbitrary: eventRule({ ...event, ...placed }) },
    { weight: 2, arbitrary: eventRule({ ...event, ...placed, around: tie('rules') }) },
    {
      weight: 1,
      arbitrary: fc.tuple(ages, optional(fc.constant('entry'))).map(([range, at]) => ({ age: { ...range, at } })),
    },
    {
      weight: 1,
      arbitrary: fc.constantFrom({ alive: true }, { sex: ['female'] }, { region: ['MA', '100'] }, { region: ['NY'] }),
    },
    { weight: 1, arbitrary: tie('rules').map((any) => ({ any })) },
    { weight: 1, arbitrary: tie('rules').map((none) => ({ none })) },
    { weight: 1, arbitrary: tie('rules').map((all) => ({ all })) },
    { weight: 1, arbitrary: tie('rules').map((of) => ({ atLeast: Math.ceil(of.length / 2), of })) },
  ),
  rules: fc.array(tie('rule'), { minLength: 1, maxLength: 3 }),
}));
/** Criteria in their canonical form, of the same codes and days. */
export const anyCriteria = fc
  .tuple(
    fc.constantFrom('first', 'last', 'any', undefined),
    fc.array(eventRule({ ...event, around: optional(fc.tuple(eventRule({ ...event, ...placed }))) }), {
      minLength: 1,
      maxLength: 2,
    }),
    fc.array(rule, { maxLength: 3 }),
    fc.tuple(conceptSet, conceptSet),
  )
  .map(([pick, events, all, [one, two]]) => {
    const entry = pick && { [pick]: events };
    const used = (name: string): boolean => JSON.stringify({ entry, all }).includes(`"set":"${name}"`);
    const sets = { ...(used('one') && { one }), ...(used('two') && { two }) };
    const rules = pick ? all : all.map(uncounted);
    return checkCriteria(JSON.parse(JSON.stringify({ version: 1, sets, entry, all: rules })));
  });

/** Without an entry nothing is counted from it, but around an event from that. */
function uncounted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(uncounted);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).filter(([key]) => !['within', 'at'].includes(key));
  return Object.fromEntries(members.map(([key, each]) => [key, key === 'around' ? each : uncounted(each)]));
}
