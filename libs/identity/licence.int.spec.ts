import { randomUUID } from 'node:crypto';
import type { LicenceReason, OfficersStep } from './domain';
import { FREEZE_COOLING_DAYS, FREEZE_HOURS, LICENCE_NEXT } from './domain';
import type { Licence } from './licence-list';
import { activeAmong, requireActive } from './standing';
import { digestOf, openIdentityKit, type IdentityKit, type Member } from './testing';

const HOUR_MS = 3_600_000;

describe('licences', () => {
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
    kit.aheadMs = 0;
    clinic = await kit.member('provider');
  });

  const refusal = (code: string) => expect.objectContaining({ code });
  const api = <T>(use: Parameters<typeof kit.test.database.transaction<T>>[1]) =>
    kit.test.database.transaction('api', use);
  const says = (step: OfficersStep, party = clinic, reason: LicenceReason = 'misuse') => ({
    party: party.actor.partyId,
    step,
    reason,
  });
  const propose = async (officer: Member, what: ReturnType<typeof says>): Promise<string> => {
    const text = officer.client.licence(what);
    await api((tx) => kit.licences.propose(tx, officer.actor, text));
    return digestOf(text);
  };
  const confirm = (officer: Member, what: ReturnType<typeof says>, confirms: string) => {
    const text = officer.client.licence({ ...what, confirms });
    return api((tx) => kit.licences.confirm(tx, officer.actor, text));
  };
  const both = async (step: OfficersStep, party = clinic): Promise<void> => {
    const what = says(step, party);
    await confirm(second, what, await propose(first, what));
  };
  const appeal = (step: number, party = clinic) =>
    api((tx) => kit.licences.appeal(tx, party.actor, party.client.licenceAppeal(step)));
  const own = (party = clinic): Promise<Licence | null> => api((tx) => kit.licenceList.own(tx, party.actor));
  const states = async (party = clinic) => (await own(party))!.steps.map(({ state }) => state);
  const isActive = async (at: Date, party = clinic): Promise<boolean> =>
    (await api((tx) => activeAmong(tx, [party.actor.partyId], at))).has(party.actor.partyId);

  it('repeat their moves and kinds in the database', async () => {
    const moves = await kit.test.ownerQuery<{ from: string; to: string; doer: string }>(
      'select from_state as "from", to_state as "to", doer from identity.licence_move',
    );
    const coded = Object.entries(LICENCE_NEXT).flatMap(([from, next]) =>
      Object.entries(next).flatMap(([to, doers]) => doers.map((doer) => ({ from, to, doer }))),
    );
    const sorted = (list: readonly object[]) => list.map((one) => JSON.stringify(one)).sort();
    expect(sorted(moves)).toEqual(sorted(coded));
  });

  it('are issued by registration to whoever needs one, and to nobody else', async () => {
    for (const role of ['provider', 'physician', 'researcher'] as const) {
      expect(await own(await kit.member(role))).toMatchObject({ state: 'issued', active: true });
    }
    for (const role of ['patient', 'officer'] as const) expect(await own(await kit.member(role))).toBeNull();
  });

  it('go through every state, each step by those whose doing it is', async () => {
    await both('suspended');
    await appeal(3);
    await both('reinstated');
    await both('suspended');
    await both('revoked');
    await both('issued');
    expect((await states()).reverse()).toEqual([
      ...['issued', 'suspended', 'suspended', 'appealed', 'reinstated'],
      ...['suspended', 'suspended', 'revoked', 'issued'],
    ]);
    expect(await isActive(new Date())).toBe(true);
    const acts = await kit.test.ownerQuery<{ act: string }>(
      `select act from audit.access_event where object_id = $1 and act like 'licence.%' order by seq`,
      [clinic.actor.partyId],
    );
    expect(acts.map(({ act }) => act.slice('licence.'.length))).toEqual([
      ...['suspended', 'suspension-confirmed', 'appealed', 'proposed', 'reinstated'],
      ...['suspended', 'suspension-confirmed', 'proposed', 'revoked', 'proposed', 'issued'],
    ]);
    const entries = await kit.test.ownerQuery('select from ledger.pending where subject_id = $1', [
      clinic.actor.partyId,
    ]);
    expect(entries).toHaveLength(acts.length + 1); // the registration, too
  });

  it.each<[string, OfficersStep]>([
    ['issued', 'issued'],
    ['issued', 'reinstated'],
    ['issued', 'revoked'],
  ])('that are %s do not become %s', async (_, step) => {
    await expect(propose(first, says(step))).rejects.toEqual(refusal('LICENCE_MOVE_REFUSED'));
  });

  it('end the freeze of one officer after 72 hours, to the instant, and not a confirmed one', async () => {
    await propose(first, says('suspended'));
    const [freeze] = (await own())!.steps;
    const end = freeze!.at.getTime() + FREEZE_HOURS * HOUR_MS;
    expect(freeze!.until).toEqual(new Date(end));
    expect(await isActive(freeze!.at)).toBe(false);
    expect(await isActive(new Date(end - 1))).toBe(false);
    expect(await isActive(new Date(end))).toBe(true);
    const text = clinic.client.attestation(randomUUID(), 'code-of-the-day');
    kit.aheadMs = FREEZE_HOURS * HOUR_MS + 1;
    expect(await own()).toMatchObject({ state: 'issued', active: true });
    kit.aheadMs = 0;
    await expect(api((tx) => kit.bindings.attest(tx, clinic.actor, text))).rejects.toEqual(refusal('PARTY_NOT_ACTIVE'));
    kit.aheadMs = -FREEZE_HOURS * HOUR_MS;
    const other = await kit.member('provider');
    const what = says('suspended', other);
    const digest = await propose(first, what);
    await confirm(second, what, digest);
    kit.aheadMs = 0;
    await expect(api((tx) => requireActive(tx, other.actor.partyId))).rejects.toEqual(refusal('PARTY_NOT_ACTIVE'));
  });

  it('let a party write again once a freeze has ended, without anybody doing anything', async () => {
    kit.aheadMs = -FREEZE_HOURS * HOUR_MS;
    await propose(first, says('suspended'));
    kit.aheadMs = 0;
    const record = kit.records.add(clinic.actor.partyId);
    await kit.attest(clinic, record, 'code-of-the-day');
    await expect(propose(first, says('reinstated'))).rejects.toEqual(refusal('LICENCE_MOVE_REFUSED'));
  });

  describe('whose freeze by one officer ended unconfirmed', () => {
    const END_MS = FREEZE_HOURS * HOUR_MS;
    const COOLING_MS = FREEZE_COOLING_DAYS * 24 * HOUR_MS;
    const frozenAgo = async (milliseconds: number): Promise<void> => {
      kit.aheadMs = -milliseconds;
      await propose(first, says('suspended'));
      kit.aheadMs = 0;
    };

    it('are frozen by nobody alone while it cools down, and suspended by two from the confirmation on', async () => {
      const patient = await kit.member('patient');
      await kit.bind(patient, clinic);
      await frozenAgo(END_MS + COOLING_MS - HOUR_MS);
      for (const officer of [first, second]) {
        const text = officer.client.licence(says('suspended'));
        const answer = { partyId: clinic.actor.partyId, statement: digestOf(text), inEffect: false };
        for (let time = 0; time < 2; time += 1)
          expect(await api((tx) => kit.licences.propose(tx, officer.actor, text))).toEqual(answer);
        expect(await own()).toMatchObject({ active: true, state: 'issued' });
      }
      const [{ version }] = await gateOf(patient);
      const listed = await api((tx) =>
        kit.licenceList.list(tx, second.actor, { after: null, limit: 100, state: null }),
      );
      const { proposals } = listed.find(({ partyId }) => partyId === clinic.actor.partyId)!;
      const waiting = proposals.find(({ proposedBy }) => proposedBy === first.actor.partyId)!;
      await confirm(second, says('suspended'), waiting.digest);
      expect((await own())!.steps[0]).toMatchObject({ state: 'suspended', until: null });
      expect(await gateOf(patient)).toEqual([{ version: version + 1 }]);
    });

    it('are frozen by another officer alone afterwards, and by the same one after two have acted', async () => {
      await frozenAgo(END_MS + COOLING_MS + HOUR_MS);
      await propose(first, says('suspended'));
      expect(await own()).toMatchObject({ active: true });
      await propose(second, says('suspended'));
      expect(await own()).toMatchObject({ active: false });
      const other = await kit.member('provider');
      kit.aheadMs = -END_MS - HOUR_MS;
      await both('suspended', other);
      await both('reinstated', other);
      kit.aheadMs = 0;
      await propose(first, says('suspended', other));
      expect(await own(other)).toMatchObject({ active: false });
    });
  });

  const gateOf = ({ actor }: Member) =>
    kit.test.ownerQuery<{ version: number }>('select version from identity.patient_gate where person_id = $1', [
      actor.personId,
    ]) as Promise<[{ version: number }]>;

  it('keep the end of a freeze when its party appeals, and the appeal when a second officer confirms', async () => {
    const what = says('suspended');
    const digest = await propose(first, what);
    const [freeze] = (await own())!.steps;
    await expect(appeal(1)).rejects.toEqual(refusal('LICENCE_STEP_OVERTAKEN'));
    await appeal(2);
    expect((await own())!.steps[0]).toMatchObject({ state: 'appealed', until: freeze!.until });
    await confirm(second, what, digest);
    expect((await own())!.steps[0]).toMatchObject({ state: 'appealed', until: null });
    await expect(appeal(4)).rejects.toEqual(refusal('LICENCE_MOVE_REFUSED'));
    await expect(appeal(1, await kit.member('provider'))).rejects.toEqual(refusal('LICENCE_MOVE_REFUSED'));
  });

  it('need a second officer who is another one, for the very same step', async () => {
    const what = says('suspended');
    const digest = await propose(first, what);
    await expect(confirm(first, what, digest)).rejects.toEqual(refusal('LICENCE_SECOND_OFFICER'));
    await expect(confirm(second, says('revoked'), digest)).rejects.toEqual(refusal('LICENCE_PROPOSAL_UNKNOWN'));
    await expect(confirm(second, says('suspended', clinic, 'inquiry'), digest)).rejects.toEqual(
      refusal('LICENCE_PROPOSAL_UNKNOWN'),
    );
    await expect(confirm(second, what, 'ab'.repeat(32))).rejects.toEqual(refusal('LICENCE_PROPOSAL_UNKNOWN'));
    await confirm(second, what, digest);
    await expect(confirm(await kit.member('officer'), what, digest)).rejects.toEqual(
      refusal('LICENCE_PROPOSAL_OVERTAKEN'),
    );
    await expect(propose(await kit.member('provider'), what)).rejects.toEqual(refusal('ROLE_NOT_ALLOWED'));
  });

  it('take no confirmation of a proposal that is older than 72 hours, or of a state that has passed', async () => {
    await both('suspended');
    const revoking = await propose(first, says('revoked'));
    await both('reinstated');
    await both('suspended');
    await expect(confirm(second, says('revoked'), revoking)).rejects.toEqual(refusal('LICENCE_PROPOSAL_OVERTAKEN'));
    const old = await kit.member('provider');
    kit.aheadMs = -FREEZE_HOURS * HOUR_MS - HOUR_MS;
    await both('suspended', old);
    const late = await propose(first, says('revoked', old));
    kit.aheadMs = 0;
    await expect(confirm(second, says('revoked', old), late)).rejects.toEqual(refusal('LICENCE_PROPOSAL_OVERTAKEN'));
  });

  it('are not of officers, and of a patient only while a key is compromised', async () => {
    await expect(propose(first, says('suspended', second))).rejects.toEqual(refusal('LICENCE_PARTY_REFUSED'));
    const amina = await kit.member('patient');
    await expect(propose(first, says('suspended', amina))).rejects.toEqual(refusal('LICENCE_MOVE_REFUSED'));
    await kit.freeze(amina, first, second);
    const what = says('revoked', amina, 'key-compromise');
    await expect(confirm(second, what, await propose(first, what))).rejects.toEqual(refusal('LICENCE_MOVE_REFUSED'));
    await both('reinstated', amina);
    expect(await own(amina)).toMatchObject({ kind: 'person', state: 'reinstated', active: true });
  });

  it('narrow the gates of a frozen patient, and of all whom a frozen provider holds records of', async () => {
    const [amina, stranger] = [await kit.member('patient'), await kit.member('patient')];
    await kit.bind(amina, clinic);
    const gates = () =>
      kit.test.database.transaction('worker', (tx) =>
        kit.gates.versions(tx, [amina.actor.personId!, stranger.actor.personId!]),
      );
    await propose(first, says('suspended'));
    await kit.freeze(stranger, first);
    expect([...(await gates()).values()]).toEqual([2, 2]);
  });

  it('take the same statement twice, and one of two that come at once', async () => {
    const text = first.client.licence(says('suspended'));
    const hand = (officer: Member, one: string) => api((tx) => kit.licences.propose(tx, officer.actor, one));
    expect(await hand(first, text)).toEqual(await hand(first, text));
    const rival = await kit.member('provider');
    const texts = [first, second].map((officer) => ({
      officer,
      text: officer.client.licence(says('suspended', rival)),
    }));
    const done = await Promise.allSettled(texts.map((one) => hand(one.officer, one.text)));
    expect(done.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(await states(rival)).toEqual(['suspended', 'issued']);
  });

  it('are listed for officers by state, with what waits; a party sees its own', async () => {
    const digest = await propose(first, says('suspended'));
    const page = { after: null, limit: 100, state: 'suspended' } as const;
    const listed = await api((tx) => kit.licenceList.list(tx, second.actor, page));
    expect(listed.every(({ state }) => state === 'suspended')).toBe(true);
    expect(listed.find(({ partyId }) => partyId === clinic.actor.partyId)).toMatchObject({
      proposals: [{ digest, step: 'suspended', proposedBy: first.actor.partyId }],
    });
    expect((await own())!.proposals).toEqual([]);
    const all = await api((tx) => kit.licenceList.list(tx, clinic.actor, { ...page, state: null }));
    expect(all.map(({ partyId }) => partyId)).toEqual([clinic.actor.partyId]);
  });

  it('come either before an act of their party or after its end', async () => {
    const record = kit.records.add(clinic.actor.partyId);
    let open!: () => void;
    const held = new Promise<void>((resolve) => (open = resolve));
    let attested!: () => void;
    const inside = new Promise<void>((resolve) => (attested = resolve));
    const act = api(async (tx) => {
      await kit.bindings.attest(tx, clinic.actor, clinic.client.attestation(record, 'code-of-the-day'));
      attested();
      await held;
    });
    await inside;
    let frozen = false;
    const freeze = propose(first, says('suspended')).then(() => (frozen = true));
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(frozen).toBe(false);
    open();
    await Promise.all([act, freeze]);
    await expect(kit.attest(clinic, record, 'another-code')).rejects.toEqual(refusal('PARTY_NOT_ACTIVE'));
  });
});
