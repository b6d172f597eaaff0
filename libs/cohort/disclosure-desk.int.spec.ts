import { asId } from '@aceso/kernel';
import { createAudit } from '@aceso/audit/testing';
import { startTestDatabase, type TestDatabase } from '@aceso/platform/testing';
import type { CohortCounts } from './cohort-counts';
import { CountLocks } from './count-locks';
import { COUNTS_A_DAY_MAX, SETS_KEPT_DAYS, SETS_KEPT_MAX } from './data/questions';
import { CLOSE_CALLS_MAX } from './data/told-sets';
import { checkCriteria, type Criteria } from './domain';
import { ForgetTimer } from './jobs/forget-timer';
import { indexPersonId, insertIndexPerson, openCounts } from './testing';

const PERSONS = 60;
const REASON = 'They explained their questions to us.';
const criteria = (...all: unknown[]): Criteria => checkCriteria({ version: 1, all });
const everybody = criteria();
const without = (n: number) => criteria({ none: [{ condition: { codes: [`own-${n}`] } }] });
const SUPPRESSED = { approximate: null, suppressed: true };
const CLOSE = { ...SUPPRESSED, reason: 'TOO_CLOSE', closeTo: 60 };
let test: TestDatabase;
let counts: CohortCounts;
let parties = 0;

interface Member {
  readonly partyId: ReturnType<typeof asId<'Party'>>;
}
const member = async (role = 'researcher'): Promise<Member> => {
  parties += 1;
  const partyId = asId<'Party'>(`bbbbbbbb-0000-4000-8000-${parties.toString().padStart(12, '0')}`);
  await test.ownerQuery(
    `insert into identity.party (id, did, role, registered_at) values ($1, 'did:key:z6Mk' || translate($2, '-0', 'xx'), $3, now())`,
    [partyId, partyId, role],
  );
  return { partyId };
};
let officer: Member;
const declare = (one: Member, other: Member) =>
  test.ownerQuery(
    `insert into identity.affiliation (first_party_id, second_party_id, declared_by)
     values (least($1::uuid, $2::uuid), greatest($1::uuid, $2::uuid), $3)`,
    [one.partyId, other.partyId, officer.partyId],
  );
const end = (one: Member) =>
  test.ownerQuery(
    `insert into identity.affiliation_end (affiliation_id, ended_by)
     select id, $2 from identity.affiliation where $1 in (first_party_id, second_party_id)`,
    [one.partyId, officer.partyId],
  );
const as = <T>(who: Member, sql: string, params: readonly unknown[] = []): Promise<T[]> =>
  test.database.transaction('api', async (tx) => {
    await tx.actAs(who.partyId);
    return tx.query<T>(sql, params);
  });

beforeAll(async () => {
  test = await startTestDatabase({ environment: { ACESO_NOW: '2019-05-31' } });
  counts = openCounts(test);
  officer = await member('officer');
  for (let n = 1; n <= PERSONS; n += 1) {
    const facts = [
      { kind: 'condition' as const, code: `own-${n}` },
      { kind: 'condition' as const, code: n <= 40 ? 'forty' : 'twenty' },
      { kind: 'condition' as const, code: n <= 40 ? 'forty too' : 'twenty too' },
    ];
    await insertIndexPerson(test.ownerQuery, { n, sex: n % 2 === 0 ? 'female' : 'male', facts });
  }
}, 60_000);
afterAll(() => test.close());

describe('affiliates', () => {
  it('share what they were shown, also before they belonged together, and after what was before the end', async () => {
    const [one, other] = [await member(), await member()];
    expect((await counts.count(one, everybody)).approximate).toBe(60);
    await declare(one, other);
    expect(await counts.count(other, without(1))).toEqual(CLOSE);
    await end(one);
    expect(await counts.count(other, without(2))).toEqual(CLOSE);
    await counts.count(one, criteria({ condition: { codes: ['forty'] } }));
    expect((await counts.count(other, criteria({ condition: { codes: ['forty too'] } }))).approximate).toBe(40);
  });

  it('share one limit a day, also when they ask at once', async () => {
    const group = [await member(), await member()] as const;
    await declare(...group);
    await test.ownerQuery(
      `insert into cohort.query (party_id, criteria_hash, numbers) select $1, sha256('x'), 100 from generate_series(1, 4)`,
      [group[0].partyId],
    );
    await test.ownerQuery(`insert into cohort.query (party_id, criteria_hash, numbers) values ($1, sha256('x'), $2)`, [
      group[1].partyId,
      COUNTS_A_DAY_MAX - 400 - 4,
    ]);
    const asked = await Promise.allSettled(
      Array.from({ length: 12 }, (_, n) => counts.count(group[n % 2]!, criteria({ age: { max: 60 + n } }))),
    );
    expect(asked.filter(({ status }) => status === 'fulfilled')).toHaveLength(4);
    await expect(counts.funnel(group[0], criteria({ sex: ['male'] }))).rejects.toMatchObject({
      code: 'COUNT_LIMIT_REACHED',
    });
  });
});

describe('the same set', () => {
  it('is one, in whatever words two groups ask for it', async () => {
    const [one, other] = [await member(), await member()];
    const answers = [
      await counts.count(one, criteria({ condition: { codes: ['twenty'] } })),
      await counts.count(other, criteria({ condition: { codes: ['twenty too'] } })),
    ];
    expect(answers).toEqual([
      { approximate: 20, suppressed: false },
      { approximate: 20, suppressed: false },
    ]);
    const digests = await test.ownerQuery<{ set_digest: Buffer }>(
      'select distinct set_digest from cohort.told_set where party_id = any ($1::uuid[])',
      [[one.partyId, other.partyId]],
    );
    expect(digests).toHaveLength(1);
  });

  it('is named by a digest under a key: whoever has the members cannot make it', async () => {
    const rows = await test.ownerQuery('select from cohort.found_set where digest = sha256(members)');
    expect(rows).toEqual([]);
    expect((await test.ownerQuery('select from cohort.found_set')).length).toBeGreaterThan(3);
  });
});

describe('a funnel', () => {
  it('is the count of each step in one answer, and charged as such', async () => {
    const [one, other] = [await member(), await member()];
    const rules = [{ condition: { codes: ['forty'] } }, { condition: { codes: ['forty too'] } }, { sex: ['male'] }];
    const asked = criteria(...rules);
    const steps = await counts.funnel(one, asked);
    expect(steps.map(({ approximate }) => approximate)).toEqual([60, 40, null, 20]);
    expect(steps[2]).toEqual({ ...SUPPRESSED, reason: 'TOO_CLOSE', closeTo: 40 });
    const alone = [];
    for (let of = 0; of <= 3; of += 1) alone.push(await counts.count(other, { ...asked, all: asked.all.slice(0, of) }));
    expect(alone).toEqual(steps);
    expect(await counts.funnel(one, asked)).toEqual(steps);
    // In the order in which it is written: thirty men first, of whom ten leave with the next rule.
    const turned = await counts.funnel(await member(), { ...asked, all: [...asked.all].reverse() });
    expect(turned.map(({ approximate }) => approximate)).toEqual([60, 30, null, null]);
    const [sum] = await test.ownerQuery<{ n: number }>(
      'select sum(numbers)::integer as n from cohort.query where party_id = $1',
      [one.partyId],
    );
    expect(sum!.n).toBe(8);
  });
});

describe('tables', () => {
  it('say the same again, and nothing of a total that is not shown', async () => {
    const [one, other] = [await member(), await member()];
    const asked = criteria({ condition: { codes: ['forty'] } }, { sex: ['female', 'male'] });
    const profile = await counts.profile(one, asked);
    expect(profile.total.approximate).toBe(40);
    const sex = profile.tables.find(({ table }) => table === 'SEX')!;
    expect(sex.cells.map(({ count }) => count.approximate)).toEqual([20, 20]);
    expect(await counts.profile(one, asked)).toEqual(profile);
    expect(await counts.profile(other, asked)).toEqual(profile);
    const small = await counts.profile(one, criteria({ condition: { codes: ['own-1'] } }));
    const cells = small.tables.flatMap((table) => table.cells.map(({ count }) => count));
    expect([small.total, ...cells]).toEqual(Array.from({ length: cells.length + 1 }, () => SUPPRESSED));
  });
});

describe('a lock-out', () => {
  const locks = () => {
    const { audit, ledger } = createAudit(test);
    return new CountLocks(audit, ledger);
  };
  const release = (who: Member, input: { lockId: string; reason: string }) =>
    test.database.transaction('api', (tx) => locks().release(tx, who as never, input));
  let asker: Member;
  let affiliate: Member;
  let lockId: string;

  beforeAll(async () => {
    [asker, affiliate] = [await member(), await member()];
    await declare(asker, affiliate);
    await counts.count(asker, everybody);
  });

  it('comes with one close question more than the limit: repeated ones do not count', async () => {
    for (let n = 1; n <= CLOSE_CALLS_MAX; n += 1) {
      const who = n % 2 === 0 ? asker : affiliate;
      for (let again = 0; again < 2; again += 1) expect(await counts.count(who, without(n))).toEqual(CLOSE);
    }
    expect(await counts.count(asker, without(CLOSE_CALLS_MAX + 1))).toEqual(CLOSE);
    for (const who of [asker, affiliate]) {
      for (const ask of [() => counts.count(who, everybody), () => counts.profile(who, everybody)]) {
        await expect(ask()).rejects.toMatchObject({ code: 'COUNT_LOCKED' });
      }
    }
    const events = await test.ownerQuery(`select from audit.access_event where act = 'counts.locked-out'`);
    expect(events).toHaveLength(1);
  }, 60_000);

  it('is seen by officers, and by nobody else but the party', async () => {
    const open = await test.database.transaction('api', (tx) => locks().open(tx, officer as never));
    expect(open).toMatchObject([{ partyId: asker.partyId }]);
    lockId = open[0]!.id;
    expect(await as(await member(), 'select from cohort.count_lock')).toEqual([]);
  });

  it.each([
    ['of an unknown lock', () => release(officer, { lockId: officer.partyId, reason: REASON })],
    ['without a reason', () => release(officer, { lockId, reason: '   because     ' })],
  ])('is not released %s', async (_, run) => {
    await expect(run()).rejects.toMatchObject({ code: 'COUNT_RELEASE_REFUSED' });
  });

  it('is not released by a research center, whatever the program asks for', async () => {
    const insert = 'insert into cohort.count_release (lock_id, released_by, reason) values ($1, $2, $3)';
    await expect(as(asker, insert, [lockId, asker.partyId, REASON])).rejects.toThrow('officer');
    await expect(as(asker, insert, [lockId, officer.partyId, REASON])).rejects.toThrow('row-level security');
    await expect(test.ownerQuery(insert, [lockId, asker.partyId, REASON])).rejects.toThrow('officer');
  });

  it('is released once, by an officer, with a trace; what was shown counts on', async () => {
    await release(officer, { lockId, reason: REASON });
    await expect(release(officer, { lockId, reason: REASON })).rejects.toMatchObject({ code: 'COUNT_RELEASE_REFUSED' });
    const events = await test.ownerQuery<{ actor_id: string; object_id: string }>(
      `select actor_id, object_id from audit.access_event where act = 'counts.released'`,
    );
    expect(events).toEqual([{ actor_id: officer.partyId, object_id: asker.partyId }]);
    expect((await counts.count(affiliate, everybody)).approximate).toBe(60);
    expect(await counts.count(affiliate, without(30))).toEqual(CLOSE);
    await expect(test.ownerQuery('delete from cohort.count_release')).rejects.toThrow('append-only');
  });
});

describe('the database', () => {
  it.each([
    ['read the members of sets', 'select members from cohort.found_set'],
    ['read what others were shown', 'select from cohort.told_set'],
    ['take back what was shown', 'delete from cohort.told_set'],
    ['change what was shown', 'update cohort.told_set set approximate = 10'],
    ['take back a close call', 'delete from cohort.close_call'],
    ['lock anybody out', 'insert into cohort.count_lock (party_id) select id from identity.party'],
    ['take back a lock', 'delete from cohort.count_lock'],
    ['forget sets', 'select cohort.forget_sets()'],
  ])('does not let the api %s', async (_, sql) => {
    await expect(as(await member(), sql)).rejects.toMatchObject({ code: '42501' });
  });

  it('gives the members of a set to those who may compare with it', async () => {
    const [asker, stranger] = [await member(), await member()];
    await counts.count(asker, criteria({ sex: ['female'] }));
    await test.ownerQuery('delete from cohort.answer');
    const [{ digest }] = (await test.ownerQuery<{ digest: Buffer }>(
      'select set_digest as digest from cohort.told_set where party_id = $1',
      [asker.partyId],
    )) as [{ digest: Buffer }];
    const read = (who: Member) => as(who, 'select from cohort.set_members(array[$1::bytea])', [digest]);
    expect([(await read(asker)).length, (await read(stranger)).length]).toEqual([1, 0]);
  });

  it('has the limits that the program names', async () => {
    const sources = await test.ownerQuery<{ text: string }>(
      `select string_agg(prosrc, '') as text from pg_proc p join pg_namespace n on n.oid = p.pronamespace
        where n.nspname = 'cohort' and proname in ('admit_question', 'lock_out', 'group_sets')`,
    );
    for (const limit of [
      `new.numbers > ${COUNTS_A_DAY_MAX}`,
      `new.numbers > ${SETS_KEPT_MAX}`,
      `interval '${SETS_KEPT_DAYS} days'`,
      `) > ${CLOSE_CALLS_MAX} then`,
    ]) {
      expect(sources[0]!.text).toContain(limit);
    }
  });

  it('forgets sets after their days, and then they do not count', async () => {
    const asker = await member();
    await counts.count(asker, everybody);
    expect(await counts.count(asker, without(1))).toEqual(CLOSE);
    const timer = new ForgetTimer(test.database, test.logger);
    await timer.runOnce();
    expect(await counts.count(asker, without(1))).toEqual(CLOSE);
    for (const [table, column] of [
      ['told_set', 'told_at'],
      ['answer', 'answered_at'],
      ['found_set', 'found_at'],
    ] as const) {
      await test.ownerQuery(`update cohort.${table} set ${column} = ${column} - interval '31 days'`);
    }
    expect(await timer.runOnce()).toBeGreaterThan(3);
    expect(await test.ownerQuery('select from cohort.found_set')).toEqual([]);
    expect((await counts.count(asker, without(1))).approximate).toBe(60);
  });

  it('gives the number of a person to nobody else, and keeps it while facts change', async () => {
    const numbers = () =>
      test.ownerQuery<{ number: number }>('select number from register.person_index where person_id = $1', [
        indexPersonId(PERSONS + 1),
      ]);
    await insertIndexPerson(test.ownerQuery, { n: PERSONS + 1 });
    const [before] = await numbers();
    await test.ownerQuery('select register.forget_facts($1)', [indexPersonId(PERSONS + 1)]);
    expect(await numbers()).toEqual([]);
    await insertIndexPerson(test.ownerQuery, { n: PERSONS + 2 });
    const others = await test.ownerQuery('select from register.person_index where number = $1', [before!.number]);
    expect(others).toEqual([]);
  });
});
