import { openIdentityKit, digestOf, type IdentityKit, type Member } from '@aceso/identity/testing';
import type { PermissionRule } from './domain';
import { ConsentKit } from './testing';

let kit: IdentityKit;
let consent: ConsentKit;
let clinic: Member;

beforeAll(async () => {
  kit = await openIdentityKit();
  consent = new ConsentKit(kit);
  clinic = await kit.member('provider');
});

afterAll(() => kit.test.close());

const restricted = expect.objectContaining({ code: 'KEY_RESTRICTED' });
const rule = (level: PermissionRule['level']): PermissionRule => ({
  subject: { class: 'physicians' },
  category: {},
  level,
  purpose: 'any',
});

it('revokes and refuses at once, and permits nothing before its time', async () => {
  const patient = await consent.boundPatient(clinic);
  const target = consent.target([patient.record]);
  const grant = await consent.grant(patient, target);
  await consent.setRules(patient, [rule('none')]);
  const officer = await kit.member('officer');
  const device = kit.client();
  const text = device.recovery(await kit.attestRecovery(clinic, patient.record, device.did));
  await kit.attestRecovery(officer, patient.record, device.did);
  await consent.api((tx) => kit.recoveries.request(tx, text));
  await kit.age(8);
  await consent.api((tx) => kit.recoveries.finish(tx, text));
  expect(digestOf(text)).toMatch(/^[0-9a-f]{64}$/);

  const recovered = { ...patient, client: device };
  const there = { sequence: patient.client.sequence, previous: patient.client.previous };
  const refused = [
    () => consent.grant(recovered, consent.target([patient.record])),
    () => consent.setTerms(recovered, 'permit'),
    () => consent.setRules(recovered, [rule('none'), rule('read')]),
    () => consent.setRules(recovered, []),
  ];
  for (const act of refused) {
    device.continueFrom(there);
    await expect(act()).rejects.toEqual(restricted);
  }
  const session = { ...patient.actor, did: device.did };
  const account = { holder: 'A. Thief', iban: 'DE89370400440532013000' };
  const saving = [
    () => kit.vaultItems.save(session, 'bank-details', account),
    () => kit.vault.saveContact(session, { name: 'A. Thief' }),
  ];
  for (const save of saving) await expect(save()).rejects.toEqual(restricted);
  device.continueFrom(there);
  await consent.setTerms(recovered, 'deny');
  await consent.setRules(recovered, [rule('none'), { ...rule('none'), subject: { class: 'research' } }]);
  await consent.revoke(recovered, grant);
  await kit.age(8);
  await consent.setTerms(recovered, 'permit');
});

it('asks for a second attester where a grant stands, which may bring money', async () => {
  const patient = await consent.boundPatient(clinic);
  await consent.grant(patient, consent.target([patient.record]));
  const device = kit.client();
  const text = device.recovery(await kit.attestRecovery(clinic, patient.record, device.did));
  await consent.api((tx) => kit.recoveries.request(tx, text));
  await kit.age(8);
  const finish = consent.api((tx) => kit.recoveries.finish(tx, text));
  await expect(finish).rejects.toEqual(expect.objectContaining({ code: 'RECOVERY_SECOND_ATTESTER' }));
});
