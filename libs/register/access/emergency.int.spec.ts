import { randomUUID } from 'node:crypto';
import type { PermissionRule } from '@aceso/consent/domain';
import type { Member } from '@aceso/identity/testing';
import type { SourceRecordId } from '@aceso/kernel';
import { AccessKit } from '../testing';
import { EMERGENCIES_UNREVIEWED_MAX, EMERGENCY_TEXT_LENGTH_MAX } from './emergency.service';

let kit: AccessKit;
let clinic: Member;
let physician: Member;
let officer: Member;
let patient: Member;
let record: SourceRecordId;

const TEXT = 'Found unconscious at the station.';
const rule = (changes: Partial<PermissionRule> = {}): PermissionRule => ({
  subject: { class: 'physicians' },
  category: {},
  level: 'none',
  purpose: 'treatment',
  ...changes,
});

beforeAll(async () => {
  kit = await AccessKit.open();
  const { identity } = kit.consent;
  clinic = await identity.member('provider');
  officer = await identity.member('officer');
});
afterAll(() => kit.close());
beforeEach(async () => {
  const { identity } = kit.consent;
  physician = await identity.member('physician');
  await identity.attestMembership(clinic, physician, true);
  patient = await identity.member('patient');
  const id = patient.actor.partyId;
  record = await kit.bindRecord(patient, clinic, id, [
    { resourceType: 'Patient', id },
    {
      resourceType: 'Condition',
      id: 'hiv',
      subject: { reference: `Patient/${id}` },
      code: { coding: [{ system: 'http://hl7.org/fhir/sid/icd-10', code: 'B20' }] },
    },
  ]);
});

const open = (who = physician, text = TEXT) =>
  kit.emergencies.open(who.actor, { handle: { sourceRecordId: record }, reason: 'unconscious', text });
const read = async (id: string, who = physician): Promise<string[]> => {
  const page = await kit.physicians.readInEmergency(who.actor, id, { limit: 10, after: null, filter: {} });
  return page.rows.map(({ resource }) => resource.resourceType);
};
const refusal = (code: string) => expect.objectContaining({ code });
const ofPatient = () => kit.emergencies.list(patient.actor, { of: 'own', limit: 10, after: null });

/** Lets time pass in the rows, which only the owner can. */
async function age(id: string, hours: number): Promise<void> {
  const { ownerQuery } = kit.consent.identity.test;
  await ownerQuery('alter table register.emergency disable trigger user');
  await ownerQuery(
    `update register.emergency set opened_at = opened_at - $2 * interval '1 hour', expires_at = expires_at - $2 * interval '1 hour',
       review_due_at = review_due_at - $2 * interval '1 hour' where id = $1`,
    [id, hours],
  );
  await ownerQuery('alter table register.emergency enable trigger user');
}

it('lets a physician read whom it may not treat, for four hours, and the patient sees it at once', async () => {
  await kit.consent.setRules(patient, [rule()]);
  const { id, expiresAt } = await open();
  const [seen] = await ofPatient();
  expect(seen).toMatchObject({
    id,
    text: TEXT,
    reason: 'unconscious',
    physicianId: physician.actor.partyId,
    decision: null,
  });
  expect(expiresAt.getTime() - (seen?.openedAt.getTime() ?? 0)).toBe(4 * 3_600_000);
  expect((await read(id)).sort()).toEqual(['Condition', 'Patient']);
  const events = await kit.consent.identity.test.ownerQuery(
    `select act, purpose, basis from audit.access_event where subject_id = $1 and actor_id = $2 order by seq`,
    [patient.actor.personId, physician.actor.partyId],
  );
  expect(events).toEqual([
    { act: 'emergency.opened', purpose: 'emergency', basis: 'emergency' },
    { act: 'record.opened', purpose: 'emergency', basis: 'emergency' },
  ]);
  await age(id, 4);
  await expect(read(id)).rejects.toEqual(refusal('NO_DATA'));
});

it('is no way around a rule about emergencies, nor around one about any purpose', async () => {
  for (const purpose of ['emergency', 'any'] as const) {
    await kit.consent.setRules(patient, [rule({ purpose })]);
    await expect(open()).rejects.toEqual(refusal('NO_DATA'));
  }
  expect(await ofPatient()).toEqual([]);
  await kit.consent.setRules(patient, [rule({ purpose: 'emergency', category: { labels: ['HIV'] } })]);
  expect(await read((await open()).id)).toEqual(['Patient']);
});

it('is not opened for a patient who has no record', async () => {
  const nobodys = await kit.consent.identity.member('patient');
  const handle = { patientId: nobodys.actor.partyId };
  const opening = kit.emergencies.open(physician.actor, { handle, reason: 'unconscious', text: TEXT });
  await expect(opening).rejects.toEqual(refusal('NO_DATA'));
  expect(await kit.emergencies.list(nobodys.actor, { of: 'own', limit: 10, after: null })).toEqual([]);
});

it('obeys rules that come while it stands', async () => {
  const { id } = await open();
  await kit.consent.setRules(patient, [rule({ purpose: 'emergency' })]);
  await expect(read(id)).rejects.toEqual(refusal('NO_DATA'));
});

it('is its physician’s alone', async () => {
  const other = await kit.consent.identity.member('physician');
  await kit.consent.identity.attestMembership(clinic, other, true);
  const { id } = await open();
  await expect(read(id, other)).rejects.toEqual(refusal('NO_DATA'));
});

it.each(['short', 'x'.repeat(EMERGENCY_TEXT_LENGTH_MAX + 1), ' '.repeat(50)])(
  'wants a reason in words',
  async (text) => {
    await expect(open(physician, text)).rejects.toEqual(refusal('EMERGENCY_REASON_INVALID'));
  },
);

it('is reviewed, once, by an officer, and the patient sees the verdict', async () => {
  const { id } = await open();
  const waiting = await kit.emergencies.list(officer.actor, { of: 'unreviewed', limit: 100, after: null });
  expect(waiting.find((one) => one.id === id)).toMatchObject({ text: TEXT });
  expect(Object.keys(waiting[0] ?? {})).not.toContain('personId');
  await expect(kit.emergencies.review(physician.actor, id, 'justified')).rejects.toThrow(/row-level security/);
  await kit.emergencies.review(officer.actor, id, 'unjustified');
  await expect(kit.emergencies.review(officer.actor, id, 'justified')).rejects.toEqual(refusal('EMERGENCY_REVIEWED'));
  expect(await ofPatient()).toEqual([expect.objectContaining({ decision: 'unjustified' })]);
});

it('is refused while an earlier one is overdue, and open again after its review', async () => {
  const { id } = await open();
  await age(id, 73);
  await expect(open()).rejects.toEqual(refusal('EMERGENCY_REVIEW_DUE'));
  // Of a patient whom nobody knows the answer is the same: it tells nothing of one.
  const unknown = {
    handle: { sourceRecordId: randomUUID() as SourceRecordId },
    reason: 'unconscious',
    text: TEXT,
  } as const;
  await expect(kit.emergencies.open(physician.actor, unknown)).rejects.toEqual(refusal('EMERGENCY_REVIEW_DUE'));
  await kit.emergencies.review(officer.actor, id, 'justified');
  await expect(open()).resolves.toBeDefined();
});

it('is refused while too many wait, also by the database alone', async () => {
  for (let count = 0; count < EMERGENCIES_UNREVIEWED_MAX; count += 1) await open();
  await expect(open()).rejects.toEqual(refusal('EMERGENCY_REVIEW_DUE'));
  const copied = kit.consent.identity.test.ownerQuery(
    `insert into register.emergency (id, person_id, physician_id, provider_id, reason, access_event_id)
     select gen_random_uuid(), person_id, physician_id, provider_id, reason, access_event_id
       from register.emergency where physician_id = $1 limit 1`,
    [physician.actor.partyId],
  );
  await expect(copied).rejects.toMatchObject({ constraint: 'emergency_reviewed' });
});

it('keeps no words of a patient who was erased', async () => {
  const { id } = await open();
  await kit.consent.identity.test.ownerQuery('insert into identity.erased_party (party_id) values ($1)', [
    patient.actor.partyId,
  ]);
  const waiting = await kit.emergencies.list(officer.actor, { of: 'unreviewed', limit: 100, after: null });
  expect(waiting.find((one) => one.id === id)).toMatchObject({ id, text: null });
});
