import type { PartyId } from '@aceso/kernel';
import type { Affiliation } from './affiliation.service';
import { openIdentityKit, type IdentityKit, type Member } from './testing';

describe('affiliations', () => {
  let kit: IdentityKit;
  let affiliations: IdentityKit['affiliations'];
  let officer: Member;
  let parties: Member[];
  beforeAll(async () => {
    kit = await openIdentityKit();
    ({ affiliations } = kit);
    officer = await kit.member('officer');
    parties = [await kit.member('researcher'), await kit.member('provider'), await kit.member('researcher')];
  });
  afterAll(() => kit.test.close());

  const declare = (one: Member, other: Member, by = officer): Promise<void> =>
    kit.test.database.transaction('api', (tx) =>
      affiliations.declare(tx, by.actor, [one.actor.partyId, other.actor.partyId]),
    );
  const end = (one: Member, other: Member, by = officer): Promise<void> =>
    kit.test.database.transaction('api', (tx) =>
      affiliations.end(tx, by.actor, [one.actor.partyId, other.actor.partyId]),
    );
  const entries = async (): Promise<number> =>
    (await kit.test.ownerQuery<{ all: number }>('select count(*)::int as all from ledger.pending'))[0]!.all;
  const seenBy = (one: Member): Promise<readonly Affiliation[]> =>
    kit.test.database.transaction('api', (tx) => affiliations.list(tx, one.actor, { after: null, limit: 10 }));
  const affiliatesOf = (one: Member): Promise<ReadonlySet<PartyId>> =>
    kit.test.database.transaction('worker', (tx) => affiliations.affiliatesOf(tx, one.actor.partyId));

  it('reach over every step, and are told once in log and ledger', async () => {
    const [center, clinic, daughter] = parties as [Member, Member, Member];
    expect([...(await affiliatesOf(center))]).toEqual([center.actor.partyId]);
    await declare(clinic, center);
    await declare(center, clinic);
    await declare(daughter, clinic);
    const all = parties.map(({ actor }) => actor.partyId).sort();
    for (const party of parties) expect([...(await affiliatesOf(party))].sort()).toEqual(all);
    const told = await kit.test.ownerQuery(
      `select actor_id from audit.access_event where act = 'party.affiliated' and actor_id = $1`,
      [officer.actor.partyId],
    );
    expect(told).toHaveLength(2);
  });

  it('are of two centers or providers, by an officer, and their rows stay', async () => {
    const [center] = parties as [Member];
    const patient = await kit.member('patient');
    for (const other of [patient, officer, center])
      await expect(declare(center, other)).rejects.toMatchObject({ code: 'AFFILIATION_REFUSED' });
    const provider = await kit.member('provider');
    await expect(declare(center, provider, provider)).rejects.toMatchObject({ constraint: 'affiliation_parties' });
    await expect(kit.test.ownerQuery('delete from identity.affiliation')).rejects.toThrow(/append/);
  });

  it('are seen by those they are of, and by officers', async () => {
    const [center, clinic] = [await kit.member('researcher'), await kit.member('provider')];
    await declare(center, clinic);
    const [first] = await seenBy(officer);
    for (const one of [center, clinic]) expect(await seenBy(one)).toEqual([first]);
    expect(first).toMatchObject({ partyIds: [center.actor.partyId, clinic.actor.partyId].sort(), endedAt: null });
    expect((await seenBy(officer)).length).toBeGreaterThan(1);
    expect(await seenBy(await kit.member('researcher'))).toEqual([]);
  });

  it('end once, told in log and ledger, and what was before counts as before', async () => {
    const [center, clinic, daughter] = [
      await kit.member('researcher'),
      await kit.member('provider'),
      await kit.member('researcher'),
    ];
    await declare(center, clinic);
    await declare(clinic, daughter);
    await expect(end(center, daughter)).rejects.toMatchObject({ code: 'AFFILIATION_REFUSED' });
    const before = await entries();
    await end(clinic, center);
    await end(center, clinic);
    expect((await entries()) - before).toBe(1);
    const told = await kit.test.ownerQuery(
      `select e.act from audit.access_event e where e.act = 'party.affiliation-ended' and e.detail ->> 'with' in ($1, $2)`,
      [center.actor.partyId, clinic.actor.partyId],
    );
    expect(told).toHaveLength(1);
    expect(await affiliatesOf(center)).toEqual(new Set([center.actor.partyId]));
    const [ended] = await seenBy(center);
    expect(ended?.endedAt).toBeInstanceOf(Date);
    const reached = await kit.test.ownerQuery<{ id: PartyId; stands: boolean }>(
      `select party_id as id, until = 'infinity' as stands from identity.affiliated_until($1)`,
      [center.actor.partyId],
    );
    expect(new Map(reached.map(({ id, stands }) => [id, stands]))).toEqual(
      new Map([
        [center.actor.partyId, true],
        [clinic.actor.partyId, false],
        [daughter.actor.partyId, false],
      ]),
    );
    await declare(center, clinic);
    expect((await affiliatesOf(center)).size).toBe(3);
    expect((await seenBy(center)).map(({ endedAt }) => endedAt === null)).toEqual([true, false]);
  });

  it('are ended by officers only, whose name is their own, and no end is taken back', async () => {
    const [center, clinic] = [await kit.member('researcher'), await kit.member('provider')];
    await declare(center, clinic);
    await expect(end(center, clinic, clinic)).rejects.toMatchObject({ constraint: 'affiliation_parties' });
    await end(center, clinic);
    await expect(kit.test.ownerQuery('delete from identity.affiliation_end')).rejects.toThrow(/append/);
    const inAnothersName = kit.test.database.transaction('api', async (tx) => {
      await tx.actAs(clinic.actor.partyId);
      await tx.execute(
        'insert into identity.affiliation (first_party_id, second_party_id, declared_by) values (least($1::uuid, $2::uuid), greatest($1::uuid, $2::uuid), $3)',
        [center.actor.partyId, clinic.actor.partyId, officer.actor.partyId],
      );
    });
    await expect(inAnothersName).rejects.toMatchObject({ code: '42501' });
  });

  it('two officers who declare the same at once declare it once', async () => {
    const [center, clinic] = [await kit.member('researcher'), await kit.member('provider')];
    await Promise.all(Array.from({ length: 4 }, () => declare(center, clinic)));
    expect(await seenBy(center)).toHaveLength(1);
  });
});
