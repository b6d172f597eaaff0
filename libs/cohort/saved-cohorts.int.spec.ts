import { randomUUID } from 'node:crypto';
import { asId, type CohortId } from '@aceso/kernel';
import type { Tx } from '@aceso/platform';
import { startTestDatabase, type TestDatabase } from '@aceso/platform/testing';
import { createAudit } from '@aceso/audit/testing';
import { CohortComparison } from './cohort-comparison';
import { CohortIndex } from './cohort-index';
import { CohortService } from './cohort.service';
import { COHORT_VERSIONS_MAX, COHORTS_EVER_MAX, COHORTS_MAX, type SavedCohort } from './data/saved-cohort-rows';
import { DisclosureDesk } from './disclosure-desk';
import { checkCriteria, type Criteria } from './domain';
import { turned } from './domain/comparing';
import { SavedCohorts, type CohortReader } from './saved-cohorts';
import { insertIndexPerson, openCounts } from './testing';

const PERSONS = 120;
const criteria = (...all: unknown[]): Criteria => checkCriteria({ version: 1, all });
const has = (...codes: string[]): Criteria => criteria(...codes.map((code) => ({ condition: { codes: [code] } })));
const NOT_FOUND = { code: 'NOT_FOUND' };
let test: TestDatabase;
let cohorts: CohortService;
let saved: SavedCohorts;
let comparison: CohortComparison;
let officer: CohortReader;

const member = async (role = 'researcher'): Promise<CohortReader> => {
  const partyId = asId<'Party'>(randomUUID());
  await test.ownerQuery(
    `insert into identity.party (id, did, role, registered_at) values ($1::text::uuid, 'did:key:z6Mk' || translate($1::text, '-0', 'xx'), $2, now())`,
    [partyId, role],
  );
  return { partyId };
};
const declare = (one: CohortReader, other: CohortReader) =>
  test.ownerQuery(
    `insert into identity.affiliation (first_party_id, second_party_id, declared_by)
     values (least($1::uuid, $2::uuid), greatest($1::uuid, $2::uuid), $3)`,
    [one.partyId, other.partyId, officer.partyId],
  );
const endAll = (one: CohortReader) =>
  test.ownerQuery(
    `insert into identity.affiliation_end (affiliation_id, ended_by)
     select id, $2 from identity.affiliation where $1 in (first_party_id, second_party_id)`,
    [one.partyId, officer.partyId],
  );
const api = <T>(use: (tx: Tx) => Promise<T>): Promise<T> => test.database.transaction('api', use);
const as = <T>(who: CohortReader, sql: string, params: readonly unknown[] = []): Promise<T[]> =>
  api(async (tx) => {
    await tx.actAs(who.partyId);
    return tx.query<T>(sql, params);
  });
const save = (who: CohortReader, name: string, asked: Criteria, cohortId?: CohortId): Promise<SavedCohort> =>
  api((tx) => saved.save(tx, who, { cohortId, name, criteria: asked }));
const read = (who: CohortReader, { cohortId }: SavedCohort, version?: number) =>
  api((tx) => saved.read(tx, who, { cohortId, version }));
const share = (who: CohortReader, { cohortId }: SavedCohort, shared = true) =>
  api((tx) => saved.share(tx, who, { cohortId, shared }));
const archive = (who: CohortReader, { cohortId }: SavedCohort, archived = true) =>
  api((tx) => saved.archive(tx, who, { cohortId, archived }));
const fork = (who: CohortReader, of: SavedCohort, name: string) => api((tx) => saved.fork(tx, who, { of, name }));
const namesOn = async (who: CohortReader, shelf: 'own' | 'archived' | 'shared') =>
  (await api((tx) => saved.list(tx, who, { shelf, after: null, limit: 100 }))).map(({ name }) => name);

beforeAll(async () => {
  test = await startTestDatabase({ environment: { ACESO_NOW: '2019-05-31' } });
  const { database, runtime, config, custody } = test;
  cohorts = new CohortService(database, runtime, config);
  saved = new SavedCohorts(cohorts, runtime);
  const desk = new DisclosureDesk(database, custody, createAudit(test).audit);
  comparison = new CohortComparison(database, saved, new CohortIndex(database), desk, runtime, config);
  officer = await member('officer');
  const ranges: [string, number, number][] = [
    ['left', 1, 50],
    ['right', 31, 90],
    ['inner', 1, 35],
    ['left but one', 2, 50],
  ];
  for (let n = 1; n <= PERSONS; n += 1) {
    const facts = ranges
      .filter(([, from, to]) => from <= n && n <= to)
      .map(([code]) => ({ kind: 'condition' as const, code }));
    await insertIndexPerson(test.ownerQuery, { n, facts });
  }
}, 60_000);
afterAll(() => test.close());

describe('a saved cohort', () => {
  it('has versions that say different things, a name and an end', async () => {
    const me = await member();
    const first = await save(me, ' Left ', has('left'));
    expect(first).toMatchObject({ name: 'Left', version: 1, ownerId: me.partyId, shared: false, forkedFrom: null });
    expect((await save(me, 'Left', has('left'), first.cohortId)).version).toBe(1);
    const second = await save(me, 'Left or right', has('right'), first.cohortId);
    expect(second).toMatchObject({
      cohortId: first.cohortId,
      name: 'Left or right',
      version: 2,
      criteria: has('right'),
    });
    expect(second.versions.map(({ version }) => version)).toEqual([2, 1]);
    expect(await read(me, first, 1)).toMatchObject({ version: 1, criteria: has('left'), name: 'Left or right' });
    await expect(read(me, first, 3)).rejects.toMatchObject(NOT_FOUND);
    await expect(save(me, 'Left or right', has('left'))).rejects.toMatchObject({ code: 'COHORT_NAME_TAKEN' });
    for (const name of [' ', 'x'.repeat(101), 'a\nb']) {
      await expect(save(me, name, has('left'))).rejects.toMatchObject({ code: 'COHORT_NAME_INVALID' });
    }
    await archive(me, first);
    await archive(me, first);
    for (const act of [save(me, 'Again', has('left'), first.cohortId), share(me, first)]) {
      await expect(act).rejects.toMatchObject({ code: 'COHORT_ARCHIVED' });
    }
    await save(me, 'Left or right', has('left'));
    expect([await namesOn(me, 'own'), await namesOn(me, 'archived')]).toEqual([['Left or right'], ['Left or right']]);
    await expect(archive(me, first, false)).rejects.toMatchObject({ code: 'COHORT_NAME_TAKEN' });
  });

  it('is one of so many, and has so many versions', async () => {
    const fill = (who: CohortReader, count: number) =>
      test.ownerQuery(
        `with added as (
           insert into cohort.saved_cohort (id, owner_id, name)
           select gen_random_uuid(), $1, 'n ' || n from generate_series(1, $2::integer) n returning id
         ) insert into cohort.cohort (id, version, owner_id, criteria, criteria_hash)
           select id, 1, $1, '{}', sha256('x') from added`,
        [who.partyId, count],
      );
    const full = { code: 'COHORT_LIMIT_REACHED' };
    const [me, hoarder] = [await member(), await member()];
    const kept = await save(me, 'Kept', has('left'));
    await fill(me, COHORTS_MAX - 1);
    await expect(save(me, 'One more', has('left'))).rejects.toMatchObject(full);
    await archive(me, kept);
    await save(me, 'One more', has('left'));
    await expect(archive(me, kept, false)).rejects.toMatchObject(full);
    for (let left = COHORTS_EVER_MAX - 1; left > 0; left -= COHORTS_MAX) {
      await fill(hoarder, Math.min(left, COHORTS_MAX));
      await test.ownerQuery('update cohort.saved_cohort set archived_at = now() where owner_id = $1', [
        hoarder.partyId,
      ]);
    }
    const last = await save(hoarder, 'Last', has('left'));
    await expect(fork(hoarder, last, 'One more')).rejects.toMatchObject(full);
    await test.ownerQuery(
      `insert into cohort.cohort (id, version, owner_id, criteria, criteria_hash)
       select $1, n, $2, '{}', sha256('x') from generate_series(2, $3::integer) n`,
      [last.cohortId, hoarder.partyId, COHORT_VERSIONS_MAX],
    );
    await expect(save(hoarder, 'Last', has('right'), last.cohortId)).rejects.toMatchObject(full);
  });

  it('is its owner’s: others of the group read what is shared, as long as they belong together, and fork it', async () => {
    const [owner, sister, stranger, clinic] = [
      await member(),
      await member(),
      await member(),
      await member('provider'),
    ];
    await declare(owner, clinic);
    await declare(sister, clinic);
    const cohort = await save(owner, 'Left', has('left'));
    const everybodyElse = [sister, stranger, clinic];
    for (const who of everybodyElse) await expect(read(who, cohort)).rejects.toMatchObject(NOT_FOUND);
    await share(owner, cohort);
    expect(await read(sister, cohort)).toMatchObject({
      cohortId: cohort.cohortId,
      ownerId: owner.partyId,
      shared: true,
    });
    expect([await namesOn(sister, 'shared'), await namesOn(stranger, 'shared')]).toEqual([['Left'], []]);
    expect(await namesOn(sister, 'own')).toEqual([]);
    for (const who of [stranger, clinic]) {
      await expect(read(who, cohort)).rejects.toMatchObject(NOT_FOUND);
      await expect(fork(who, cohort, 'Mine')).rejects.toMatchObject(NOT_FOUND);
      expect(await as(who, 'select from cohort.cohort where id = $1', [cohort.cohortId])).toEqual([]);
    }
    for (const act of [
      save(sister, 'Ours', has('right'), cohort.cohortId),
      share(sister, cohort, false),
      archive(sister, cohort),
    ]) {
      await expect(act).rejects.toMatchObject(NOT_FOUND);
    }
    const forked = await fork(sister, cohort, 'Mine');
    expect(forked).toMatchObject({ ownerId: sister.partyId, version: 1, criteria: has('left') });
    expect(forked.forkedFrom).toEqual({ cohortId: cohort.cohortId, version: 1 });
    expect(forked.cohortId).not.toBe(cohort.cohortId);
    await endAll(owner);
    await expect(read(sister, cohort)).rejects.toMatchObject(NOT_FOUND);
    expect(await read(sister, forked)).toMatchObject({ name: 'Mine' });
    await endAll(sister);
    await declare(owner, sister);
    await share(owner, cohort, false);
    await expect(read(sister, cohort)).rejects.toMatchObject(NOT_FOUND);
  });

  it('is kept by the database: its owner, its origin, and which cohorts have a name at all', async () => {
    const [owner, thief] = [await member(), await member()];
    const cohort = await save(owner, 'Left', has('left'));
    const insert = (who: CohortReader, id: string, from: readonly [string, number] | readonly [null, null]) =>
      as(
        who,
        `insert into cohort.saved_cohort (id, owner_id, name, forked_from_id, forked_from_version)
         values ($1, $2, 'Taken', $3, $4)`,
        [id, who.partyId, ...from],
      );
    await expect(insert(thief, randomUUID(), [cohort.cohortId, 1])).rejects.toThrow('may read it');
    const version = `insert into cohort.cohort (id, version, owner_id, criteria, criteria_hash) values ($1, 2, $2, '{}', sha256('x'))`;
    await expect(as(thief, version, [cohort.cohortId, thief.partyId])).rejects.toThrow('one owner');
    await expect(insert(owner, randomUUID(), [null, null])).rejects.toThrow('foreign key');
    const unnamed = await api(async (tx) => {
      await tx.actAs(owner.partyId);
      return cohorts.save(tx, { ownerId: owner.partyId, criteria: has('left') });
    });
    await expect(insert(owner, unnamed.cohortId, [null, null])).rejects.toThrow('has no name');
    await expect(save(owner, 'Named', has('left'), unnamed.cohortId)).rejects.toMatchObject(NOT_FOUND);
    await expect(as(thief, version, [unnamed.cohortId, thief.partyId])).rejects.toThrow('one owner');
    const clinic = await member('provider');
    await expect(save(clinic, 'Left', has('left'))).rejects.toThrow('row-level security');
    await archive(owner, cohort);
    await expect(as(owner, version, [cohort.cohortId, owner.partyId])).rejects.toThrow('archived');
  });
});

describe('two saved cohorts', () => {
  const shown = (approximate: number) => ({ approximate, suppressed: false });
  const hidden = { approximate: null, suppressed: true };

  it('are compared through the desk: logged, charged and kept as five numbers, in either order', async () => {
    const me = await member();
    const [left, right] = [await save(me, 'Left', has('left')), await save(me, 'Right', has('right'))];
    const compared = { a: shown(50), b: shown(60), both: shown(20), onlyA: shown(30), onlyB: shown(40) };
    expect(await comparison.numbers(me, [left, right])).toEqual(compared);
    expect(await comparison.numbers(me, [right, left])).toEqual(turned(compared));
    const log = await test.ownerQuery('select criteria_hash, numbers from cohort.query where party_id = $1', [
      me.partyId,
    ]);
    expect(log).toEqual([log[0], log[0]]);
    expect(log[0]).toMatchObject({ numbers: 5 });
    expect(await test.ownerQuery('select from cohort.told_set where party_id = $1', [me.partyId])).toHaveLength(5);
    // What follows from a comparison is asked in vain by criteria, and a total has the number of its count.
    expect(await openCounts(test).count(me, has('left', 'right'))).toEqual(hidden);
    expect(await openCounts(test).count(me, has('right'))).toEqual(shown(60));
    expect(await comparison.words(me, [left, right])).toEqual({
      onlyA: ['Has condition left.'],
      onlyB: ['Has condition right.'],
      both: [],
    });
  });

  it('tell nothing of the few in which they differ', async () => {
    const me = await member();
    const left = await save(me, 'Left', has('left'));
    const inner = await save(me, 'Inner', has('left', 'inner'));
    const parts = { both: hidden, onlyA: hidden, onlyB: hidden };
    expect(await comparison.numbers(me, [left, inner])).toEqual({ a: shown(50), b: shown(35), ...parts });
    const narrower = await save(me, 'One less', has('left but one'));
    const close = { ...hidden, reason: 'TOO_CLOSE', closeTo: 50 };
    expect(await comparison.numbers(me, [left, narrower])).toEqual({ a: shown(50), b: close, ...parts });
    expect(await test.ownerQuery('select from cohort.close_call where party_id = $1', [me.partyId])).toHaveLength(1);
    await expect(comparison.numbers(me, [left, await fork(me, left, 'Fork')])).rejects.toMatchObject({
      code: 'COHORTS_SAY_THE_SAME',
    });
    await expect(comparison.numbers(await member(), [left, inner])).rejects.toMatchObject(NOT_FOUND);
  });

  it('say which of them is not there', async () => {
    const me = await member();
    const left = await save(me, 'Left', has('left'));
    const missing = { ...left, version: 2 };
    const words = 'there is no such cohort, or no such version of it';
    for (const act of [comparison.numbers.bind(comparison), comparison.words.bind(comparison)]) {
      await expect(act(me, [missing, left])).rejects.toMatchObject({ ...NOT_FOUND, message: `a: ${words}` });
      await expect(act(me, [left, missing])).rejects.toMatchObject({ ...NOT_FOUND, message: `b: ${words}` });
    }
  });
});
