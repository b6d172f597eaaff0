import { asId } from '@aceso/kernel';
import { startTestDatabase, type TestDatabase } from '@aceso/platform/testing';
import type { CohortCounts } from './cohort-counts';
import { checkCriteria, type Criteria } from './domain';
import { areClose, closenessOf } from './domain/closeness';
import type { AnsweredCount } from './domain/disclosure';
import { apart } from './domain/person-set';
import { insertIndexPerson, openCounts, type IndexPerson } from './testing';

/**
 * Attacks on persons of whom an asker knows something that nobody else has: an immunization of their own. Half of them have a secret
 * condition. Sizes are such that one person more or less crosses where numbers are rounded. Each attack is made by accounts of one group,
 * with the guard against differences and without it: without it, it succeeds.
 */
const PERSONS = 241;
/** Persons under attack. Every other one has the secret. */
const TARGETS = 10;
/** Others with the secret end here: 58 have it in all. */
const SECRET_LAST = 63;
const ACCOUNTS = 2;
const OFFICER = asId<'Party'>('bbbbbbbb-0000-4000-8000-00000000f000');

interface Asker {
  readonly partyId: ReturnType<typeof asId<'Party'>>;
}
type Rule = unknown;
type Ask = (...all: Rule[]) => Promise<AnsweredCount>;

let test: TestDatabase;
let guarded: CohortCounts;
let unguarded: CohortCounts;
let askers = 0;

const has = (code: string): Rule => ({ condition: { codes: [code] } });
const isTarget = (n: number): Rule => ({ immunization: { codes: [`own-${n}`] } });
const not = (...rules: Rule[]): Rule => ({ none: rules });
const any = (...rules: Rule[]): Rule => ({ any: rules });
const criteria = (...all: Rule[]): Criteria => checkCriteria({ version: 1, all });
const targets = Array.from({ length: TARGETS }, (_, at) => at + 1);
const hasSecret = (n: number): boolean => n % 2 === 0;

function person(n: number): IndexPerson {
  const condition = (code: string) => ({ kind: 'condition' as const, code });
  const target = n <= TARGETS;
  return {
    n,
    birthMonth: target ? '1935-06' : n % 3 === 0 ? '1950-06' : '1980-06',
    sex: n % 2 === 0 ? 'female' : 'male',
    facts: [
      ...((target ? hasSecret(n) : n <= SECRET_LAST) ? [condition('secret')] : []),
      ...(target ? [] : [condition(`group-${n % 10}`)]),
      ...(n > 100 ? [condition('late')] : []),
      ...(target ? [{ kind: 'immunization' as const, code: `own-${n}` }] : []),
    ],
  };
}

beforeAll(async () => {
  test = await startTestDatabase({ environment: { ACESO_NOW: '2019-05-31' } });
  guarded = openCounts(test);
  unguarded = openCounts(test, () => null);
  await register(OFFICER, 'officer');
  for (let n = 1; n <= PERSONS; n += 1) await insertIndexPerson(test.ownerQuery, person(n));
}, 120_000);
afterAll(() => test.close());

async function register(partyId: string, role: string): Promise<void> {
  await test.ownerQuery(
    `insert into identity.party (id, did, role, registered_at) values ($1, 'did:key:z6Mk' || translate($2, '-0', 'xx'), $3, now())`,
    [partyId, partyId, role],
  );
}

/** Accounts of one group that nobody has asked for yet. */
async function group(size = 1): Promise<Asker[]> {
  const members = Array.from({ length: size }, () => {
    askers += 1;
    return { partyId: asId<'Party'>(`bbbbbbbb-0000-4000-8000-${askers.toString().padStart(12, '0')}`) };
  });
  for (const { partyId } of members) await register(partyId, 'researcher');
  for (const { partyId } of members.slice(1)) {
    await test.ownerQuery(
      `insert into identity.affiliation (first_party_id, second_party_id, declared_by)
       values (least($1::uuid, $2::uuid), greatest($1::uuid, $2::uuid), $3)`,
      [members[0]!.partyId, partyId, OFFICER],
    );
  }
  return members;
}

/** A fresh group of accounts for each attack; they take turns. */
async function askersOf(counts: CohortCounts): Promise<Ask> {
  const accounts = await group(ACCOUNTS);
  let turn = 0;
  return (...all) => counts.count(accounts[turn++ % accounts.length]!, criteria(...all));
}

/** What answers tell beside the first one that is a number: how far each is from it, or why there is none and what it is close to. */
function told(answers: readonly AnsweredCount[]): string {
  const first = answers.find(({ approximate }) => approximate !== null)?.approximate ?? 0;
  return answers
    .map(({ approximate, reason, closeTo }) =>
      approximate === null
        ? `${reason} ${typeof closeTo === 'number' ? closeTo - first : ''}`
        : `${approximate - first}`,
    )
    .join(' / ');
}

/**
 * How many targets an attack gives away. The attacker is given the most there is: it may learn from all others what answers look like for
 * whoever has the secret and for whoever has not.
 */
async function recovered(counts: CohortCounts, attack: (ask: Ask, n: number) => Promise<AnsweredCount[]>) {
  const answers = new Map<number, string>();
  for (const n of targets) answers.set(n, told(await attack(await askersOf(counts), n)));
  const of = (secret: boolean) => new Set(targets.filter((n) => hasSecret(n) === secret).map((n) => answers.get(n)!));
  const [yes, no] = [of(true), of(false)];
  return targets.filter((n) => !(hasSecret(n) ? no : yes).has(answers.get(n)!)).length;
}

async function inTurn(questions: readonly Rule[][], ask: Ask): Promise<AnsweredCount[]> {
  const answers: AnsweredCount[] = [];
  for (const all of questions) answers.push(await ask(...all));
  return answers;
}

const groups = (size: number): Rule[] => [2, 3, 4, 5, 6].slice(0, size).map((of) => has(`group-${of}`));
const secretOf = (n: number): Rule => ({ all: [has('secret'), isTarget(n)] });
const sizes = [1, 2, 3, 4, 5];

const attacks: readonly [string, (n: number) => Rule[][]][] = [
  ['a difference of two counts', (n) => [[has('secret')], [has('secret'), not(isTarget(n))]]],
  ['a difference the other way round', (n) => [[has('secret'), not(isTarget(n))], [has('secret')]]],
  [
    'differences at many sizes',
    (n) =>
      sizes.flatMap((of) => [
        [any(has('secret'), ...groups(of))],
        [any(...groups(of), has('secret')), not(secretOf(n))],
      ]),
  ],
  [
    'an intersection that is joined to groups without the target',
    (n) => sizes.flatMap((of) => [[any(...groups(of))], [any(...groups(of), secretOf(n))]]),
  ],
  ['a complement', (n) => [[has('secret')], [not(has('secret'), isTarget(n))]]],
  [
    'a sum of two parts',
    (n) => [
      [has('secret'), { sex: ['female'] }],
      [has('secret'), { sex: ['male'] }],
      [has('secret'), not(isTarget(n))],
    ],
  ],
  [
    'the same question in other words, again and again',
    (n) => [
      [has('secret')],
      ...Array.from({ length: 10 }, (_, at) => [has('secret'), not(isTarget(n)), { age: { min: 18 + at } }]),
    ],
  ],
];

describe.each(attacks)('by %s', (_, questions) => {
  const attack = (ask: Ask, n: number) => inTurn(questions(n), ask);

  it('nobody is recovered', async () => {
    expect(await recovered(guarded, attack)).toBe(0);
  }, 120_000);

  it('everybody would be, were there no guard', async () => {
    expect(await recovered(unguarded, attack)).toBe(TARGETS);
  }, 120_000);
});

it('a guard that let equal sets through would tell by its refusals', async () => {
  const exempting: typeof closenessOf = (asked, shown, everybody) =>
    shown.some(({ set }) => set.size === asked.size && areClose(set, asked) && apart(set, asked).more === 0)
      ? null
      : closenessOf(asked, shown, everybody);
  const attack = (ask: Ask, n: number) => inTurn([[has('secret')], [has('secret'), not(isTarget(n))]], ask);
  expect(await recovered(openCounts(test, exempting), attack)).toBe(TARGETS);
}, 120_000);

describe('by a combination that one person alone has', () => {
  it('nobody is recovered: no number is shown', async () => {
    const ask = await askersOf(guarded);
    for (const n of targets) {
      const answers = await inTurn([[isTarget(n)], [isTarget(n), has('secret')]], ask);
      expect(answers).toEqual(answers.map(() => ({ approximate: null, suppressed: true })));
    }
  }, 120_000);
});

describe('by a marginal minus cells', () => {
  /** Within what the number of targets among these persons must be: a table by age, and then the count of each cell of it. */
  async function bounds(counts: CohortCounts, n: number): Promise<readonly [number, number]> {
    const [account, other] = await group(ACCOUNTS);
    const who = any(has('late'), secretOf(n));
    const { total, tables } = await counts.profile(account!, criteria(who));
    const cells = tables.find(({ table }) => table === 'AGE')!.cells;
    const shown: number[] = [];
    let hidden = false;
    for (const { label, count } of cells) {
      if (label.startsWith('80')) continue;
      const [min, max] = label.split('-').map(Number) as [number, number];
      const again =
        Number.isNaN(max) || max === undefined
          ? count
          : await counts.count(other!, criteria(who, { age: { min, max } }));
      const number = count.approximate ?? again.approximate;
      if (number !== null) shown.push(number);
      // That nobody else has an age is known to the attacker; who is of this one is not.
      else if (label === '30-39' || label === '60-69') hidden = true;
    }
    const rest = total.approximate! - shown.reduce((sum, each) => sum + each, 0);
    const slack = 2 * (shown.length + 1);
    return [hidden ? 0 : Math.max(0, rest - slack), rest + slack];
  }

  it('nobody is bounded more closely than by the threshold', async () => {
    for (const n of targets) {
      const [least, most] = await bounds(guarded, n);
      expect(least).toBe(0);
      expect(most).toBeGreaterThanOrEqual(10);
    }
  }, 120_000);

  it('everybody would be, were there no guard', async () => {
    for (const n of targets) expect((await bounds(unguarded, n))[1]).toBeLessThan(10);
  }, 120_000);
});
