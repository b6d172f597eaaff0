import { randomUUID } from 'node:crypto';
import type { SourceRecordId } from '@aceso/kernel';
import { confirmGuardian, openIdentityKit, type IdentityKit, type Member } from '@aceso/identity/testing';
import { GUARDIAN_END } from '@aceso/identity/domain';
import { ConsentKit } from './testing';
import { insertIndexed } from './testing/insert-indexed';

let kit: IdentityKit;
let consent: ConsentKit;
let clinic: Member;
let officer: Member;

beforeAll(async () => {
  kit = await openIdentityKit();
  consent = new ConsentKit(kit);
  clinic = await kit.member('provider');
  officer = await kit.member('officer');
});

afterAll(() => kit.test.close());

const code = (expected: string) => expect.objectContaining({ code: expected });
const api: ConsentKit['api'] = (use) => consent.api(use);
const gateOf = async ({ actor }: Member) =>
  (await consent.api((tx) => kit.gates.versions(tx, [actor.personId!]))).get(actor.personId!)!;
const end = (by: Member, appointment: string) =>
  api((tx) => kit.guardians.end(tx, by.actor, by.client.sign(GUARDIAN_END, { appointment })));
const confirm = (by: Member, appointment: string) => confirmGuardian(kit, appointment, by);

/** What the index knows of a person: born in a month, living or not. */
const index = ({ actor }: Member, birthMonth: string, deceased = false) =>
  insertIndexed(kit.test.ownerQuery, actor.personId!, { birthMonth, deceased });

async function family(own: Parameters<IdentityKit['appointGuardian']>[2] = {}) {
  const ward = await consent.boundPatient(clinic);
  const guardian = await kit.member('patient');
  const appointment = await kit.appointGuardian(clinic, { guardian, ward, sourceRecord: ward.record }, own);
  if (own.kind !== 'parent') await confirm(officer, appointment);
  return { ward, guardian, appointment, acting: kit.actFor(guardian, ward, appointment) };
}

const years = (count: number): string => `${new Date().getUTCFullYear() - count}-01`;

async function decide(ward: Member & { record: SourceRecordId }, target: ReturnType<ConsentKit['target']>) {
  const at = kit.runtime.now();
  const query = { requestId: target.requestId, version: 1, contentHash: target.contentHash, at };
  return consent.worker(async (tx) => {
    const valid = await consent.consent.validGrants(tx, query);
    const [row] = await tx.query<{ digest: string }>(
      `select encode(digest, 'hex') as digest from consent.grant where person_id = $1`,
      [ward.actor.personId],
    );
    const [evidence] = await consent.consent.evidenceOf(tx, [row!.digest]);
    return { valid: valid.length, decision: consent.consent.decide(evidence!.evidence, query) };
  });
}

it('lets a guardian bind the first record, permit, grant and revoke, in the chain of the ward', async () => {
  const ward = await kit.member('patient');
  const guardian = await kit.member('patient');
  const record = kit.records.add(clinic.actor.partyId);
  const appointment = await kit.appointGuardian(clinic, { guardian, ward, sourceRecord: record }, { kind: 'parent' });
  const acting = kit.actFor(guardian, ward, appointment);
  const secret = randomUUID();
  const attestation = await kit.attest(clinic, record, secret);
  await kit.bindings.bind(acting.actor, acting.client.binding(record, attestation), secret);
  await index(ward, years(9));
  await consent.setTerms(acting, 'permit');
  const target = consent.target([record]);
  const grant = await consent.grant(acting, target);
  const judged = await decide({ ...ward, record }, target);
  expect(judged).toMatchObject({ valid: 1, decision: { permit: true } });
  const events = await kit.test.ownerQuery<{ act: string; actor_id: string }>(
    'select act, actor_id from audit.access_event where subject_id = $1 order by seq desc limit 1',
    [ward.actor.personId],
  );
  expect(events).toEqual([{ act: 'consent.answered', actor_id: guardian.actor.partyId }]);
  await consent.revoke(acting, grant);
  await index(ward, years(18));
  await expect(consent.setTerms(acting, 'permit')).rejects.toEqual(code('AUTHORITY_MAJORITY'));
});

it('ends at majority, at death, at its date and when somebody ends it, for what was granted too', async () => {
  const { ward, guardian, appointment, acting } = await family({ kind: 'parent' });
  await index(ward, years(9));
  const target = consent.target([ward.record]);
  await consent.grant(acting, target);
  const reason = async () => (await decide(ward, target)).decision;
  expect(await reason()).toMatchObject({ permit: true });
  await index(ward, years(18));
  expect(await reason()).toEqual({ permit: false, reason: 'AUTHORITY_MAJORITY' });
  await index(ward, years(9), true);
  expect(await reason()).toEqual({ permit: false, reason: 'AUTHORITY_WARD_DECEASED' });
  await index(ward, years(9));
  kit.aheadMs = 864_000_000;
  expect(await decide(ward, target)).toEqual({ valid: 0, decision: { permit: false, reason: 'AUTHORITY_ENDED' } });
  kit.aheadMs = 0;
  const before = await gateOf(ward);
  await end(guardian, appointment);
  expect(await gateOf(ward)).toBe(before + 1);
  expect(await decide(ward, target)).toEqual({ valid: 0, decision: { permit: false, reason: 'AUTHORITY_ENDED' } });
  await expect(consent.setTerms(acting, 'deny')).rejects.toEqual(code('AUTHORITY_ENDED'));
  await expect(end(clinic, appointment)).rejects.toEqual(code('APPOINTMENT_ENDED'));
});

it('asks for a second officer, another one, where an officer appoints', async () => {
  const ward = await consent.boundPatient(clinic);
  const guardian = await kit.member('patient');
  const appointment = await kit.appointGuardian(officer, { guardian, ward, sourceRecord: ward.record });
  const acting = () => kit.actFor(guardian, ward, appointment);
  await expect(consent.setTerms(acting(), 'permit')).rejects.toEqual(code('AUTHORITY_UNCONFIRMED'));
  await expect(confirm(officer, appointment)).rejects.toEqual(code('GUARDIAN_REFUSED'));
  await confirm(await kit.member('officer'), appointment);
  await consent.setTerms(acting(), 'permit');
});

it('permits nothing while two guardians disagree', async () => {
  const { ward, acting } = await family();
  const other = await kit.member('patient');
  const appointment = await kit.appointGuardian(clinic, { guardian: other, ward, sourceRecord: ward.record });
  await confirm(officer, appointment);
  await consent.setTerms(acting, 'permit');
  const second = kit.actFor(other, ward, appointment);
  second.client.continueFrom(acting.client);
  await consent.setTerms(second, 'deny');
  const there = { sequence: second.client.sequence, previous: second.client.previous };
  acting.client.continueFrom(there);
  await expect(consent.setTerms(acting, 'permit')).rejects.toEqual(code('GUARDIANS_DISAGREE'));
  await end(officer, appointment);
  acting.client.continueFrom(there);
  await consent.setTerms(acting, 'permit');
});

it.each([
  ['whose scope is to read', { scope: 'read' } as const, 'AUTHORITY_SCOPE'],
  ['of an adult', { kind: 'parent' } as const, 'AUTHORITY_MAJORITY'],
])('refuses a guardian %s', async (_, own, expected) => {
  const { ward, acting } = await family(own);
  await index(ward, years(40));
  await expect(consent.setTerms(acting, 'permit')).rejects.toEqual(code(expected));
});

it('refuses others, other wards, other kinds of statement, and records of nobody', async () => {
  const { ward, acting, appointment } = await family();
  const stranger = kit.actFor(await kit.member('patient'), ward, appointment);
  await expect(consent.setTerms(stranger, 'permit')).rejects.toEqual(code('AUTHORITY_OTHER_KEY'));
  const foreign = await consent.boundPatient(clinic);
  const wrong = kit.actFor({ ...acting, client: acting.client }, foreign, appointment);
  await expect(consent.setTerms(wrong, 'permit')).rejects.toEqual(code('AUTHORITY_INVALID'));
  await expect(kit.appointProxy(acting, stranger)).rejects.toEqual(code('AUTHORITY_UNSUPPORTED'));
  const guardian = await kit.member('patient');
  const dormant = kit.records.add(clinic.actor.partyId);
  const unproven = await kit.appointGuardian(clinic, { guardian, ward, sourceRecord: dormant });
  await confirm(officer, unproven);
  const first = kit.actFor(guardian, ward, unproven);
  await expect(consent.setTerms(first, 'permit')).rejects.toEqual(code('AUTHORITY_NOT_BOUND'));
  const elsewhere = await kit.member('provider');
  const unknown = kit.appointGuardian(elsewhere, { guardian, ward, sourceRecord: dormant });
  await expect(unknown).rejects.toEqual(code('GUARDIAN_REFUSED'));
});

it('is nothing that the process on the network gives, makes longer or revives', async () => {
  const { ward, guardian, appointment } = await family();
  const as = (whose: Member, sql: string, parameters: readonly unknown[]) =>
    consent.api(async (tx) => {
      await tx.actAs(whose.actor.partyId);
      await tx.execute(sql, parameters);
    });
  const longer = as(guardian, `update identity.guardian_appointment set until = until + interval '1 year'`, []);
  await expect(longer).rejects.toMatchObject({ code: '42501' });
  const key = `update identity.guardian_appointment set ended_with = statement_digest, ended_at = now()
                where statement_digest = decode($1, 'hex')`;
  await expect(as(guardian, key, [appointment])).rejects.toMatchObject({ constraint: 'appointment_signed' });
  const forged = as(
    ward,
    `insert into identity.statement (digest, party_id, did, jti, typ, text, accepted_at)
     values (sha256('forged'), $1, $2, gen_random_uuid(), 'aceso/grant/v1', '{}', now())`,
    [ward.actor.partyId, guardian.client.did],
  );
  await expect(forged).rejects.toMatchObject({ constraint: 'statement_key' });
});
