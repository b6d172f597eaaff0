import type { PartyId } from '@aceso/kernel';
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

  it('are of two centers or providers, by an officer, and stay', async () => {
    const [center] = parties as [Member];
    const patient = await kit.member('patient');
    for (const other of [patient, officer, center])
      await expect(declare(center, other)).rejects.toMatchObject({ code: 'AFFILIATION_REFUSED' });
    const provider = await kit.member('provider');
    await expect(declare(center, provider, provider)).rejects.toMatchObject({ constraint: 'affiliation_parties' });
    await expect(kit.test.ownerQuery('delete from identity.affiliation')).rejects.toThrow(/append/);
  });
});
