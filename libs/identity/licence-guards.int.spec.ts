import type { PartyId } from '@aceso/kernel';
import { ERASURE, FREEZE_HOURS, KEY_REVOCATION, LICENCE_APPEAL, LOGIN, REGISTRATION } from './domain';
import { digestOf, openIdentityKit, type IdentityKit, type Member } from './testing';

/** What a process that was taken over cannot do to licences: everything here is SQL under the role api. */
describe('the database', () => {
  let kit: IdentityKit;
  let first: Member;
  let second: Member;
  let clinic: Member;
  beforeAll(async () => {
    kit = await openIdentityKit();
    first = await kit.member('officer');
    second = await kit.member('officer');
  });
  afterAll(() => kit.test.close());
  beforeEach(async () => {
    clinic = await kit.member('provider');
  });

  const as = (member: Member, sql: string, params: readonly unknown[]): Promise<number> =>
    kit.test.database.transaction('api', async (tx) => {
      await tx.actAs(member.actor.partyId);
      return tx.execute(sql, params);
    });
  /** A step as the row has it; the statement of the freeze stands in the database. */
  const step = (member: Member, row: Readonly<Record<string, unknown>>): Promise<number> => {
    const names = Object.keys(row);
    const places = names.map((_, index) => `$${index + 1}`);
    return as(member, `insert into identity.licence_step (${names.join(', ')}) values (${places.join(', ')})`, [
      ...Object.values(row),
    ]);
  };
  const refusedBy = (constraint: string) => expect.objectContaining({ constraint });
  const frozen = async () => {
    const digest = Buffer.from(await kit.freeze(clinic, first), 'hex');
    const [row] = await kit.test.ownerQuery<{ at: Date }>(
      'select at from identity.licence_step where party_id = $1 and number = 2',
      [clinic.actor.partyId],
    );
    return { digest, at: row!.at };
  };
  const next = (more: object) => ({
    party_id: clinic.actor.partyId,
    number: 3,
    state: 'reinstated',
    at: new Date(),
    until: null,
    doer: 'officers',
    reason: 'cleared',
    ...more,
  });

  it('refuses a step of two officers who are one', async () => {
    const { digest } = await frozen();
    const alone = { proposed_by: first.actor.partyId, proposed_with: digest, confirmed_by: first.actor.partyId };
    const text = first.client.licence({
      party: clinic.actor.partyId,
      step: 'suspended',
      reason: 'key-compromise',
      confirms: digest.toString('hex'),
    });
    const { at } = await store(first, text);
    const row = next({ ...alone, state: 'suspended', reason: 'key-compromise', at, confirmed_with: bytes(text) });
    await expect(step(first, row)).rejects.toEqual(refusedBy('licence_two_officers'));
  });

  it('refuses a step whose statements are not there, are of others or say something else', async () => {
    const { digest } = await frozen();
    const two = { proposed_by: first.actor.partyId, proposed_with: digest, confirmed_by: second.actor.partyId };
    const login = second.client.login();
    const { at } = await store(second, login);
    for (const more of [{ confirmed_with: bytes(login), at }, { confirmed_with: digest }]) {
      await expect(step(second, next({ ...two, ...more }))).rejects.toEqual(refusedBy('licence_statement'));
    }
    const confirming = second.client.licence({
      party: clinic.actor.partyId,
      step: 'suspended',
      reason: 'key-compromise',
      confirms: digest.toString('hex'),
    });
    const said = await store(second, confirming);
    const lifted = next({ ...two, confirmed_with: bytes(confirming), at: said.at });
    await expect(step(second, lifted)).rejects.toEqual(refusedBy('licence_statement'));
    const inAnothersName = { ...two, proposed_by: second.actor.partyId, confirmed_by: first.actor.partyId };
    await expect(
      step(second, next({ ...inAnothersName, confirmed_with: bytes(confirming), at: said.at })),
    ).rejects.toBeDefined();
  });

  it('refuses a freeze of one officer that lasts longer, begins later or is in a name that is not his', async () => {
    const text = first.client.licence({ party: clinic.actor.partyId, step: 'suspended', reason: 'misuse' });
    const { at } = await store(first, text);
    const alone = (more: object) =>
      next({
        ...{ number: 2, state: 'suspended', doer: 'officer', reason: 'misuse', at, until: hours(at, 72) },
        ...{ proposed_by: first.actor.partyId, proposed_with: bytes(text) },
        ...more,
      });
    await expect(step(first, alone({ until: hours(at, 73) }))).rejects.toEqual(refusedBy('licence_until'));
    await expect(step(first, alone({ until: null }))).rejects.toEqual(refusedBy('licence_until'));
    const later = hours(new Date(), 24);
    await expect(step(first, alone({ at: later, until: hours(later, 72) }))).rejects.toEqual(refusedBy('licence_time'));
    await expect(step(first, alone({ number: 5 }))).rejects.toEqual(refusedBy('licence_number'));
    await expect(step(second, alone({}))).rejects.toMatchObject({ code: '42501' });
    await expect(step(first, alone({ proposed_by: clinic.actor.partyId }))).rejects.toBeDefined();
    await expect(
      step(first, alone({ doer: 'operator', proposed_by: null, proposed_with: null, until: null })),
    ).rejects.toMatchObject({ code: '42501' });
    expect(await step(first, alone({}))).toBe(1);
  });

  it('refuses a freeze by any one officer while the last one, which nobody confirmed, cools down', async () => {
    kit.aheadMs = -(FREEZE_HOURS + 1) * 3_600_000;
    await kit.freeze(clinic, first);
    kit.aheadMs = 0;
    for (const officer of [first, second]) {
      const text = officer.client.licence({ party: clinic.actor.partyId, step: 'suspended', reason: 'misuse' });
      const { at } = await store(officer, text);
      const alone = { state: 'suspended', doer: 'officer', reason: 'misuse', at, until: hours(at, FREEZE_HOURS) };
      const row = next({ ...alone, proposed_by: officer.actor.partyId, proposed_with: bytes(text) });
      await expect(step(officer, row)).rejects.toEqual(refusedBy('licence_frozen_before'));
    }
  });

  it('refuses an appeal against another step, and one that moves the end', async () => {
    const { at: frozenAt } = await frozen();
    const wrong = clinic.client.licenceAppeal(1);
    const { at } = await store(clinic, wrong);
    const appeal = { state: 'appealed', doer: 'party', reason: null, appealed_with: bytes(wrong), at };
    await expect(step(clinic, next({ ...appeal, until: hours(frozenAt, 72) }))).rejects.toEqual(
      refusedBy('licence_statement'),
    );
    await expect(step(clinic, next({ ...appeal, until: hours(frozenAt, 1) }))).rejects.toEqual(
      refusedBy('licence_until'),
    );
  });

  it('refuses proposals that no officer signed, or that outlive their time', async () => {
    const says = { party: clinic.actor.partyId, step: 'revoked', reason: 'misuse' } as const;
    const text = first.client.licence(says);
    const { at } = await store(first, text);
    const insert = (by: Member, expires: Date, kind = 'revoked') =>
      as(
        by,
        `insert into identity.licence_proposal
           (statement_digest, party_id, step, reason, proposed_by, proposed_at, expires_at, on_number)
         values ($1, $2, $3, 'misuse', $4, $5, $6, 1)`,
        [bytes(text), says.party, kind, by.actor.partyId, at, expires],
      );
    await expect(insert(first, hours(at, 100))).rejects.toThrow(/licence_proposal/);
    await expect(insert(second, hours(at, 72))).rejects.toEqual(refusedBy('licence_statement'));
    await expect(insert(clinic, hours(at, 72))).rejects.toEqual(refusedBy('licence_officers'));
    await expect(insert(first, hours(at, 72), 'issued')).rejects.toEqual(refusedBy('licence_statement'));
    expect(await insert(first, hours(at, 72))).toBe(1);
  });

  it.each(['licence_step', 'licence_proposal', 'licence_move', 'licence_kind', 'statement_while_stopped'])(
    'never changes the table %s',
    async (table) => {
      await frozen();
      await expect(kit.test.ownerQuery(`delete from identity.${table}`)).rejects.toThrow(/append-only/);
      await expect(kit.test.database.query('api', `delete from identity.${table}`)).rejects.toThrow(
        /permission denied/,
      );
    },
  );

  it('takes from a stopped party what opens its reading or narrows, and nothing else', async () => {
    const exempt = [REGISTRATION, LOGIN, KEY_REVOCATION, LICENCE_APPEAL].map(({ typ }) => typ);
    const rows = await kit.test.ownerQuery<{ typ: string }>('select typ from identity.statement_while_stopped');
    expect(rows.map(({ typ }) => typ).sort()).toEqual([...exempt, 'aceso/revocation/v1', ERASURE.typ].sort());
    const held = await kit.test.ownerQuery(
      `select typ, extract(day from held)::integer as days from identity.statement_while_stopped where held <> '0'`,
    );
    expect(held).toEqual([{ typ: ERASURE.typ, days: ERASURE.heldDaysMax }]);
    for (const kind of [LOGIN, KEY_REVOCATION, LICENCE_APPEAL]) expect(kind.whileStopped).toBe(true);
    await frozen();
    const attestation = clinic.client.attestation(clinic.actor.partyId, 'code-of-the-day');
    await expect(store(clinic, attestation)).rejects.toEqual(refusedBy('party_active'));
    await store(clinic, clinic.client.login());
  });

  it('shows steps to their party and officers, and proposals to officers', async () => {
    await frozen();
    const seen = async (member: Member, table: string) =>
      as(member, `select from identity.${table} where party_id = $1`, [clinic.actor.partyId]);
    const other = await kit.member('provider');
    expect(await Promise.all([clinic, second, other].map((one) => seen(one, 'licence_step')))).toEqual([2, 2, 0]);
    expect(await Promise.all([clinic, second, other].map((one) => seen(one, 'licence_proposal')))).toEqual([0, 1, 0]);
  });

  /** Stores a statement as a process would that checks nothing. */
  async function store(member: Member, text: string): Promise<{ at: Date; partyId: PartyId }> {
    const { typ, kid, payload } = JSON.parse(text);
    const at = new Date();
    await as(
      member,
      `insert into identity.statement (digest, party_id, did, jti, typ, text, accepted_at) values ($1, $2, $3, $4, $5, $6, $7)`,
      [bytes(text), member.actor.partyId, kid, payload.jti, typ, text, at],
    );
    return { at, partyId: member.actor.partyId };
  }
});

const bytes = (text: string): Buffer => Buffer.from(digestOf(text), 'hex');
const hours = (from: Date, count: number): Date => new Date(from.getTime() + count * 3_600_000);
