import { openIdentityKit, type IdentityKit, type Member } from '@aceso/identity/testing';
import { assert, type PersonId, type SourceRecordId } from '@aceso/kernel';
import { RegisteredSourceRecords } from './source-record-directory';
import { ndjson, RegisterKit } from './testing';

jest.setTimeout(180_000);

const ROUNDS = 12;
const typed = (code: string, value: string) => ({
  type: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0203', code }] },
  system: `urn:${code}`,
  value,
});

/** What one of three providers holds on the same human: the same number, and facts of its own. */
function sent(at: number): object[] {
  const identifier = [typed('SS', '987-65-4320'), ...(at < 2 ? [typed('DL', 'S99930817')] : [])];
  const code = { coding: [{ system: 'http://snomed.info/sct', code: `4405400${at}`, display: `Finding ${at}` }] };
  return [
    { resourceType: 'Patient', id: 'a', birthDate: at < 2 ? '1980-02-29' : '1980-03-01', gender: 'female', identifier },
    { resourceType: 'Condition', id: 'c', subject: { reference: 'Patient/a' }, code, onsetDateTime: `201${at}-01-01` },
  ];
}

describe('the end of a link', () => {
  let identity: IdentityKit;
  let kit: RegisterKit;
  let providers: Member[];
  let records: SourceRecordId[];
  let amina: Member;
  let personId: PersonId;
  beforeAll(async () => {
    identity = await openIdentityKit();
    kit = new RegisterKit(identity.test);
    providers = [];
    records = [];
    for (let at = 0; at < 3; at += 1) {
      const provider = await identity.member('provider');
      await kit.ingest(provider.actor.partyId, ndjson(...sent(at)));
      const id = await kit.sourceRecord(provider.actor.partyId, 'a');
      identity.records.holders.set(id, provider.actor.partyId);
      providers.push(provider);
      records.push(id);
    }
  });
  afterAll(() => identity.test.close());
  beforeEach(async () => {
    await identity.test.ownerQuery('update identity.binding set ended_at = now() where ended_at is null');
    amina = await identity.member('patient');
    assert(amina.actor.personId, 'a patient has a person');
    personId = amina.actor.personId;
    await bind(amina, 0);
  });

  const api = <Value>(use: Parameters<typeof identity.test.database.transaction<Value>>[1]) =>
    identity.test.database.transaction('api', use);
  const record = (at: number) => records[at] as SourceRecordId;
  async function bind(member: Member, at: number): Promise<void> {
    const code = `CODE-${identity.test.runtime.uuid()}`;
    const attestation = await identity.attest(providers[at]!, record(at), code);
    await identity.bindings.bind(member.actor, member.client.binding(record(at), attestation), code);
    await kit.index.rebuild(member.actor.personId!);
  }
  async function link(first: number, second: number): Promise<void> {
    identity.records.proposed.add([record(first), record(second)].sort().join(' '));
    await api((tx) => identity.links.confirm(tx, amina.actor, amina.client.link(record(first), record(second))));
  }
  async function unlink(stays: number, leaves: number): Promise<void> {
    const text = amina.client.unlink(record(stays), record(leaves));
    for (let time = 0; time < 2; time += 1) {
      expect(await api((tx) => identity.links.unlink(tx, amina.actor, text))).toEqual({ left: record(leaves) });
    }
    await kit.index.rebuild(personId);
  }
  const gate = async (): Promise<{ version: number; narrowed_by: string | null }> =>
    (
      await identity.test.ownerQuery<{ version: number; narrowed_by: string | null }>(
        'select version, narrowed_by from identity.patient_gate where person_id = $1',
        [personId],
      )
    )[0]!;

  /** Everything that counting, asking and reading look at, without the random index number. */
  async function seen(): Promise<unknown> {
    const rows = (sql: string) => identity.test.ownerQuery(sql);
    const proposed = await api(async (tx) => {
      await tx.actAs(amina.actor.partyId);
      const links = await kit.sourceRecords.proposedLinks(tx, personId);
      const heads = await kit.sourceRecords.heads(tx, personId);
      const confirmable = await Promise.all(
        [1, 2].map((at) => new RegisteredSourceRecords().isLinkProposed(tx, record(0), record(at))),
      );
      return { links, heads, confirmable };
    });
    return {
      proposed,
      persons: await rows(`select to_jsonb(p) - 'index_no' as person from facts.person p order by 1`),
      facts: await rows(`select to_jsonb(f) - 'index_no' as fact from facts.fact f order by 1`),
      votes: await rows(`select to_jsonb(v) - 'index_no' as vote from facts.display_vote v order by 1`),
      texts: await rows(
        'select system, code, persons, text from facts.display_text where persons > 0 order by 1, 2, 3',
      ),
      repeated: await rows('select person_id from register.repeated_person order by 1'),
      links: await rows(
        'select first_source_record_id, second_source_record_id, state from register.link order by 1, 2',
      ),
      standing: await rows('select count(*)::integer as n from identity.standing_link'),
    };
  }

  it('restores exactly what was before, however often and in whichever order records come and go', async () => {
    const start = await seen();
    for (let round = 0; round < ROUNDS; round += 1) {
      const [first, second] = round % 2 === 0 ? [1, 2] : [2, 1];
      await bind(amina, first!);
      await link(0, first!);
      const middle = await seen();
      expect(middle).not.toEqual(start);
      await bind(amina, second!);
      await link(round % 3 === 0 ? first! : 0, second!);
      await unlink(round % 3 === 0 ? first! : 0, second!);
      expect(await seen()).toEqual(middle);
      await unlink(0, first!);
      expect(await seen()).toEqual(start);
    }
  });

  it('raises the gate, and takes every link of the record that leaves along', async () => {
    for (const at of [1, 2]) {
      await bind(amina, at);
      await link(0, at);
    }
    await link(1, 2);
    const before = await gate();
    await unlink(1, 2);
    expect(await gate()).toEqual({ version: before.version + 1, narrowed_by: 'unlink' });
    expect(await identity.test.ownerQuery('select first_source_record_id from identity.standing_link')).toHaveLength(1);
    await expect(unlink(0, 2)).rejects.toMatchObject({ code: 'LINK_NOT_CONFIRMED' });
  });

  it('is refused where nothing was confirmed, and where another record leaves', async () => {
    await bind(amina, 1);
    await expect(unlink(0, 1)).rejects.toMatchObject({ code: 'LINK_NOT_CONFIRMED' });
    expect((await gate()).narrowed_by).toBeNull();
  });

  it('does not let one human count twice: what two strong identifiers say stands', async () => {
    await bind(amina, 1);
    await link(0, 1);
    await unlink(0, 1);
    const other = await identity.member('patient');
    await bind(other, 1);
    expect(await identity.test.ownerQuery('select person_id from register.repeated_person')).toEqual([
      { person_id: other.actor.personId },
    ]);
  });

  it('is asked of the database by nobody else, and not without the statement', async () => {
    await bind(amina, 1);
    await link(0, 1);
    const other = await identity.member('patient');
    const [confirmation] = await identity.test.ownerQuery<{ digest: Buffer }>(
      'select statement_digest as digest from identity.standing_link',
    );
    for (const { actor } of [amina, other]) {
      const asked = api(async (tx) => {
        await tx.actAs(actor.partyId);
        await tx.query('select identity.unlink($1)', [confirmation!.digest]);
      });
      await expect(asked).rejects.toThrow('rests on a statement');
    }
  });
});

describe('a retraction', () => {
  let identity: IdentityKit;
  let kit: RegisterKit;
  let provider: Member;
  let recordId: SourceRecordId;
  let amina: Member;
  beforeAll(async () => {
    identity = await openIdentityKit();
    kit = new RegisterKit(identity.test);
    provider = await identity.member('provider');
    await kit.ingest(provider.actor.partyId, ndjson(...sent(0)));
    recordId = await kit.sourceRecord(provider.actor.partyId, 'a');
    identity.records.holders.set(recordId, provider.actor.partyId);
    amina = await identity.member('patient');
  });
  afterAll(() => identity.test.close());
  const retract = (member: Member, text: string) =>
    identity.test.database.transaction('api', (tx) => identity.retractions.retract(tx, member.actor, text));

  it('of a record by somebody who does not hold it is refused', async () => {
    const other = await identity.member('provider');
    await expect(retract(other, other.client.retraction(recordId))).rejects.toMatchObject({
      code: 'SOURCE_RECORD_UNKNOWN',
    });
  });

  it('takes the record from the wrong patient, with its facts, and ends codes; the patient sees who did it', async () => {
    const code = 'CODE-RIGHT-0001';
    const attestation = await identity.attest(provider, recordId, code);
    const late = await identity.attest(provider, recordId, 'CODE-LATE-00001');
    await identity.bindings.bind(amina.actor, amina.client.binding(recordId, attestation), code);
    await kit.index.rebuild(amina.actor.personId!);
    expect(await identity.test.ownerQuery('select 1 from facts.fact')).toHaveLength(1);
    const text = provider.client.retraction(recordId);
    for (let time = 0; time < 2; time += 1) {
      expect(await retract(provider, text)).toEqual({ sourceRecordId: recordId });
    }
    await kit.index.rebuild(amina.actor.personId!);
    expect(await identity.test.ownerQuery('select 1 from facts.fact')).toEqual([]);
    expect(await identity.test.ownerQuery('select 1 from identity.binding where ended_at is null')).toEqual([]);
    expect(
      await identity.test.ownerQuery('select narrowed_by from identity.patient_gate where person_id = $1', [
        amina.actor.personId,
      ]),
    ).toEqual([{ narrowed_by: 'retraction' }]);
    expect(
      await identity.test.ownerQuery(
        `select actor_id from audit.access_event where subject_id = $1 and act = 'record.retracted'`,
        [amina.actor.personId],
      ),
    ).toEqual([{ actor_id: provider.actor.partyId }]);
    const again = identity.bindings.bind(amina.actor, amina.client.binding(recordId, late), 'CODE-LATE-00001');
    await expect(again).rejects.toMatchObject({ code: 'CODE_ATTEMPTS_EXCEEDED' });
  });

  it('of a record that nobody is bound to answers the same', async () => {
    expect(await retract(provider, provider.client.retraction(recordId))).toEqual({ sourceRecordId: recordId });
  });
});
