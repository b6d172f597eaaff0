import { sha256, verifyEd25519 } from '@aceso/platform';
import { digestOf, lifeOf, TestParty } from '../testing';
import { verifyBinding } from './binding';

const NOW = Date.UTC(2026, 2, 14);
const audience = 'ledger.example.org/aceso';
const context = { audience, verify: verifyEd25519, sha256 };
const party = (fill: number, aud = audience) =>
  new TestParty({ audience: aud, now: () => NOW, seed: new Uint8Array(32).fill(fill) });
const clinic = party(1);
const amina = party(2);
const RECORD = '6f1c2a52-8a3e-4a44-9d8e-0f6f4e9f3b10';
const OTHER = '7f1c2a52-8a3e-4a44-9d8e-0f6f4e9f3b10';

const attestationText = clinic.attestation(RECORD, 'one-time code', 'document');
const bindingText = amina.binding(RECORD, digestOf(attestationText));
const parties = { sourceRecordId: RECORD, providerKeys: [lifeOf(clinic)], patientKeys: [lifeOf(amina)] };
const texts = { attestationText, attestedAt: NOW, bindingText, boundAt: NOW + 1000 };

describe('a binding', () => {
  it('holds with both signatures, and keeps its evidence level', () => {
    expect(verifyBinding(texts, parties, context)).toEqual({
      holds: true,
      evidence: 'document',
    });
  });

  const foreign = party(1, 'other.example.org').attestation(RECORD, 'one-time code');
  const otherAttestation = clinic.attestation(OTHER, 'one-time code');
  const otherBinding = amina.binding(OTHER, digestOf(attestationText));
  const second = clinic.attestation(RECORD, 'another code');
  it.each([
    [
      'the attestation is altered',
      { attestationText: attestationText.replace('document', 'in-person') },
      {},
      'ATTESTATION_INVALID',
    ],
    ['the attestation is for another ledger', { attestationText: foreign }, {}, 'ATTESTATION_INVALID'],
    ['the patient signed it alone', { attestationText: bindingText }, {}, 'ATTESTATION_INVALID'],
    ['another provider holds the record', {}, { providerKeys: [lifeOf(party(3))] }, 'ATTESTATION_OTHER_PROVIDER'],
    ['the attestation is for another record', { attestationText: otherAttestation }, {}, 'ATTESTATION_OTHER_RECORD'],
    ['the binding is altered', { bindingText: bindingText.replace('"seq":1', '"seq":2') }, {}, 'BINDING_INVALID'],
    ['another key signed the grant', {}, { patientKeys: [lifeOf(party(4))] }, 'BINDING_OTHER_KEY'],
    ['the binding is for another record', { bindingText: otherBinding }, {}, 'BINDING_OTHER_RECORD'],
    ['the attestation was exchanged', { attestationText: second }, {}, 'BINDING_OTHER_ATTESTATION'],
  ])('does not hold when %s', (_, changed, expected, fault) => {
    const verdict = verifyBinding({ ...texts, ...changed }, { ...parties, ...expected }, context);
    expect(verdict).toEqual({ holds: false, fault });
  });

  it('stays when its keys are revoked later, and falls with a key that was in other hands before', () => {
    const ended = (until: number) => ({
      provider: { ...parties, providerKeys: [lifeOf(clinic, { until })] },
      patient: { ...parties, patientKeys: [lifeOf(amina, { until })] },
    });
    expect(verifyBinding(texts, ended(NOW + 1000).provider, context).holds).toBe(true);
    expect(verifyBinding(texts, ended(NOW + 1000).patient, context).holds).toBe(true);
    expect(verifyBinding(texts, ended(NOW - 1).provider, context)).toMatchObject({ fault: 'ATTESTATION_KEY_REVOKED' });
    expect(verifyBinding(texts, ended(NOW + 999).patient, context)).toMatchObject({ fault: 'BINDING_KEY_REVOKED' });
  });

  it('lets a fault of ours through instead of calling it a refusal', () => {
    const broken = () => {
      throw new TypeError('no hash function');
    };
    expect(() => verifyBinding(texts, parties, { ...context, sha256: broken })).toThrow(TypeError);
  });
});
