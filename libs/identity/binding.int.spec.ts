import { randomUUID } from 'node:crypto';
import { asId, type SourceRecordId } from '@aceso/kernel';
import type { Tx } from '@aceso/platform';
import { CODE_ATTEMPTS_MAX } from './binding.service';
import { ATTESTATION, codeHash, DAY_SECONDS, verifyBinding } from './domain';
import type { IdentityKit, Member } from './testing';
import { digestOf, lifeOf } from './testing';
import { openIdentityKit } from './testing';
import { sha256 } from '@aceso/platform';

let kit: IdentityKit;
let clinic: Member;
let amina: Member;
let record: SourceRecordId;
const CODE = 'A1B2C-D3E4F-G5H6J';

beforeAll(async () => {
  kit = await openIdentityKit();
  clinic = await kit.member('provider');
});
afterAll(() => kit.test.close());
beforeEach(async () => {
  amina = await kit.member('patient');
  record = kit.records.add(clinic.actor.partyId);
});
afterEach(() => {
  kit.aheadMs = 0;
});

const api = <T>(use: (tx: Tx) => Promise<T>) => kit.test.database.transaction('api', use);
const refusal = (code: string) => expect.objectContaining({ code });
const bind = (attestation: string, code = CODE, id = record, patient = amina) =>
  kit.bindings.bind(patient.actor, patient.client.binding(id, attestation), code);
const bound = (patient = amina) => api((tx) => kit.bindings.boundSourceRecords(tx, [patient.actor.personId!]));

describe('an attestation', () => {
  it('is recorded once, and names itself by its digest', async () => {
    const text = clinic.client.attestation(record, CODE);
    const attest = () => api((tx) => kit.bindings.attest(tx, clinic.actor, text));
    expect(await attest()).toEqual({ attestation: digestOf(text) });
    expect(await attest()).toEqual({ attestation: digestOf(text) });
  });

  it('is refused for a record that the provider does not hold', async () => {
    const other = await kit.member('provider');
    await expect(kit.attest(other, record, CODE)).rejects.toEqual(refusal('SOURCE_RECORD_UNKNOWN'));
    const nowhere = asId<'SourceRecord'>(randomUUID());
    await expect(kit.attest(clinic, nowhere, CODE)).rejects.toEqual(refusal('SOURCE_RECORD_UNKNOWN'));
  });

  it('is refused of a patient', async () => {
    await expect(kit.attest(amina, record, CODE)).rejects.toEqual(refusal('ROLE_NOT_ALLOWED'));
  });
});

describe('a binding', () => {
  it('joins the record to the person, tells the register and verifies from its bytes', async () => {
    const attestation = await kit.attest(clinic, record, CODE);
    expect(await bind(attestation)).toEqual({ sourceRecordId: record });
    const [row] = await bound();
    expect(row).toMatchObject({ sourceRecordId: record, providerId: clinic.actor.partyId });
    const jobs = await kit.test.ownerQuery<{ payload: object }>(
      `select payload from platform.outbox where topic = 'register.index' and payload ->> 'personId' = $1`,
      [amina.actor.personId],
    );
    expect(jobs).toEqual([{ payload: { personId: amina.actor.personId } }]);
    const texts = await kit.test.ownerQuery<{ text: string }>(
      `select text from identity.statement where digest in (decode($1, 'hex'), decode($2, 'hex')) order by typ`,
      [attestation, row!.bindingDigest],
    );
    const verdict = verifyBinding(
      { attestationText: texts[0]!.text, attestedAt: Date.now(), bindingText: texts[1]!.text, boundAt: Date.now() },
      { sourceRecordId: record, providerKeys: [lifeOf(clinic.client)], patientKeys: [lifeOf(amina.client)] },
      kit.statements.context,
    );
    expect(verdict).toEqual({ holds: true, evidence: 'in-person' });
  });

  it('happens once, however often the same statement comes', async () => {
    const attestation = await kit.attest(clinic, record, CODE);
    const text = amina.client.binding(record, attestation);
    const once = () => kit.bindings.bind(amina.actor, text, CODE);
    await Promise.all([once(), once(), once()]);
    await once();
    expect(await bound()).toHaveLength(1);
  });

  it('is refused with the wrong code, which is counted although nothing else is kept', async () => {
    const attestation = await kit.attest(clinic, record, CODE);
    const text = amina.client.binding(record, attestation);
    const guess = (code: string) => kit.bindings.bind(amina.actor, text, code);
    for (let attempt = 0; attempt < CODE_ATTEMPTS_MAX; attempt += 1) {
      await expect(guess(`WRONG-CODE-${attempt}`)).rejects.toEqual(refusal('CODE_WRONG'));
    }
    await expect(guess(CODE)).rejects.toEqual(refusal('CODE_ATTEMPTS_EXCEEDED'));
    expect(await bound()).toHaveLength(0);
    const events = await kit.test.ownerQuery(
      `select actor_id, reason from audit.access_event where subject_id = $1 and outcome = 'refused'`,
      [record],
    );
    expect(events).toHaveLength(CODE_ATTEMPTS_MAX);
    expect(events[0]).toEqual({ actor_id: amina.actor.partyId, reason: 'CODE_WRONG' });
  });

  it('counts wrong codes that come at once', async () => {
    const attestation = await kit.attest(clinic, record, CODE);
    const text = amina.client.binding(record, attestation);
    const guesses = Array.from({ length: 20 }, (_, at) => kit.bindings.bind(amina.actor, text, `WRONG-CODE-${at}`));
    const codes = (await Promise.allSettled(guesses)).map((guess) => guess.status === 'rejected' && guess.reason.code);
    expect(codes.filter((code) => code === 'CODE_WRONG')).toHaveLength(CODE_ATTEMPTS_MAX);
    expect(codes.filter((code) => code === 'CODE_ATTEMPTS_EXCEEDED')).toHaveLength(20 - CODE_ATTEMPTS_MAX);
  });

  it('is refused after the end of the code', async () => {
    const own = { sourceRecord: record, codeHash: codeHash(CODE, sha256), evidence: 'online' as const };
    const text = clinic.client.sign(ATTESTATION, own, { lifetimeSeconds: 90 * DAY_SECONDS });
    await api((tx) => kit.bindings.attest(tx, clinic.actor, text));
    kit.aheadMs = 90 * DAY_SECONDS * 1000;
    await expect(bind(digestOf(text))).rejects.toEqual(refusal('CODE_EXPIRED'));
  });

  it('is refused for a used code, a bound record, another record and an unknown attestation', async () => {
    const attestation = await kit.attest(clinic, record, CODE);
    const second = await kit.attest(clinic, record, `${CODE}-2`);
    const other = kit.records.add(clinic.actor.partyId);
    await expect(bind('a'.repeat(64))).rejects.toEqual(refusal('ATTESTATION_UNKNOWN'));
    amina.client.sequence = 0;
    amina.client.previous = null;
    await expect(bind(attestation, CODE, other)).rejects.toEqual(refusal('SOURCE_RECORD_MISMATCH'));
    amina.client.sequence = 0;
    amina.client.previous = null;
    await bind(attestation);
    const late = await kit.member('patient');
    await expect(bind(attestation, CODE, record, late)).rejects.toEqual(refusal('CODE_USED'));
    late.client.sequence = 0;
    late.client.previous = null;
    await expect(bind(second, `${CODE}-2`, record, late)).rejects.toEqual(refusal('SOURCE_RECORD_ALREADY_BOUND'));
  });

  it('goes to one of two patients who come at once, with one code or with two', async () => {
    const late = await kit.member('patient');
    const attestation = await kit.attest(clinic, record, CODE);
    const second = await kit.attest(clinic, record, `${CODE}-2`);
    const race = await Promise.allSettled([
      bind(attestation),
      bind(attestation, CODE, record, late),
      bind(second, `${CODE}-2`, record, await kit.member('patient')),
    ]);
    expect(race.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const [{ count }] = (await kit.test.ownerQuery<{ count: number }>(
      'select count(*)::integer from identity.binding where source_record_id = $1',
      [record],
    )) as [{ count: number }];
    expect(count).toBe(1);
  });

  it('is not handed in by another than its signer, whose guesses are not counted either', async () => {
    const stranger = await kit.member('patient');
    const attestation = await kit.attest(clinic, record, CODE);
    const text = amina.client.binding(record, attestation);
    await expect(kit.bindings.bind(stranger.actor, text, 'WRONG-CODE')).rejects.toEqual(refusal('SIGNER_NOT_ACTOR'));
    const [row] = await kit.test.ownerQuery<{ wrong: number }>(
      `select wrong from identity.code_attempt where attestation_digest = decode($1, 'hex')`,
      [attestation],
    );
    expect(row).toEqual({ wrong: 0 });
  });
});

describe('a link', () => {
  const confirm = (text: string) => api((tx) => kit.links.confirm(tx, amina.actor, text));

  const propose = (...ids: SourceRecordId[]) => kit.records.proposed.add(ids.sort().join(' '));
  /** The client's chain moved on with a statement that was then refused. */
  const takeBack = async () => {
    amina.client.sequence -= 1;
    amina.client.previous = (await api((tx) => kit.statements.head(tx, amina.actor.partyId))).digest;
  };

  it('is confirmed when it is proposed and both of its records are bound, and binds nothing', async () => {
    const [first, second] = [await kit.bind(amina, clinic), await kit.bind(amina, clinic)];
    propose(first, second);
    const text = amina.client.link(first, second);
    const confirmed = { sourceRecordIds: [first, second].sort() };
    expect(await confirm(text)).toEqual(confirmed);
    expect(await confirm(text)).toEqual(confirmed);
    expect(await bound()).toHaveLength(2);
  });

  it("is refused when one record is bound to nobody, to somebody else, or to the patient's key no more", async () => {
    const first = await kit.bind(amina, clinic);
    const other = await kit.member('patient');
    const [dormant, foreign, ended] = [record, await kit.bind(other, clinic), await kit.bind(amina, clinic)];
    await kit.test.ownerQuery('update identity.binding set ended_at = now() where source_record_id = $1', [ended]);
    for (const second of [dormant, foreign, ended]) {
      propose(first, second);
      await expect(confirm(amina.client.link(first, second))).rejects.toEqual(refusal('LINK_NOT_PROPOSED'));
      await takeBack();
    }
    expect(
      await kit.test.ownerQuery('select 1 from identity.link_confirmation where person_id = $1', [
        amina.actor.personId,
      ]),
    ).toEqual([]);
  });

  it('is refused when nobody proposed it', async () => {
    const [first, second] = [await kit.bind(amina, clinic), await kit.bind(amina, clinic)];
    await expect(confirm(amina.client.link(first, second))).rejects.toEqual(refusal('LINK_NOT_PROPOSED'));
  });
});
