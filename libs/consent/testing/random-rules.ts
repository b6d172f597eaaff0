import fc from 'fast-check';
import type { AskedCategory, NumberedRule, PermissionActor, PermissionQuestion, PermissionRule } from '../domain';

/** Few values, so that rules and questions meet. `parties` are those of an instance: rules name none other. */
export interface RandomParties {
  readonly providers: readonly string[];
  readonly centers: readonly string[];
  readonly physicians: readonly string[];
}

const TYPES = ['Observation', 'Condition', 'Patient'];
const CODES = ['http://loinc.org|1-1', 'http://loinc.org|2-2', 'http://snomed.info/sct|3'];
const LABELS = ['PSY', 'HIV'] as const;
const DEVICES = ['Device/a', 'Device/b'];
const DAYS = ['2001-01-01', '2001-06-15', '2002-01-01'];
const SECONDS = [1_000, 2_000, 3_000];

const some = <Value>(values: readonly Value[]): fc.Arbitrary<Value[]> => fc.subarray([...values], { minLength: 1 });
const maybe = <Value>(value: fc.Arbitrary<Value>): fc.Arbitrary<Value | undefined> =>
  fc.option(value, { nil: undefined, freq: 2 });

function withoutAbsent<Value extends object>(value: Value): Value {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as Value;
}

const range = <Value>(values: readonly Value[]) =>
  fc
    .tuple(fc.nat(values.length - 1), fc.nat(values.length - 1), fc.boolean(), fc.boolean())
    .filter(([first, last, hasFirst, hasLast]) => (hasFirst || hasLast) && first < last)
    .map(([first, last, hasFirst, hasLast]) => [
      hasFirst ? values[first] : undefined,
      hasLast ? values[last] : undefined,
    ]);

/** A rule as a patient may sign it. */
export function randomRule({ providers, centers, physicians }: RandomParties): fc.Arbitrary<PermissionRule> {
  const subject = fc.oneof(
    fc.constantFrom(...providers, ...centers, ...physicians).map((party) => ({ party })),
    fc.constantFrom(...providers).map((physiciansOf) => ({ physiciansOf })),
    fc.constantFrom('physicians' as const, 'research' as const).map((name) => ({ class: name })),
  );
  const category = fc
    .record({
      types: maybe(some(TYPES)),
      codes: maybe(some(CODES)),
      labels: maybe(some(LABELS)),
      providers: maybe(some(providers)),
      devices: maybe(some(DEVICES)),
      days: maybe(range(DAYS).map(([from, to]) => withoutAbsent({ from, to }))),
    })
    .map(withoutAbsent);
  return fc
    .record({
      subject,
      category,
      level: fc.constantFrom('none' as const, 'read' as const, 'write' as const),
      purpose: fc.constantFrom('treatment' as const, 'emergency' as const, 'research' as const, 'any' as const),
      period: maybe(range(SECONDS).map(([from, until]) => withoutAbsent({ from, until }))),
    })
    .map(withoutAbsent) as fc.Arbitrary<PermissionRule>;
}

/** Rules with numbers of their own: whoever shuffles them does not rename them. */
export function randomRules(parties: RandomParties, rulesMax: number): fc.Arbitrary<NumberedRule[]> {
  return fc
    .array(randomRule(parties), { maxLength: rulesMax })
    .map((rules) => rules.map((rule, index) => ({ ...rule, number: index + 1 })));
}

/** Somebody who asks for something; of one resource where everything about it is known. */
export function randomQuestion(parties: RandomParties, kind: 'resource' | 'any'): fc.Arbitrary<PermissionQuestion> {
  const { providers, centers, physicians } = parties;
  const actor: fc.Arbitrary<PermissionActor> = fc.oneof(
    fc.constantFrom(...centers).map((partyId) => ({ partyId, role: 'researcher', providers: [] })),
    fc.constantFrom(...providers).map((partyId) => ({ partyId, role: 'provider', providers: [] })),
    fc.record({
      partyId: fc.constantFrom(...physicians),
      role: fc.constant('physician'),
      providers: fc.subarray([...providers]),
    }),
  );
  const known = <Value>(value: fc.Arbitrary<Value>) => (kind === 'resource' ? value : maybe(value));
  const category: fc.Arbitrary<AskedCategory> = fc
    .record({
      type: known(fc.constantFrom(...TYPES)),
      codes: known(fc.subarray(CODES)),
      labels: known(fc.subarray([...LABELS])),
      provider: known(fc.constantFrom(...providers)),
      device: known(fc.constantFrom(null, ...DEVICES)),
      day: known(fc.constantFrom(null, ...DAYS, '2001-03-01', '2000-01-01', '2003-01-01')),
    })
    .map((asked) => withoutAbsent(asked) as AskedCategory);
  return fc.record({
    actor,
    category,
    purpose: fc.constantFrom('treatment' as const, 'emergency' as const, 'research' as const),
    act: fc.constantFrom('read' as const, 'write' as const),
    at: fc.constantFrom(500_000, 1_000_000, 1_500_000, 2_000_000, 2_999_999, 3_000_000, 4_000_000),
  });
}
