import { openIdentityKit, type Member, type TestParty } from '@aceso/identity/testing';
import type { PersonId } from '@aceso/kernel';
import type { PermissionRule } from './domain';
import { ConsentKit } from './testing';

/** A second device of a patient sets rules and terms, and turns out to have been in other hands: or not yet then. */
let kit: ConsentKit;
let center: Member;
let clinic: Member;
let physician: Member;

beforeAll(async () => {
  kit = new ConsentKit(await openIdentityKit());
  const { identity } = kit;
  [center, clinic, physician] = [
    await identity.member('researcher'),
    await identity.member('provider'),
    await identity.member('physician'),
  ];
  await identity.attestMembership(clinic, physician, true);
});
afterAll(() => kit.identity.test.close());
afterEach(() => {
  kit.identity.aheadMs = 0;
});

const permit = (subject: 'physicians' | 'research'): PermissionRule => ({
  subject: { class: subject },
  category: {},
  level: 'read',
  purpose: 'any',
});

/** Its device, and its chain as that left it. */
async function withDevice(patient: Member, use: (stolen: Member) => Promise<void>): Promise<TestParty> {
  const device = await kit.identity.addDevice(patient);
  await use({ ...patient, client: device });
  patient.client.continueFrom(device);
  return device;
}

const revoke = ({ client, actor }: Member, did: string, since?: number) =>
  kit.api((tx) => kit.identity.keys.revoke(tx, actor, client.keyRevocation(did, since)));

/** What one person's rules answer, from the signed bytes and from rows. */
async function answers(personId: PersonId) {
  const by = async (who: Member, purpose: 'treatment' | 'research', unruled: 'deny' | 'permit') => {
    const actor = await kit.api((tx) => kit.permissions.actorOf(tx, who.actor));
    const question = {
      actor,
      category: { type: 'Patient' },
      purpose,
      act: 'read',
      at: kit.identity.runtime.now(),
    } as const;
    const rules = (await kit.worker((tx) => kit.permissions.rulesOf(tx, [personId]))).get(personId)!;
    const single = kit.permissions.decide(rules, question, unruled).effect;
    const rows = await kit.worker((tx) =>
      kit.permissions.decideForAll(tx, question, { unruled, personIds: [personId] }),
    );
    return [single, rows[0]?.effect ?? unruled];
  };
  const [found] = await kit.worker((tx) =>
    tx.query<{ asked: boolean; discoverable: boolean; seen: boolean }>(
      `select consent.research_may_ask($1, $2) as asked,
              exists (select from consent.discoverable d where d.person_id = $1) as discoverable,
              not exists (select from consent.research_ruled r where r.person_id = $1)
                or consent.research_sees($1, $2, '{Condition}', '{s|c}', '{}', null) as seen`,
      [personId, center.actor.partyId],
    ),
  );
  return {
    ...found,
    treatment: await by(physician, 'treatment', 'deny'),
    research: await by(center, 'research', 'permit'),
  };
}
const YES = {
  asked: true,
  discoverable: true,
  seen: true,
  treatment: ['permit', 'permit'],
  research: ['permit', 'permit'],
};
const NO = { asked: false, discoverable: false, seen: false, treatment: ['deny', 'deny'], research: ['deny', 'deny'] };

async function patientWith(rulesOf: readonly PermissionRule[]) {
  const patient = await kit.identity.member('patient');
  await kit.setTerms(patient, 'permit');
  const device = await withDevice(patient, (stolen) => kit.setRules(stolen, rulesOf));
  return { patient, device, personId: patient.actor.personId! };
}

it('rules stay when the key that signed them is revoked, and when it was lost only later', async () => {
  const lost = await patientWith([permit('physicians'), permit('research')]);
  await revoke(lost.patient, lost.device.did);
  expect(await answers(lost.personId)).toEqual(YES);
  const later = await patientWith([permit('physicians'), permit('research')]);
  kit.identity.aheadMs = 120_000;
  await revoke(later.patient, later.device.did, kit.identity.runtime.now() - 60_000);
  expect(await answers(later.personId)).toEqual(YES);
});

it.each([
  ['rules that permit', [permit('physicians'), permit('research')]],
  ['no rules at all', []],
])('%s of a stolen key permit nothing, one by one and in sets, until the patient sets rules anew', async (_, rules) => {
  const { patient, device, personId } = await patientWith(rules);
  await revoke(patient, device.did, Date.now() - 60_000);
  expect(await answers(personId)).toEqual(NO);
  const asked = {
    subject: { class: 'physicians' },
    category: {},
    purpose: 'treatment',
    act: 'read',
  } as const;
  const { sentence } = await kit.api((tx) => kit.permissions.explain(tx, patient.actor, asked));
  expect(sentence).toMatch(/in other hands.*Set them anew/);
  await kit.setRules(patient, [permit('physicians')]);
  expect(await answers(personId)).toEqual(YES);
});

it('nobody is discoverable by terms of a stolen key', async () => {
  const patient = await kit.identity.member('patient');
  const device = await withDevice(patient, (stolen) => kit.setTerms(stolen, 'permit'));
  await kit.setRules(patient, [permit('physicians')]);
  expect((await answers(patient.actor.personId!)).discoverable).toBe(true);
  await revoke(patient, device.did, Date.now() - 60_000);
  expect((await answers(patient.actor.personId!)).discoverable).toBe(false);
});
