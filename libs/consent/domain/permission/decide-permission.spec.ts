import fc from 'fast-check';
import { randomQuestion, randomRule, randomRules, type RandomParties } from '../../testing/random-rules';
import { specificity, type AskedCategory } from './category';
import {
  decidePermission,
  type PermissionActor,
  type PermissionQuestion,
  type PermissionSettings,
} from './decide-permission';
import { numbered, type NumberedRule, type PermissionRule } from './rule';

const id = (n: number): string => `00000000-0000-4000-8000-00000000000${n}`;
const PARTIES: RandomParties = { providers: [id(1), id(2)], centers: [id(3), id(4)], physicians: [id(5), id(6)] };
const CLINIC = id(1);
const SETTINGS: PermissionSettings = { authorsRead: true, unruled: 'deny' };
const physician: PermissionActor = { partyId: id(5), role: 'physician', providers: [CLINIC] };
const center: PermissionActor = { partyId: id(3), role: 'researcher', providers: [] };

const glucose: AskedCategory = {
  type: 'Observation',
  codes: ['http://loinc.org|2339-0'],
  labels: [],
  provider: CLINIC,
  device: null,
  day: '2019-05-04',
};

const rule = (changes: Partial<PermissionRule>): PermissionRule => ({
  subject: { class: 'physicians' },
  category: {},
  level: 'read',
  purpose: 'any',
  ...changes,
});

function decide(rules: readonly PermissionRule[], changes: Partial<PermissionQuestion> = {}, settings = SETTINGS) {
  const question = {
    actor: physician,
    category: glucose,
    purpose: 'treatment',
    act: 'read',
    at: 1_000_000,
    ...changes,
  };
  return decidePermission(numbered(rules), question as PermissionQuestion, settings);
}

describe('without a rule', () => {
  it('nothing is permitted', () => {
    expect(decide([])).toEqual({ effect: 'deny', basis: 'unruled', rule: null, obligations: [] });
    expect(decide([], {}, { ...SETTINGS, unruled: 'permit' }).effect).toBe('permit');
  });

  it('a provider reads what it wrote itself, where the instance says so, and nothing else', () => {
    const provider = { partyId: CLINIC, role: 'provider', providers: [] };
    const none = [rule({ subject: { party: CLINIC }, level: 'none' })];
    expect(decide(none, { actor: provider })).toMatchObject({ effect: 'permit', basis: 'author' });
    expect(decide(none, { actor: provider }, { ...SETTINGS, authorsRead: false }).effect).toBe('deny');
    expect(decide(none, { actor: provider, act: 'write' }).effect).toBe('deny');
    expect(decide(none, { actor: provider, category: { ...glucose, provider: id(2) } }).effect).toBe('deny');
    expect(decide([], { actor: physician }).effect).toBe('deny');
  });
});

describe('the most specific rule decides', () => {
  const none = rule({ level: 'none' });
  it.each<[string, PermissionRule[], 'permit' | 'deny']>([
    [
      'one party over physicians of a provider',
      [rule({ subject: { party: id(5) } }), rule({ subject: { physiciansOf: CLINIC }, level: 'none' })],
      'permit',
    ],
    ['physicians of a provider over physicians', [rule({ subject: { physiciansOf: CLINIC } }), none], 'permit'],
    [
      'subject over category',
      [rule({ subject: { party: id(5) } }), rule({ category: { codes: ['http://loinc.org|2339-0'] }, level: 'none' })],
      'permit',
    ],
    [
      'category over purpose',
      [rule({ category: { types: ['Observation'] } }), rule({ purpose: 'treatment', level: 'none' })],
      'permit',
    ],
    [
      'codes over types',
      [
        rule({ category: { codes: ['http://loinc.org|2339-0'] } }),
        rule({ category: { types: ['Observation'] }, level: 'none' }),
      ],
      'permit',
    ],
    [
      'two parts over one of them',
      [
        rule({ category: { types: ['Observation'], days: { from: '2019-01-01' } } }),
        rule({ category: { types: ['Observation'] }, level: 'none' }),
      ],
      'permit',
    ],
    ['a purpose over any', [rule({ purpose: 'treatment' }), none], 'permit'],
    ['deny over permit where equal', [rule({}), none], 'deny'],
    [
      'deny over permit in types, however many they name',
      [
        rule({ category: { types: ['Observation'] } }),
        rule({ category: { types: ['Observation', 'Condition'] }, level: 'none' }),
      ],
      'deny',
    ],
  ])('%s', (_, rules, effect) => {
    expect(decide(rules).effect).toBe(effect);
    expect(decide([...rules].reverse()).effect).toBe(effect);
  });

  it('in an order that is total: equal only where the same parts are named', () => {
    const known = new Map<number, string>();
    fc.assert(
      fc.property(randomRule(PARTIES), (each) => {
        const subject = Object.keys(each.subject)[0];
        const shape = `${subject} ${Object.keys(each.category).sort().join()} ${each.purpose === 'any'}`;
        const order = specificity(each);
        expect(known.get(order) ?? shape).toBe(shape);
        known.set(order, shape);
      }),
      { numRuns: 2_000 },
    );
    expect(new Set(known.values()).size).toBe(known.size);
  });
});

describe('research yes, physicians no', () => {
  const rules = [rule({ subject: { class: 'research' }, level: 'read', purpose: 'research' }), rule({ level: 'none' })];
  it('is what it says', () => {
    expect(decide(rules, { actor: center, purpose: 'research' })).toMatchObject({
      effect: 'permit',
      rule: { number: 1 },
    });
    expect(decide(rules)).toMatchObject({ effect: 'deny', basis: 'rule', rule: { number: 2 } });
    expect(decide(rules, { actor: center, purpose: 'treatment' }).effect).toBe('deny');
  });
});

describe('what a rule speaks of', () => {
  it.each<[string, PermissionRule, Partial<PermissionQuestion>, 'permit' | 'deny']>([
    ['its provider', rule({ category: { providers: [id(2)] } }), {}, 'deny'],
    [
      'its label',
      rule({ category: { labels: ['HIV'] } }),
      { category: { ...glucose, labels: ['HIV', 'PSY'] } },
      'permit',
    ],
    [
      'its device',
      rule({ category: { devices: ['Device/a'] } }),
      { category: { ...glucose, device: 'Device/a' } },
      'permit',
    ],
    ['no device', rule({ category: { devices: ['Device/a'] } }), {}, 'deny'],
    ['its days, the last one included', rule({ category: { days: { to: '2019-05-04' } } }), {}, 'permit'],
    ['its days, not the day after', rule({ category: { days: { to: '2019-05-03' } } }), {}, 'deny'],
    ['its period, from its first second', rule({ period: { from: 1_000 } }), {}, 'permit'],
    ['its period, not its end', rule({ period: { until: 1_000 } }), {}, 'deny'],
    ['its purpose', rule({ purpose: 'emergency' }), {}, 'deny'],
    ['writing only where it says so', rule({ level: 'read' }), { act: 'write' }, 'deny'],
    ['reading where it says write', rule({ level: 'write' }), {}, 'permit'],
    ['members only', rule({ subject: { physiciansOf: id(2) } }), {}, 'deny'],
  ])('%s', (_, each, changes, effect) => {
    expect(decide([each], changes).effect).toBe(effect);
  });

  it('a resource without a day is denied by days and permitted by none', () => {
    const undated = { category: { ...glucose, day: null } };
    expect(decide([rule({ category: { days: { from: '2000-01-01' } } })], undated).effect).toBe('deny');
    expect(
      decide([rule({}), rule({ category: { days: { from: '2000-01-01' } }, level: 'none' })], undated).effect,
    ).toBe('deny');
  });
});

describe('a category that is wider than a rule', () => {
  const all = { category: {} };
  it('is permitted with obligations where a part is denied', () => {
    const rules = [
      rule({}),
      rule({ category: { labels: ['HIV'] }, level: 'none' }),
      rule({ category: { types: ['Claim'] }, level: 'none' }),
    ];
    const { effect, obligations } = decide(rules, all);
    expect(effect).toBe('permit');
    expect(obligations.map(({ redact, rule: { number } }) => [number, redact])).toEqual([
      [2, { labels: ['HIV'] }],
      [3, { types: ['Claim'] }],
    ]);
  });

  it('has no obligation from a rule that a more specific one outweighs', () => {
    const rules = [rule({ subject: { party: id(5) } }), rule({ category: { labels: ['HIV'] }, level: 'none' })];
    expect(decide(rules, all)).toMatchObject({ effect: 'permit', obligations: [] });
  });

  it('has no one answer where a part of what is denied is permitted', () => {
    const rules = [rule({ level: 'none' }), rule({ category: { types: ['Observation'] } })];
    expect(decide(rules, all)).toMatchObject({ effect: 'abstain', rule: { number: 2 } });
    expect(decide([rule({ category: { types: ['Observation'] } })], all).effect).toBe('abstain');
  });
});

describe('for any rules', () => {
  const RANK = { deny: 0, abstain: 1, permit: 2 };
  const runs = { numRuns: 4_000 };
  const settings = fc.constantFrom<PermissionSettings>(SETTINGS, { authorsRead: false, unruled: 'permit' });

  it('one more deny never widens access', () => {
    const deny = randomRule(PARTIES).map((each): NumberedRule => ({ ...each, level: 'none', number: 99 }));
    fc.assert(
      fc.property(
        randomRules(PARTIES, 8),
        deny,
        randomQuestion(PARTIES, 'any'),
        settings,
        (rules, more, asked, set) => {
          const before = decidePermission(rules, asked, set);
          const after = decidePermission([...rules, more], asked, set);
          expect(RANK[after.effect]).toBeLessThanOrEqual(RANK[before.effect]);
          if (after.effect !== 'permit') return;
          const kept = before.obligations.map((each) => each.rule.number);
          expect(after.obligations.map((each) => each.rule.number)).toEqual(expect.arrayContaining(kept));
        },
      ),
      runs,
    );
  });

  it('the answer on a resource is yes or no, and what a wider answer permits is in it', () => {
    fc.assert(
      fc.property(
        randomRules(PARTIES, 8),
        randomQuestion(PARTIES, 'resource'),
        fc.subarray(['type', 'codes', 'labels', 'provider', 'device', 'day']),
        (rules, asked, forgotten) => {
          const exact = decidePermission(rules, asked, SETTINGS);
          expect(exact.effect).not.toBe('abstain');
          expect(exact.obligations).toEqual([]);
          const category = Object.fromEntries(
            Object.entries(asked.category).filter(([part]) => !forgotten.includes(part)),
          );
          const wide = decidePermission(rules, { ...asked, category }, { ...SETTINGS, authorsRead: false });
          if (wide.effect === 'permit' && wide.obligations.length === 0) expect(exact.effect).toBe('permit');
          if (wide.effect === 'deny') expect(exact.basis === 'author' || exact.effect === 'deny').toBe(true);
        },
      ),
      runs,
    );
  });

  it('a rule about another subject changes nothing', () => {
    fc.assert(
      fc.property(
        randomRules(PARTIES, 8),
        randomRule(PARTIES),
        randomQuestion(PARTIES, 'any'),
        (rules, more, asked) => {
          const other = { ...more, subject: { party: id(9) }, number: 99 };
          expect(decidePermission([...rules, other], asked, SETTINGS)).toEqual(
            decidePermission(rules, asked, SETTINGS),
          );
        },
      ),
      runs,
    );
  });

  it('their order does not matter', () => {
    const shuffled = randomRules(PARTIES, 8).chain((rules) =>
      fc.shuffledSubarray(rules, { minLength: rules.length }).map((other) => [rules, other] as const),
    );
    fc.assert(
      fc.property(shuffled, randomQuestion(PARTIES, 'any'), ([rules, other], asked) => {
        expect(decidePermission(other, asked, SETTINGS)).toEqual(decidePermission(rules, asked, SETTINGS));
      }),
      runs,
    );
  });
});
