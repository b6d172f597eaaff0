import { asId, hex, type PersonId } from '@aceso/kernel';
import { sha256 } from '@aceso/platform';
import { startTestDatabase, type TestDatabase } from '@aceso/platform/testing';
import { CohortService } from './cohort.service';
import { COUNTS_A_DAY_MAX } from './data/questions';
import { checkCriteria, criteriaHash, type Criteria } from './domain';
import type { CohortCounts } from './cohort-counts';
import {
  indexPartyId,
  indexPersonId,
  insertIndexPerson,
  insertIndexRules,
  openCounts,
  type IndexPerson,
} from './testing';

const researcher = { partyId: asId<'Party'>('bbbbbbbb-0000-4000-8000-000000000001') };
const otherResearcher = { partyId: asId<'Party'>('bbbbbbbb-0000-4000-8000-000000000002') };
const busyResearcher = { partyId: asId<'Party'>('bbbbbbbb-0000-4000-8000-000000000003') };
const womenResearcher = { partyId: asId<'Party'>('bbbbbbbb-0000-4000-8000-000000000004') };
const register = (partyId: string) =>
  test.ownerQuery(
    `insert into identity.party (id, did, role, registered_at) values ($1, 'did:key:z6Mk' || translate($2, '-0', 'xx'), 'researcher', now())`,
    [partyId, partyId],
  );
const newResearcher = async (n: number) => {
  const partyId = asId<'Party'>(`bbbbbbbb-0000-4000-8000-0000000001${n}`);
  await register(partyId);
  return { partyId };
};
const criteria = (...all: unknown[]): Criteria => checkCriteria({ version: 1, all });
let test: TestDatabase;
let cohorts: CohortService;
let counts: CohortCounts;

const glucose = (value: number, unit = 'mg/dL') => ({ kind: 'observation' as const, code: '2339-0', value, unit });
const people: IndexPerson[] = [
  // 1 to 12: women who can be asked; the last two with a measured value outside of the range below.
  ...Array.from({ length: 12 }, (_, index) => ({
    n: index + 1,
    facts: [{ kind: 'condition' as const, code: '44054006', system: 'http://snomed.info/sct' }, glucose(100 + index)],
  })),
  { n: 13, sex: 'male', facts: [{ kind: 'medication', code: '860975' }, glucose(105, 'mmol/L')] },
  { n: 14, deceased: true },
  { n: 15, birthMonth: '2010-01' },
  { n: 16, birthMonth: null },
  { n: 17, discoverable: false },
  { n: 18, bound: false },
  { n: 19, birthMonth: '2001', sex: 'male' },
  { n: 20, birthMonth: '1940', sex: 'male', facts: [{ kind: 'condition', code: '44054006', superseded: true }] },
];

beforeAll(async () => {
  test = await startTestDatabase({ environment: { ACESO_NOW: '2019-05-31' } });
  cohorts = new CohortService(test.database, test.runtime, test.config);
  counts = openCounts(test);
  for (const { partyId } of [researcher, otherResearcher, busyResearcher, womenResearcher]) await register(partyId);
  for (const person of people) await insertIndexPerson(test.ownerQuery, person);
}, 60_000);
afterAll(() => test.close());

const numbers = async (rules: Criteria): Promise<number[]> => {
  const ids = await cohorts.find(rules);
  const known = new Map(people.map(({ n }) => [indexPersonId(n), n]));
  return ids.map((id: PersonId) => known.get(id) ?? -1);
};
const hashOf = (rules: Criteria) => hex.decode(criteriaHash(rules, sha256));
const askedBefore = (partyId: string, times: number) =>
  test.ownerQuery(
    `insert into cohort.query (party_id, criteria_hash) select $1, sha256('x') from generate_series(1, $2)`,
    [partyId, times],
  );
const women = Array.from({ length: 12 }, (_, index) => index + 1);

describe('who is found', () => {
  it('is bound, discoverable, alive and surely of age', async () => {
    expect(await numbers(criteria())).toEqual([...women, 13, 20]);
  });

  it.each<[string, unknown[], number[]]>([
    ['sex', [{ sex: ['male'] }], [13, 20]],
    ['an age from below', [{ age: { min: 70 } }], [20]],
    ['an age from above', [{ age: { max: 60 } }], [...women, 13]],
    ['a condition with its system', [{ condition: { system: 'http://snomed.info/sct', codes: ['44054006'] } }], women],
    ['a condition of another system', [{ condition: { system: 'http://loinc.org', codes: ['44054006'] } }], []],
    ['a medication', [{ medication: { codes: ['860975'] } }], [13]],
    [
      'a value range with unit',
      [{ observation: { codes: ['2339-0'], value: { min: 103, max: 106, unit: 'mg/dL' } } }],
      [4, 5, 6, 7],
    ],
    ['a value without unit', [{ observation: { codes: ['2339-0'], value: { min: 105, max: 105 } } }], [6, 13]],
    ['all rules together', [{ sex: ['male'] }, { medication: { codes: ['860975'] } }], [13]],
    ['a kind of fact only', [{ medication: { codes: ['44054006'] } }], []],
  ])('by %s', async (_, all, expected) => {
    expect(await numbers(criteria(...all))).toEqual(expected);
  });

  describe('by what a person lets research see', () => {
    const setRules = async (n: number, rules: readonly object[]): Promise<void> => {
      await test.ownerQuery('delete from consent.permission_rule');
      await insertIndexRules(test.ownerQuery, n, rules);
    };
    afterAll(() => test.ownerQuery('delete from consent.permission_rule'));
    const diabetes = criteria({ condition: { codes: ['44054006'] } });
    const all = criteria();
    const without = (...left: number[]) => women.filter((n) => !left.includes(n));

    it.each<[string, object, number[], number[]]>([
      ['nothing', {}, without(3), [...without(3), 13, 20]],
      ['nothing for research', { purpose: 'research' }, without(3), [...without(3), 13, 20]],
      ['no condition', { types: ['Condition'] }, without(3), [...women, 13, 20]],
      ['not this code', { codes: ['http://snomed.info/sct|44054006'] }, without(3), [...women, 13, 20]],
      ['not this code of another system', { codes: ['http://loinc.org|44054006'] }, women, [...women, 13, 20]],
      ['nothing of some provider', { providers: [indexPartyId(1)] }, without(3), [...women, 13, 20]],
      ['no observation', { types: ['Observation'] }, women, [...women, 13, 20]],
      ['nothing for treatment', { purpose: 'treatment' }, women, [...women, 13, 20]],
    ])('that is %s', async (_, none, byCondition, found) => {
      await setRules(3, [{ subject: 'research', level: 'none', ...none }]);
      expect(await numbers(diabetes)).toEqual(byCondition);
      expect(await numbers(all)).toEqual(found);
    });

    it('that is a label of the code', async () => {
      const opioid = {
        n: 40,
        facts: [{ kind: 'condition' as const, code: '5602001', system: 'http://snomed.info/sct' }],
      };
      await insertIndexPerson(test.ownerQuery, opioid);
      const asked = criteria({ condition: { system: 'http://snomed.info/sct', codes: ['5602001', '44054006'] } });
      const found = async () => (await numbers(asked)).length;
      expect(await found()).toBe(13);
      await setRules(40, [{ subject: 'research', level: 'none', labels: ['SUD'] }]);
      expect(await found()).toBe(12);
      await setRules(40, [{ subject: 'research', level: 'none', labels: ['PSY'] }]);
      expect(await found()).toBe(13);
      await test.ownerQuery('delete from facts.fact where index_no = 40');
      await test.ownerQuery('delete from consent.discovery_terms where person_id = $1', [indexPersonId(40)]);
    });

    it('or one research center, which is asked about where it asks', async () => {
      const one = { subject: 'party', party_id: researcher.partyId, level: 'none' };
      const asked = async (askerId?: typeof researcher.partyId, rules = all): Promise<number> => {
        return (await cohorts.find(rules, { ...(askerId && { askerId }) })).length;
      };
      await setRules(3, [one]);
      expect([await asked(), await asked(otherResearcher.partyId), await asked(researcher.partyId)]).toEqual([
        14, 14, 13,
      ]);
      await setRules(3, [{ ...one, types: ['Condition'] }]);
      expect([await asked(undefined, diabetes), await asked(researcher.partyId, diabetes)]).toEqual([12, 11]);
      expect(await asked(researcher.partyId)).toBe(14);
    });
  });

  it('is nobody, whatever SQL a code holds', async () => {
    for (const code of [`' or 1=1 --`, `44054006'); drop table facts.fact; --`, `\\`, `%`]) {
      expect(await numbers(criteria({ condition: { system: code, codes: [code] } }))).toEqual([]);
    }
    expect(await numbers(criteria())).toHaveLength(14);
  });

  it('stays a living adult until data leaves', async () => {
    const words = people.map(({ n }) => ({ personId: indexPersonId(n), appointment: null }));
    const living = await test.database.transaction('worker', (tx) => cohorts.deciders(tx, words));
    expect([...living].sort()).toEqual([...women, 13, 17, 18, 20].map(indexPersonId).sort());
  });
});

describe('a count', () => {
  it('is rounded from eleven on and suppressed below', async () => {
    expect(await counts.count(researcher, criteria())).toEqual({ approximate: 15, suppressed: false });
    expect(await counts.count(researcher, criteria({ sex: ['male'] }))).toEqual({
      approximate: null,
      suppressed: true,
    });
    expect(await counts.count(researcher, criteria({ sex: ['other'] }))).toEqual({
      approximate: null,
      suppressed: true,
    });
  });

  it('leaves a log of who asked what, without any number of persons', async () => {
    const asked = criteria({ age: { min: 33 } });
    await counts.count(researcher, asked);
    const rows = await test.ownerQuery<Record<string, unknown>>('select * from cohort.query order by id desc limit 1');
    expect(Object.keys(rows[0]).sort()).toEqual(['asked_at', 'criteria_hash', 'id', 'numbers', 'party_id']);
    expect(rows[0]).toMatchObject({ party_id: researcher.partyId, numbers: 1 });
    expect(hex.encode(rows[0].criteria_hash as Uint8Array)).toBe(criteriaHash(asked, sha256));
    await expect(test.database.query('api', 'delete from cohort.query')).rejects.toThrow('permission denied');
    await expect(test.ownerQuery('update cohort.query set party_id = party_id')).rejects.toThrow('append-only');
  });

  it('is the same for a day, whoever comes or goes and whoever asks', async () => {
    const asked = criteria({ sex: ['female'] });
    const before = { approximate: 10, suppressed: false };
    expect(await counts.count(womenResearcher, asked)).toEqual(before);
    await insertIndexPerson(test.ownerQuery, { n: 21 });
    expect([await counts.count(womenResearcher, asked), await counts.count(otherResearcher, asked)]).toEqual([
      before,
      before,
    ]);
    // Who was shown nothing sees the person who came by another question; who was, does not.
    const wider = criteria({ sex: ['female', 'other'] });
    const close = { approximate: null, suppressed: true };
    expect(await counts.count(womenResearcher, wider)).toEqual(close);
    expect(await counts.count(otherResearcher, wider)).toEqual(close);
    expect((await counts.count(busyResearcher, wider)).approximate).toBe(15);
    // A day later the same words have the same number until eleven came.
    await test.ownerQuery(`update cohort.answer set answered_at = answered_at - interval '25 hours'`);
    await test.ownerQuery(`update cohort.told_set set told_at = told_at - interval '25 hours'`);
    expect(await counts.count(womenResearcher, asked)).toEqual(before);
    for (let n = 22; n <= 31; n += 1) await insertIndexPerson(test.ownerQuery, { n });
    await test.ownerQuery(`update cohort.answer set answered_at = answered_at - interval '25 hours'`);
    expect(await counts.count(womenResearcher, asked)).toEqual({ approximate: 25, suppressed: false });
  });

  it('is the same for everybody who asks at once', async () => {
    const asked = criteria({ age: { min: 19 } });
    const askers = await Promise.all(Array.from({ length: 5 }, (_, n) => newResearcher(10 + n)));
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, n) => counts.count(askers[n % askers.length]!, asked)),
    );
    expect(new Set(answers.map(({ approximate }) => approximate)).size).toBe(1);
    expect(answers[0]!.suppressed).toBe(false);
    expect(await test.ownerQuery('select 1 from cohort.answer where criteria_hash = $1', [hashOf(asked)])).toHaveLength(
      1,
    );
  });

  it('is kept as it was shown: the table takes no true number', async () => {
    for (const approximate of [0, 5, 12]) {
      const kept = test.database.query(
        'api',
        `insert into cohort.answer (criteria_hash, record_date, approximate) values (sha256('x'), '2019-05-31', $1)`,
        [approximate],
      );
      await expect(kept).rejects.toThrow('check constraint');
    }
  });

  it('is one of so many, however many are asked for at once', async () => {
    const left = 3;
    const eager = await newResearcher(20);
    await askedBefore(eager.partyId, COUNTS_A_DAY_MAX - left);
    const questions = Array.from({ length: 30 }, (_, n) => counts.count(eager, criteria({ age: { max: 90 + n } })));
    const answers = await Promise.allSettled(questions);
    const refused = answers.filter(({ status }) => status === 'rejected');
    expect(answers.length - refused.length).toBe(left);
    for (const each of refused) expect(each).toMatchObject({ reason: { code: 'COUNT_LIMIT_REACHED' } });
  });

  it('is refused when a center has asked too often in a day', async () => {
    const [known] = await test.ownerQuery<{ n: number }>(
      'select coalesce(sum(numbers), 0)::integer as n from cohort.query where party_id = $1',
      [researcher.partyId],
    );
    await askedBefore(researcher.partyId, COUNTS_A_DAY_MAX - known!.n);
    await expect(counts.count(researcher, criteria())).rejects.toThrow(
      expect.objectContaining({ code: 'COUNT_LIMIT_REACHED' }),
    );
  });
});

describe('eligibility', () => {
  it.each([
    [1, { eligible: true }],
    [14, { eligible: false, reason: 'DECEASED' }],
    [15, { eligible: false, reason: 'MINOR' }],
    [16, { eligible: false, reason: 'UNKNOWN_BIRTH' }],
    [17, { eligible: false, reason: 'NOT_DISCOVERABLE' }],
    [19, { eligible: false, reason: 'MINOR' }],
    [99, { eligible: false, reason: 'NOT_INDEXED' }],
  ])('of person %i', async (n, expected) => {
    expect(await cohorts.eligibility(indexPersonId(n))).toEqual(expected);
  });
});

describe('a saved cohort', () => {
  it('gets a new version only when it changes, and for its owner only', async () => {
    const save = (rules: Criteria, cohortId?: Awaited<ReturnType<CohortService['save']>>['cohortId']) =>
      test.database.transaction('api', async (tx) => {
        await tx.actAs(researcher.partyId);
        return cohorts.save(tx, { ownerId: researcher.partyId, criteria: rules, cohortId });
      });
    const first = await save(criteria());
    expect(await save(criteria(), first.cohortId)).toEqual(first);
    expect(await save(criteria({ sex: ['male'] }), first.cohortId)).toEqual({ ...first, version: 2 });
  });
});
