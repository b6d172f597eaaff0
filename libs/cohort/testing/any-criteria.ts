import fc from 'fast-check';
import { checkCriteria } from '../domain';

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
  unit: orNull(fc.constantFrom('mg', 'g', 'mg/L', 'mg/dL')),
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
const codes = fc.uniqueArray(code, { minLength: 1, maxLength: 2 });
// Mostly left out: many conditions on one event hold for nobody.
const optional = <T>(value: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 2, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: value });
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
      limits(fc.integer({ min: 1, max: 5 }), 'min', 'max'),
      optional(fc.constantFrom('mg', 'mg/dL', 'mg/dL', 'mg/L')),
    )
    .map(([range, unit]) => ({ ...range, ...(unit && { unit }) })),
);
const eventRule = (shape: object) =>
  fc
    .tuple(kind, fc.record(shape as { codes: typeof codes }), value)
    .map(([name, query, number]) => ({ [name]: name === 'observation' ? { ...query, value: number } : query }));
const { rule } = fc.letrec<{ rule: unknown; rules: unknown[] }>((tie) => ({
  rule: fc.oneof(
    { maxDepth: 2, withCrossShrink: true },
    { weight: 8, arbitrary: eventRule({ ...event, ...placed }) },
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
    fc.array(eventRule(event), { minLength: 1, maxLength: 2 }),
    fc.array(rule, { maxLength: 3 }),
  )
  .map(([pick, events, all]) => {
    const entry = pick && { [pick]: events };
    // Without an entry nothing is counted from it.
    const kept = (key: string, value: unknown) => (!pick && ['within', 'at'].includes(key) ? undefined : value);
    return checkCriteria(JSON.parse(JSON.stringify({ version: 1, entry, all }, kept)));
  });
