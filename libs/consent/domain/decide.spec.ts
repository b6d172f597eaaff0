import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { digestOf, lifeOf, TestParty } from '@aceso/identity/testing';
import { DAY_SECONDS } from '@aceso/identity/domain';
import { sha256, verifyEd25519 } from '@aceso/platform';
import { signGrant, signRevocation } from '../testing';
import { decideGrant, forRequester, type GrantContext, type GrantEvidence } from './decide';
import type { GrantTarget } from './grant-target';

const NOW = Date.UTC(2026, 2, 14);
const audience = 'ledger.example.org/aceso';
const digest = (symbol: string) => symbol.repeat(64);
const party = (fill: number, aud = audience) =>
  new TestParty({ audience: aud, now: () => NOW, seed: new Uint8Array(32).fill(fill) });
const RECORD = '6f1c2a52-8a3e-4a44-9d8e-0f6f4e9f3b10';

const target: GrantTarget = {
  requestId: '0c3f1f0e-6a8b-4d5f-8f54-8a8f2f0e7a11',
  version: 1,
  contentHash: digest('a'),
  notice: { hash: digest('b'), language: 'en' },
  amount: { amountMinor: 700n, currency: 'EUR' },
  splitRule: digest('c'),
  heads: [{ sourceRecordId: RECORD, sequence: 3, digest: digest('d') }],
  answerDeadline: NOW + 1000,
};
const context: GrantContext = { audience, verify: verifyEd25519, sha256, request: target, at: NOW };

const clinic = party(1);
const amina = party(2);
const attestationText = clinic.attestation(RECORD, 'one-time code');
const bindingText = amina.binding(RECORD, digestOf(attestationText));
const bound = {
  attestationText,
  attestedAt: NOW,
  bindingText,
  boundAt: NOW,
  sourceRecordId: RECORD,
  providerKeys: [lifeOf(clinic)],
};
const grantText = signGrant(amina, target);
const evidence: GrantEvidence = {
  grantText,
  grantAcceptedAt: NOW,
  revocationText: null,
  patientKeys: [lifeOf(amina)],
  bindings: [bound],
};

describe('a grant', () => {
  it('permits the records up to the heads that it names', () => {
    expect(decideGrant(evidence, context)).toEqual({
      permit: true,
      recordsUpTo: [{ sourceRecord: RECORD, sequence: 3, digest: digest('d') }],
    });
  });

  const exp = (JSON.parse(grantText).payload.exp as number) * 1000;
  const stranger = party(9);
  const abroad = signGrant(party(2, 'other.example.org'), target);
  const refused: [string, Partial<GrantEvidence>, Partial<GrantContext>, string][] = [
    ['is revoked', { revocationText: signRevocation(amina, digestOf(grantText)) }, {}, 'GRANT_REVOKED'],
    ['has a revocation that does not even verify', { revocationText: '{}' }, {}, 'GRANT_REVOKED'],
    ['is a statement of another kind', { grantText: bindingText }, {}, 'GRANT_INVALID'],
    ['was made for another ledger', { grantText: abroad }, {}, 'GRANT_INVALID'],
    ['has an altered byte', { grantText: grantText.replace('"700"', '"701"') }, {}, 'GRANT_INVALID'],
    ['was signed by another key', { grantText: signGrant(stranger, target) }, {}, 'GRANT_OTHER_KEY'],
    [
      'was accepted after its key had ended',
      { patientKeys: [lifeOf(amina, { until: NOW - 1 })] },
      {},
      'GRANT_KEY_REVOKED',
    ],
    [
      'was accepted before its key was there',
      { patientKeys: [lifeOf(amina, { addedAt: NOW + 60_001 })] },
      {},
      'GRANT_OTHER_KEY',
    ],
    [
      'was signed as its key does not',
      { patientKeys: [lifeOf(amina, { kind: 'WebAuthn-EdDSA' })] },
      {},
      'GRANT_OTHER_KEY',
    ],
    ['is for another request', {}, { request: { ...target, requestId: randomUUID() } }, 'GRANT_OTHER_REQUEST'],
    ['is for another version', {}, { request: { ...target, version: 2 } }, 'GRANT_OTHER_VERSION'],
    ['is for other content', {}, { request: { ...target, contentHash: digest('e') } }, 'GRANT_CONTENT_CHANGED'],
    ['ends at this very moment', {}, { at: exp }, 'GRANT_EXPIRED'],
    ['names a record that is not bound', { bindings: [] }, {}, 'BINDING_MISSING'],
    [
      'rests on a binding of another provider',
      { bindings: [{ ...bound, providerKeys: [lifeOf(stranger)] }] },
      {},
      'ATTESTATION_OTHER_PROVIDER',
    ],
    [
      'rests on an altered binding',
      { bindings: [{ ...bound, bindingText: `${bindingText} x` }] },
      {},
      'BINDING_INVALID',
    ],
    [
      "rests on somebody else's binding",
      { bindings: [{ ...bound, bindingText: stranger.binding(RECORD, digestOf(attestationText)) }] },
      {},
      'BINDING_OTHER_KEY',
    ],
  ];
  it.each(refused)('does not permit when it %s', (_, changedEvidence, changedContext, reason) => {
    const decision = decideGrant({ ...evidence, ...changedEvidence }, { ...context, ...changedContext });
    expect(decision).toEqual({ permit: false, reason });
  });

  it('stays when its key is revoked later, beside keys of other devices', () => {
    const patientKeys = [lifeOf(party(8)), lifeOf(amina, { until: NOW })];
    expect(decideGrant({ ...evidence, patientKeys }, context).permit).toBe(true);
  });

  it('permits exactly when its key was there at the acceptance, whatever else the party has', () => {
    const moment = fc.integer({ min: -100, max: 100 });
    const life = fc.record({ addedAt: moment, until: fc.option(moment) });
    fc.assert(
      fc.property(fc.array(life, { maxLength: 3 }), life, moment, (others, own, acceptedAt) => {
        const minutes = (value: number) => NOW + value * 60_000;
        const at = ({ addedAt, until }: typeof own) => ({
          addedAt: minutes(addedAt),
          until: until === null ? null : minutes(until),
        });
        const patientKeys = [
          ...others.map((other, index) => lifeOf(party(20 + index), at(other))),
          lifeOf(amina, at(own)),
        ];
        const seen = { ...evidence, bindings: [], grantAcceptedAt: minutes(acceptedAt), patientKeys };
        const decision = decideGrant(seen, context);
        const inTime = acceptedAt + 1 >= own.addedAt && (own.until === null || acceptedAt <= own.until);
        // Without bindings the next thing to be missed are these: the key itself was found good.
        const reason = inTime ? 'BINDING_MISSING' : expect.stringMatching(/^GRANT_(OTHER_KEY|KEY_REVOKED)$/);
        expect(decision).toEqual({ permit: false, reason });
      }),
      { numRuns: 200 },
    );
  });

  it('permits until the last millisecond before its end', () => {
    expect(decideGrant(evidence, { ...context, at: exp - 1 }).permit).toBe(true);
  });

  it('lets a fault of ours through instead of calling it a refusal', () => {
    const broken = () => {
      throw new TypeError('no hash function');
    };
    expect(() => decideGrant(evidence, { ...context, sha256: broken })).toThrow(TypeError);
  });

  it('tells a requester one reason for everything', () => {
    expect(forRequester({ permit: false, reason: 'GRANT_REVOKED' })).toEqual({ permit: false, reason: 'NO_DATA' });
    expect(forRequester({ permit: false, reason: 'BINDING_MISSING' })).toEqual({ permit: false, reason: 'NO_DATA' });
    expect(forRequester(decideGrant(evidence, context))).toEqual({ permit: true, reason: null });
  });

  it('never permits with any one byte of grant, binding or attestation flipped', () => {
    const flip = (text: string, at: number, mask: number) => {
      const bytes = Buffer.from(text, 'utf8');
      bytes[at] = (bytes[at] ?? 0) ^ mask;
      return bytes.toString('latin1');
    };
    fc.assert(
      fc.property(fc.nat(grantText.length - 1), fc.integer({ min: 0, max: 7 }), (at, bit) => {
        const mask = 1 << bit;
        const spots = [
          { grantText: flip(grantText, at, mask) },
          { bindings: [{ ...bound, bindingText: flip(bindingText, at % bindingText.length, mask) }] },
          { bindings: [{ ...bound, attestationText: flip(attestationText, at % attestationText.length, mask) }] },
        ];
        for (const spot of spots) expect(decideGrant({ ...evidence, ...spot }, context).permit).toBe(false);
      }),
      { numRuns: 300 },
    );
  });
});

type Act = 'grant' | 'revoke' | 'wait' | 'decide';

describe('random interleavings of grant, revoke, wait and decide', () => {
  it('permit exactly when the newest grant is neither revoked nor expired', () => {
    const act = fc.constantFrom<Act>('grant', 'revoke', 'wait', 'decide');
    fc.assert(
      fc.property(fc.array(act, { maxLength: 12 }), (acts) => {
        let at = NOW;
        const patient = new TestParty({ audience, now: () => at });
        const binding = { ...bound, bindingText: patient.binding(RECORD, digestOf(attestationText)) };
        let grant: { text: string; endsAt: number } | null = null;
        let revocationText: string | null = null;
        for (const next of acts) {
          if (next === 'wait') at += 200 * DAY_SECONDS * 1000;
          if (next === 'grant') {
            grant = { text: signGrant(patient, target), endsAt: at + 365 * DAY_SECONDS * 1000 };
            revocationText = null;
          }
          if (next === 'revoke' && grant) revocationText = signRevocation(patient, digestOf(grant.text));
          if (next !== 'decide' || !grant) continue;
          const seen = {
            ...evidence,
            grantText: grant.text,
            revocationText,
            patientKeys: [lifeOf(patient)],
            bindings: [binding],
          };
          const expected = revocationText === null && at < grant.endsAt;
          expect(decideGrant(seen, { ...context, at }).permit).toBe(expected);
        }
      }),
      { numRuns: 60 },
    );
  });
});
