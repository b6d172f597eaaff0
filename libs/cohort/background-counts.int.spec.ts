import { once } from 'node:events';
import { randomUUID } from 'node:crypto';
import { asId } from '@aceso/kernel';
import { createAudit } from '@aceso/audit/testing';
import type { Tx } from '@aceso/platform';
import { startTestDatabase, type TestDatabase } from '@aceso/platform/testing';
import { BackgroundCounter } from './background-counter';
import { BackgroundCounts, type CountOrder } from './background-counts';
import { CohortCounts } from './cohort-counts';
import { CohortIndex, type Question } from './cohort-index';
import { CohortService } from './cohort.service';
import {
  BACKGROUND_COUNT_DAYS,
  BACKGROUND_COUNTS_A_DAY_MAX,
  BACKGROUND_COUNTS_MAX,
  takeCount,
  type BackgroundCount,
} from './data/background-count-rows';
import type { FoundPersons } from './data/found-persons';
import { readFoundSlots } from './data/found-slots';
import { COUNTS_A_DAY_MAX } from './data/questions';
import { DisclosureDesk, type Asker } from './disclosure-desk';
import { checkCriteria, type Criteria } from './domain';
import { ForgetTimer } from './jobs/forget-timer';
import { SavedCohorts } from './saved-cohorts';
import { insertIndexPerson, openCounts } from './testing';

const criteria = (...all: unknown[]): Criteria => checkCriteria({ version: 1, all });
const male = criteria({ sex: ['male'] });
let test: TestDatabase;
let counts: BackgroundCounts;
let saved: SavedCohorts;

const member = async (role = 'researcher'): Promise<Asker> => {
  const partyId = asId<'Party'>(randomUUID());
  await test.ownerQuery(
    `insert into identity.party (id, did, role, registered_at) values ($1::text::uuid, 'did:key:z6Mk' || translate($1::text, '-0', 'xx'), $2, now())`,
    [partyId, role],
  );
  return { partyId };
};
const api = <T>(use: (tx: Tx) => Promise<T>): Promise<T> => test.database.transaction('api', use);
const start = (who: Asker, order: CountOrder) => api((tx) => counts.start(tx, who, order));
const read = (who: Asker, { id }: BackgroundCount) => api((tx) => counts.read(tx, who, id));
const cancel = (who: Asker, { id }: BackgroundCount) => api((tx) => counts.cancel(tx, who, id));
/** A process of the api that counts; one that is `held` reads nobody until somebody ends its question. */
const process = (held = false): BackgroundCounter => {
  const { database, custody, runtime, config } = test;
  const read: FoundPersons['read'] = async (tx, question) => {
    const { signal } = question as Question;
    if (held && !signal!.aborted) await once(signal!, 'abort');
    return readFoundSlots(tx, question);
  };
  const index = new CohortIndex(database, { foundPersons: { read } });
  const desk = new DisclosureDesk(database, custody, createAudit(test).audit);
  return new BackgroundCounter(database, new CohortCounts(runtime, config, index, desk), test.logger, runtime);
};
const charged = async ({ partyId }: Asker) =>
  (await test.ownerQuery<{ n: number }>('select numbers as n from cohort.query where party_id = $1', [partyId])).map(
    ({ n }) => n,
  );
const running = async (who: Asker, count: BackgroundCount): Promise<void> => {
  while ((await charged(who)).length === 0) {
    expect((await read(who, count)).state).not.toBe('failed');
    await test.ownerQuery('select pg_sleep(0.02)');
  }
};

beforeAll(async () => {
  test = await startTestDatabase({ environment: { ACESO_NOW: '2019-05-31' } });
  saved = new SavedCohorts(new CohortService(test.database, test.runtime, test.config), test.runtime);
  counts = new BackgroundCounts(saved, test.runtime);
  for (let n = 1; n <= 60; n += 1) {
    await insertIndexPerson(test.ownerQuery, { n, sex: n <= 40 ? 'male' : 'female', zip3: n <= 20 ? '021' : '100' });
  }
}, 60_000);
afterAll(() => test.close());

describe('a count in the background', () => {
  it('waits, is counted as if it was asked for then, and tells blocks of the index while it goes on', async () => {
    const [me, other] = [await member(), await member()];
    const inOrder = { ...male, all: [{ sex: ['male' as const] }, { region: ['021'] }] };
    const funnel = await start(me, { kind: 'funnel', criteria: inOrder });
    expect(funnel).toMatchObject({ state: 'queued', blocksDone: 0, blocksTotal: null, answers: null, startedAt: null });
    expect((await start(me, { kind: 'funnel', criteria: inOrder })).id).toBe(funnel.id);
    const cohort = await api((tx) => saved.save(tx, me, { name: 'Men', criteria: male }));
    const count = await start(me, { kind: 'count', cohort });
    expect(await charged(me)).toEqual([]);
    process().look();
    while ((await read(me, count)).state !== 'done') await read(me, funnel);
    const steps = await read(me, funnel);
    expect(steps).toMatchObject({ state: 'done', criteria: inOrder, blocksDone: 1, blocksTotal: 1, reason: null });
    expect(steps.answers).toEqual(await openCounts(test).funnel(other, inOrder));
    expect((await read(me, count)).answers).toEqual([{ approximate: 40, suppressed: false }]);
    expect(await charged(me)).toEqual([3, 1]);
    expect((await start(me, { kind: 'count', cohort })).id).not.toBe(count.id);
    await expect(read(other, count)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(cancel(other, count)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    for (const order of [{}, { criteria: male, cohort }]) {
      await expect(start(me, { kind: 'count', ...order })).rejects.toMatchObject({ code: 'CRITERIA_INVALID' });
    }
    await expect(start(other, { kind: 'count', cohort })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await process().runOnce();
  });

  it('of a center that was stopped meanwhile fails, and so does one whose criteria are read no more', async () => {
    const [stopped, old] = [await member(), await member()];
    const [one, other] = [
      await start(stopped, { kind: 'count', criteria: male }),
      await start(old, { kind: 'count', criteria: male }),
    ];
    await test.ownerQuery('alter table identity.licence_step disable trigger user');
    await test.ownerQuery(
      `insert into identity.licence_step (party_id, number, state, at, doer, reason)
       select $1, coalesce(max(number), 0) + 1, 'suspended', clock_timestamp(), 'operator', 'inquiry'
         from identity.licence_step where party_id = $1`,
      [stopped.partyId],
    );
    await test.ownerQuery('alter table identity.licence_step enable trigger user');
    await test.ownerQuery('alter table cohort.background_count disable trigger user');
    const [{ criteria }] = (await test.ownerQuery('select criteria from cohort.background_count where id = $1', [
      other.id,
    ])) as [{ criteria: unknown }];
    const store = (value: unknown) =>
      test.ownerQuery('update cohort.background_count set criteria = $2 where id = $1', [
        other.id,
        JSON.stringify(value),
      ]);
    await store({ version: 0 });
    await test.ownerQuery('alter table cohort.background_count enable trigger user');
    while (await process().runOnce());
    await test.ownerQuery('alter table cohort.background_count disable trigger user');
    await store(criteria);
    await test.ownerQuery('alter table cohort.background_count enable trigger user');
    expect(await read(stopped, one)).toMatchObject({ state: 'failed', reason: 'COUNT_STOPPED', answers: null });
    expect(await read(old, other)).toMatchObject({ state: 'failed', reason: 'CRITERIA_INVALID' });
    expect(await charged(stopped)).toEqual([]);
  });

  it('is cancelled before it begins, at no cost, and while another process counts', async () => {
    const me = await member();
    const waiting = await start(me, { kind: 'count', criteria: male });
    expect((await cancel(me, waiting)).state).toBe('cancelled');
    expect(await process().runOnce()).toBe(false);
    expect(await charged(me)).toEqual([]);
    const begun = await start(me, { kind: 'count', criteria: male });
    const work = process(true).runOnce();
    await running(me, begun);
    expect(await cancel(me, begun)).toMatchObject({ state: 'cancelled', answers: null });
    await work;
    expect(await cancel(me, begun)).toMatchObject({ state: 'cancelled', answers: null, reason: null });
    // It was interrupted: nothing was judged, and so nothing was told.
    expect(await test.ownerQuery('select from cohort.told_set where party_id = $1', [me.partyId])).toEqual([]);
  });

  it('ends as interrupted with its process, also with one that says nothing any more', async () => {
    const me = await member();
    const orderly = await start(me, { kind: 'count', criteria: male });
    const ending = process(true);
    ending.look();
    await running(me, orderly);
    await ending.beforeApplicationShutdown();
    expect(await read(me, orderly)).toMatchObject({ state: 'failed', reason: 'COUNT_INTERRUPTED' });
    const lost = await start(me, { kind: 'count', criteria: male });
    await api((tx) => takeCount(tx, randomUUID()));
    expect(await process().runOnce()).toBe(false);
    expect(await read(me, lost)).toMatchObject({ state: 'running' });
    await test.ownerQuery(`update cohort.background_count set seen_at = now() - interval '31 seconds' where id = $1`, [
      lost.id,
    ]);
    expect(await process().runOnce()).toBe(false);
    expect(await read(me, lost)).toMatchObject({ state: 'failed', reason: 'COUNT_INTERRUPTED' });
    await expect(
      test.ownerQuery(`update cohort.background_count set state = 'running' where id = $1`, [lost.id]),
    ).rejects.toThrow('cannot become running');
  });

  it('says why it has no answer', async () => {
    const me = await member();
    for (let left = COUNTS_A_DAY_MAX; left > 0; left -= 100) {
      await test.ownerQuery(
        `insert into cohort.query (party_id, criteria_hash, numbers) values ($1, sha256('x'), 100)`,
        [me.partyId],
      );
    }
    const count = await start(me, { kind: 'count', criteria: male });
    await process().runOnce();
    expect(await read(me, count)).toMatchObject({ state: 'failed', reason: 'COUNT_LIMIT_REACHED', answers: null });
  });

  it('is one of few of its group, in turns with other parties, and forgotten in time', async () => {
    const [me, sister, stranger, officer] = [await member(), await member(), await member(), await member('officer')];
    await test.ownerQuery(
      `insert into identity.affiliation (first_party_id, second_party_id, declared_by)
       values (least($1::uuid, $2::uuid), greatest($1::uuid, $2::uuid), $3)`,
      [me.partyId, sister.partyId, officer.partyId],
    );
    const older = (min: number): CountOrder => ({ kind: 'count', criteria: criteria({ age: { min } }) });
    const mine = [];
    for (let n = 1; n < BACKGROUND_COUNTS_MAX; n += 1) mine.push(await start(me, older(n)));
    const hers = await start(sister, older(1));
    await expect(start(me, older(9))).rejects.toMatchObject({ code: 'BACKGROUND_COUNTS_FULL' });
    expect((await start(me, older(1))).id).toBe(mine[0]!.id);
    const theirs = await start(stranger, older(1));
    const taken = [];
    for (let n = 0; n < 4; n += 1) taken.push((await api((tx) => takeCount(tx, randomUUID())))!.id);
    expect(taken).toEqual([mine[0]!.id, hers.id, theirs.id, mine[1]!.id]);
    await test.ownerQuery(
      `insert into cohort.background_count (id, party_id, kind, criteria, question_hash, state, ended_at)
       select gen_random_uuid(), $1, 'count', '{}', sha256('x'), 'cancelled', now() - make_interval(days => $3)
         from generate_series(1, $2::integer)`,
      [stranger.partyId, BACKGROUND_COUNTS_A_DAY_MAX - 1, BACKGROUND_COUNT_DAYS],
    );
    await expect(start(stranger, older(2))).rejects.toMatchObject({ code: 'BACKGROUND_COUNTS_FULL' });
    await new ForgetTimer(test.database, test.logger).runOnce();
    expect(await api((tx) => counts.list(tx, stranger, { after: null, limit: 9 }))).toMatchObject([{ id: theirs.id }]);
  });
});
