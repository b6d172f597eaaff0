import { openIdentityKit, type Member } from '@aceso/identity/testing';
import type { PartyId } from '@aceso/kernel';
import { CONSENT_BYTES_MAX, CONSENT_PARTIES_MAX, ConsentDocumentService, parseConsent } from '.';
import { importConsent, type PermissionRule } from './domain';
import { ConsentKit } from './testing';

let kit: ConsentKit;
let clinic: Member;
let patient: Member;
let documents: ConsentDocumentService;

beforeAll(async () => {
  kit = new ConsentKit(await openIdentityKit());
  clinic = await kit.identity.member('provider');
  patient = await kit.boundPatient(clinic);
  documents = new ConsentDocumentService(kit.permissions);
});
afterAll(() => kit.identity.test.close());

const refusal = (code: string) => expect.objectContaining({ code });
const propose = (document: object, parties: readonly [string, PartyId][] = []) =>
  kit.api((tx) =>
    documents.propose(tx, { document: JSON.stringify(document), version: 'r5', parties: new Map(parties) }),
  );
const reading = {
  resourceType: 'Consent',
  status: 'active',
  decision: 'deny',
  provision: [
    {
      actor: [
        {
          role: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType', code: 'PRCP' }] },
          reference: { reference: 'Organization/1' },
        },
      ],
      action: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/consentaction', code: 'access' }] }],
    },
  ],
};

it('writes the rules that stand, and proposes the same from what it wrote', async () => {
  const rules: PermissionRule[] = [
    { subject: { class: 'research' }, category: {}, level: 'read', purpose: 'research' },
    { subject: { physiciansOf: clinic.actor.partyId }, category: { labels: ['HIV'] }, level: 'none', purpose: 'any' },
  ];
  await kit.setRules(patient, rules);
  for (const version of ['r4', 'r5'] as const) {
    const document = await kit.api((tx) => documents.write(tx, patient.actor, version));
    expect(importConsent(JSON.parse(document), { version, findParty: () => undefined })).toEqual(rules);
  }
});

it('a proposal permits nothing', async () => {
  await kit.setRules(patient, []);
  expect(await propose(reading, [['Organization/1', clinic.actor.partyId]])).toHaveLength(2);
  expect((await kit.api((tx) => kit.permissions.ownRules(tx, patient.actor))).rules).toEqual([]);
});

it('names nobody who is not registered, nor another patient', async () => {
  const other = await kit.boundPatient(clinic);
  await expect(propose(reading)).rejects.toThrow(refusal('FHIR_CONSENT_NOT_EXPRESSIBLE'));
  await expect(propose(reading, [['Organization/1', other.actor.partyId]])).rejects.toThrow('actor[0].reference');
});

it('refuses what is too long, too deep, too many or no JSON', async () => {
  expect(() => parseConsent(' '.repeat(CONSENT_BYTES_MAX + 1))).toThrow(refusal('FHIR_CONSENT_TOO_LARGE'));
  expect(() => parseConsent('['.repeat(100))).toThrow(refusal('FHIR_CONSENT_TOO_LARGE'));
  expect(() => parseConsent('{')).toThrow(refusal('FHIR_CONSENT_MALFORMED'));
  const many = Array.from({ length: CONSENT_PARTIES_MAX + 1 }, (_, n) => [`Organization/${n}`, clinic.actor.partyId]);
  await expect(propose(reading, many as [string, PartyId][])).rejects.toThrow(refusal('FHIR_CONSENT_TOO_LARGE'));
});
