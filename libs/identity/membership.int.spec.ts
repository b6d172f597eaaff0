import { MEMBERSHIP } from './domain';
import { openIdentityKit, type IdentityKit, type Member } from './testing';

describe('memberships', () => {
  let kit: IdentityKit;
  let clinic: Member;
  let physician: Member;
  beforeAll(async () => {
    kit = await openIdentityKit();
    clinic = await kit.member('provider');
    physician = await kit.member('physician');
  });
  afterAll(() => kit.test.close());

  const providers = () =>
    kit.test.database.transaction('api', (tx) => kit.memberships.providersOf(tx, physician.actor.partyId));
  const refusal = (code: string) => expect.objectContaining({ code });

  it('begin and end by a statement of the provider, each told once in log and ledger', async () => {
    const other = await kit.member('provider');
    expect(await providers()).toEqual([]);
    await kit.attestMembership(clinic, physician, true);
    await kit.attestMembership(clinic, physician, true);
    await kit.attestMembership(other, physician, true);
    expect(await providers()).toEqual([clinic.actor.partyId, other.actor.partyId].sort());
    await kit.attestMembership(clinic, physician, false);
    expect(await providers()).toEqual([other.actor.partyId]);
    await kit.attestMembership(clinic, physician, true);
    expect(await providers()).toHaveLength(2);
    const told = await kit.test.ownerQuery<{ act: string }>(
      `select act from audit.access_event where act like 'membership.%' and actor_id = $1 order by seq`,
      [clinic.actor.partyId],
    );
    expect(told.map(({ act }) => act)).toEqual(['membership.began', 'membership.ended', 'membership.began']);
  });

  it('come back by no old statement', async () => {
    const own = await kit.member('physician');
    const text = clinic.client.sign(MEMBERSHIP, { physician: own.actor.partyId, member: true });
    const attest = () => kit.test.database.transaction('api', (tx) => kit.memberships.attest(tx, clinic.actor, text));
    await attest();
    await kit.attestMembership(clinic, own, false);
    await attest();
    const standing = await kit.test.ownerQuery(
      'select from identity.membership where physician_id = $1 and ended_at is null',
      [own.actor.partyId],
    );
    expect(standing).toEqual([]);
  });

  it('are of physicians, by active providers, and change in nothing but their end', async () => {
    const patient = await kit.member('patient');
    await expect(kit.attestMembership(clinic, patient, true)).rejects.toEqual(refusal('PHYSICIAN_UNKNOWN'));
    await expect(kit.attestMembership(physician, physician, true)).rejects.toEqual(refusal('ROLE_NOT_ALLOWED'));
    const stranger = await kit.member('provider');
    await expect(kit.attestMembership(stranger, physician, false)).rejects.toEqual(refusal('MEMBERSHIP_UNKNOWN'));
    const { ownerQuery } = kit.test;
    await expect(ownerQuery('update identity.membership set began_at = now()')).rejects.toThrow(/ends once/);
    const before = (await providers()).length;
    await kit.freeze(clinic, await kit.member('officer'));
    expect(await providers()).toHaveLength(before - 1);
  });

  it('are for physicians, who register by invitation', async () => {
    await expect(kit.register(kit.client(), 'physician')).rejects.toEqual(refusal('INVITATION_REQUIRED'));
  });
});
