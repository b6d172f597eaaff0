import { openIdentityKit, type Member, type TestParty } from '@aceso/identity/testing';
import type { SourceRecordId } from '@aceso/kernel';
import type { GrantTarget } from './domain';
import { ConsentKit } from './testing';

let kit: ConsentKit;
let clinic: Member;

beforeAll(async () => {
  kit = new ConsentKit(await openIdentityKit());
  clinic = await kit.identity.member('provider');
});
afterAll(() => kit.identity.test.close());

/** What stands of a patient's grants for a target: a permission, or the reason against it. */
async function decided(grant: string, target: GrantTarget): Promise<string> {
  const at = kit.identity.runtime.now();
  const [row] = await kit.worker((tx) => kit.consent.evidenceOf(tx, [grant]));
  const decision = kit.consent.decide(row!.evidence, { ...target, at });
  return decision.permit ? 'permitted' : decision.reason;
}

/** A patient whose second device agrees to what is asked. */
async function grantOfSecondDevice(device: TestParty) {
  const patient = await kit.boundPatient(clinic);
  await kit.identity.addDevice(patient, device);
  const target = kit.target([patient.record]);
  const grant = await kit.grant({ ...patient, client: device }, target);
  patient.client.continueFrom(device);
  return { patient, target, grant };
}

const revokeKey = ({ client, actor }: Member, did: string, since?: number) =>
  kit.api((tx) => kit.identity.keys.revoke(tx, actor, client.keyRevocation(did, since)));
const gateOf = async ({ actor }: Member) =>
  (await kit.worker((tx) => kit.identity.gates.versions(tx, [actor.personId!]))).get(actor.personId!);

describe.each([
  ['an Ed25519 key', () => kit.identity.client()],
  ['a passkey', () => kit.identity.passkeyClient()],
])('a grant signed by %s', (_, makeDevice) => {
  it('stays when the key is revoked, and the gate has moved', async () => {
    const device = makeDevice();
    const { patient, target, grant } = await grantOfSecondDevice(device);
    expect(await decided(grant, target)).toBe('permitted');
    const before = await gateOf(patient);
    await revokeKey(patient, device.did);
    expect(await gateOf(patient)).toBe(before! + 1);
    expect(await decided(grant, target)).toBe('permitted');
  });

  it('stays when the key was in other hands only later, and falls when it was before', async () => {
    const [early, late] = [makeDevice(), makeDevice()];
    const kept = await grantOfSecondDevice(early);
    kit.identity.aheadMs = 120_000;
    await revokeKey(kept.patient, early.did, kit.identity.runtime.now() - 60_000);
    kit.identity.aheadMs = 0;
    expect(await decided(kept.grant, kept.target)).toBe('permitted');
    const fallen = await grantOfSecondDevice(late);
    await revokeKey(fallen.patient, late.did, Date.now() - 60_000);
    expect(await decided(fallen.grant, fallen.target)).toBe('GRANT_KEY_REVOKED');
  });
});

it('a grant falls with the binding that a stolen key of the patient made, or a stolen key of the provider attested', async () => {
  const desk = await kit.identity.addDevice(clinic);
  const stolen = { ...clinic, client: desk };
  const patient = await kit.identity.member('patient');
  const record: SourceRecordId = await kit.identity.bind(patient, stolen);
  const target = kit.target([record]);
  const grant = await kit.grant(patient, target);
  expect(await decided(grant, target)).toBe('permitted');
  clinic.client.continueFrom(desk);
  await revokeKey(clinic, desk.did, Date.now() - 60_000);
  expect(await decided(grant, target)).toBe('ATTESTATION_KEY_REVOKED');

  const other = await kit.identity.member('patient');
  const phone = await kit.identity.addDevice(other);
  const bound = await kit.identity.bind({ ...other, client: phone }, clinic);
  other.client.continueFrom(phone);
  const asked = kit.target([bound]);
  const given = await kit.grant(other, asked);
  await revokeKey(other, phone.did, Date.now() - 60_000);
  expect(await decided(given, asked)).toBe('BINDING_KEY_REVOKED');
});
