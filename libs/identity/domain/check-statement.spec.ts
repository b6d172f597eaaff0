import fc from 'fast-check';
import { base64url, encodeDidKey, hex, statementBytes, statementText } from '@aceso/kernel';
import { sha256, verifyEd25519 } from '@aceso/platform';
import { TestParty } from '../testing';
import { checkStatement, checkTime, CLOCK_SKEW_SECONDS, type StatementContext } from './check-statement';
import type { CommonClaims } from './claims';
import { ATTESTATION, BINDING, LINK, LOGIN, REGISTRATION, type StatementKind } from './statement-kind';

const NOW = Date.UTC(2026, 2, 14, 9, 26, 53);
const AUDIENCE = 'ledger.example.org/aceso';
const context: StatementContext = { audience: AUDIENCE, verify: verifyEd25519, sha256 };
const amina = new TestParty({ audience: AUDIENCE, now: () => NOW, seed: new Uint8Array(32).fill(7) });
const RECORD = '6f1c2a52-8a3e-4a44-9d8e-0f6f4e9f3b10';

function check<Claims extends CommonClaims>(text: string, kind: StatementKind<Claims>) {
  return checkStatement(text, kind, context);
}

function refusedWith(code: string) {
  return expect.objectContaining({ code });
}

/** Signs the payload of a good login with changes, so that only the changed claim can be the reason of a refusal. */
function loginWith(changes: object): string {
  const { payload } = JSON.parse(amina.login());
  const content = { typ: LOGIN.typ, alg: 'Ed25519', kid: amina.did, payload: { ...payload, ...changes } } as const;
  return statementText({ ...content, proof: base64url.encode(amina.composer.sign(statementBytes(content))) });
}

describe('a statement', () => {
  it('is accepted with its claims and digest', () => {
    const { claims, digest, statement } = check(amina.registration('patient'), REGISTRATION);
    expect(claims).toMatchObject({ role: 'patient', aud: AUDIENCE, signer: amina.did, authority: 'self' });
    expect(statement.kid).toBe(amina.did);
    expect(digest).toMatch(/^[0-9a-f]{64}$/);
  });

  it.each([
    ['is not JSON', '{', 'STATEMENT_MALFORMED'],
    ['is longer than allowed', `"${'x'.repeat(20_000)}"`, 'STATEMENT_MALFORMED'],
    ['has more bytes than allowed in fewer characters', loginWith({ text: 'é'.repeat(9_000) }), 'STATEMENT_MALFORMED'],
    ['has a further member', amina.login().replace('{', '{"jwk":{},'), 'STATEMENT_MALFORMED'],
    ['names another algorithm', amina.login().replace('Ed25519', 'none'), 'STATEMENT_MALFORMED'],
    ['is of another kind', amina.registration('patient'), 'STATEMENT_TYPE_MISMATCH'],
    ['misses a claim', loginWith({ cnf: undefined }), 'CLAIMS_INVALID'],
    ['has a claim nobody knows', loginWith({ admin: true }), 'CLAIMS_INVALID'],
    ['has a jti that is no UUID', loginWith({ jti: '1' }), 'CLAIMS_INVALID'],
    ['has a fraction of a second', loginWith({ iat: 1.5 }), 'CLAIMS_INVALID'],
    ['names a signer that is no key', loginWith({ signer: 'did:key:zQmNothing' }), 'CLAIMS_INVALID'],
    ['names another signer', loginWith({ signer: encodeDidKey(new Uint8Array(32).fill(9)) }), 'SIGNER_MISMATCH'],
    ['acts for somebody else', loginWith({ authority: 'guardian' }), 'AUTHORITY_UNSUPPORTED'],
    ['was made for another ledger', loginWith({ aud: 'other.example.org' }), 'AUDIENCE_MISMATCH'],
  ])('is refused when it %s', (_, text, code) => {
    expect(() => check(text, LOGIN)).toThrow(refusedWith(code));
  });

  it('is refused when its payload nests deeply or carries __proto__', () => {
    const nested = `${'['.repeat(8000)}${']'.repeat(8000)}`;
    const deep = amina.login().replace('"payload":{', `"payload":{"deep":${nested},`);
    expect(() => check(deep.slice(0, 16_384), LOGIN)).toThrow(refusedWith('STATEMENT_MALFORMED'));
    const shallow = `${'['.repeat(5000)}${']'.repeat(5000)}`;
    const unsigned = amina.login().replace('"payload":{', `"payload":{"deep":${shallow},`);
    expect(() => check(unsigned, LOGIN)).toThrow(refusedWith('SIGNATURE_INVALID'));
    const proto = loginWith(JSON.parse('{"__proto__":{"role":"officer"}}'));
    expect(() => check(amina.login().replace('"jti"', '"__proto__":{},"jti"'), LOGIN)).toThrow();
    expect(JSON.parse(proto).payload.role).toBeUndefined();
  });

  it('is refused under a key of small order, whose signatures verify for any text', () => {
    const identity = Uint8Array.of(1, ...new Uint8Array(31)); // the neutral element: R = identity, s = 0 "verifies"
    const kid = encodeDidKey(identity);
    const payload = { ...JSON.parse(amina.login()).payload, signer: kid };
    const proof = base64url.encode(Uint8Array.of(...identity, ...new Uint8Array(32)));
    expect(() => check(statementText({ typ: LOGIN.typ, alg: 'Ed25519', kid, payload, proof }), LOGIN)).toThrow(
      refusedWith('SIGNATURE_INVALID'),
    );
  });

  it('has one digest whatever the order of its members, and another when anything signed differs', () => {
    const text = amina.login();
    const { typ, proof, payload, kid, alg } = JSON.parse(text);
    expect(check(JSON.stringify({ proof, payload, kid, alg, typ }, null, 2), LOGIN).digest).toBe(
      check(text, LOGIN).digest,
    );
    expect(check(amina.login(), LOGIN).digest).not.toBe(check(text, LOGIN).digest);
  });

  it('never verifies with any one of its bytes flipped', () => {
    const text = amina.attestation(RECORD, 'a code of some length');
    const bytes = Buffer.from(text, 'utf8');
    for (let at = 0; at < bytes.length; at += 1) {
      for (const mask of [0x01, 0x20, 0x80]) {
        const flipped = Buffer.from(bytes);
        flipped[at] = (flipped[at] ?? 0) ^ mask;
        expect(() => check(flipped.toString('latin1'), ATTESTATION)).toThrow(
          expect.objectContaining({ code: expect.stringMatching(/^STATEMENT_|^SIGNATURE_/) }),
        );
      }
    }
  });

  it('never verifies with random text in the place of any part of it', () => {
    const text = amina.registration('patient');
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.nat(40), fc.string({ maxLength: 40 }), (from, length, other) => {
        const changed = text.slice(0, from) + other + text.slice(from + length);
        if (changed === text) return;
        let digest: string | null;
        try {
          digest = check(changed, REGISTRATION).digest;
        } catch {
          digest = null;
        }
        // Only white space between members may differ: the same statement, with the same digest.
        expect(digest === null || digest === check(text, REGISTRATION).digest).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('names the two records of a link in ascending order', () => {
    const other = '7f1c2a52-8a3e-4a44-9d8e-0f6f4e9f3b10';
    expect(check(amina.link(other, RECORD), LINK).claims.sourceRecords).toEqual([RECORD, other]);
    const backwards = amina.signNext(LINK, { sourceRecords: [other, RECORD] });
    expect(() => check(backwards, LINK)).toThrow(refusedWith('CLAIMS_INVALID'));
    expect(check(amina.binding(RECORD, hex.encode(new Uint8Array(32))), BINDING).claims.seq).toBe(3);
  });
});

describe('the time of a statement', () => {
  const at = Math.floor(NOW / 1000);
  const kind = { lifetimeSecondsMax: 300 };

  it.each([
    ['starts now', { iat: at, exp: at + 300 }],
    ['comes from a clock at the edge of the skew', { iat: at + CLOCK_SKEW_SECONDS, exp: at + CLOCK_SKEW_SECONDS + 1 }],
    ['ends in the next second', { iat: at - 299, exp: at + 1 }],
  ])('is accepted when it %s', (_, claims) => {
    expect(() => checkTime(claims, kind, NOW)).not.toThrow();
  });

  it.each([
    ['lies in the future', { iat: at + CLOCK_SKEW_SECONDS + 1, exp: at + 200 }, 'ISSUED_IN_FUTURE'],
    ['ends at this very second', { iat: at - 10, exp: at }, 'STATEMENT_EXPIRED'],
    ['ended long ago', { iat: at - 1000, exp: at - 900 }, 'STATEMENT_EXPIRED'],
    ['lasts a second too long', { iat: at, exp: at + 301 }, 'LIFETIME_TOO_LONG'],
    ['ends before it begins', { iat: at, exp: at - 1 }, 'LIFETIME_TOO_LONG'],
    ['has no length', { iat: at, exp: at }, 'LIFETIME_TOO_LONG'],
  ])('is refused when it %s', (_, claims, code) => {
    expect(() => checkTime(claims, kind, NOW)).toThrow(refusedWith(code));
  });
});
