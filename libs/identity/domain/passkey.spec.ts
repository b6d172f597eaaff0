import fc from 'fast-check';
import {
  ASSERTION_SIGNATURE_BYTES_MAX,
  assertionFault,
  AUTHENTICATOR_DATA_BYTES_MAX,
  base64url,
  CLIENT_DATA_BYTES_MAX,
  encodeP256DidKey,
  hex,
  parseDidKey,
  statementText,
  type Statement,
} from '@aceso/kernel';
import { portableVerifyP256 } from '@aceso/ledger/testing';
import { sha256, verifyEd25519, verifyP256 } from '@aceso/platform';
import { digestOf, SoftPasskey, TestParty, USER_PRESENT, USER_VERIFIED, type Ceremony } from '../testing';
import { checkStatement, type StatementContext } from './check-statement';
import { signatureCounter } from './key-statement';
import { LOGIN } from './statement-kind';

const NOW = Date.UTC(2026, 2, 14);
const audience = 'ledger.example.org/aceso';
const usual = { rpId: 'example.org', origin: 'https://aceso.example.org' };
const relyingParty = { id: usual.rpId, origins: ['https://example.org', usual.origin] };
const passkeys = { relyingParty, sha256, verifyP256 };
const context: StatementContext = { audience, verify: verifyEd25519, sha256, passkeys };
const KINDS = ['WebAuthn-ES256', 'WebAuthn-EdDSA'] as const;

const party = (passkey: SoftPasskey) => new TestParty({ audience, now: () => NOW, passkey });
const check = (text: string, against = context) => checkStatement(text, LOGIN, against);
const code = (expected: string) => expect.objectContaining({ code: expected });

describe.each(KINDS)('a statement signed with a passkey (%s)', (kind) => {
  const passkey = new SoftPasskey(usual, kind);
  const text = party(passkey).login();
  const statement = JSON.parse(text) as Statement & { readonly proof: object };

  it('verifies from its bytes alone, says which key it is of, and how often that signed', () => {
    const checked = check(text);
    expect(checked.statement).toMatchObject({ alg: kind, kid: passkey.did });
    expect(checked.digest).toBe(digestOf(text));
    expect(signatureCounter(checked.statement)).toBe(1);
    expect(passkey.did).toMatch(kind === 'WebAuthn-ES256' ? /^did:key:zDn/ : /^did:key:z6Mk/);
  });

  it('never verifies with any bit of its text flipped', () => {
    const bytes = Buffer.from(text, 'utf8');
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const flipped = Uint8Array.from(bytes, (byte, at) => (at === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
      expect(() => check(Buffer.from(flipped).toString('latin1'))).toThrow();
    }
  });

  it('is refused where passkeys count nothing, and under another domain, page or kind of key', () => {
    const plain = { audience, verify: verifyEd25519, sha256 };
    expect(() => check(text, plain)).toThrow(code('PASSKEY_UNSUPPORTED'));
    const elsewhere = (changed: object) => ({
      ...context,
      passkeys: { ...passkeys, relyingParty: { ...relyingParty, ...changed } },
    });
    expect(() => check(text, elsewhere({ id: 'example.com' }))).toThrow('relying-party');
    expect(() => check(text, elsewhere({ origins: ['https://example.org'] }))).toThrow('origin');
    const otherKind = KINDS.find((one) => one !== kind);
    expect(() => check(JSON.stringify({ ...statement, alg: otherKind }))).toThrow(code('SIGNATURE_INVALID'));
    expect(() => check(JSON.stringify({ ...statement, alg: 'Ed25519' }))).toThrow(code('STATEMENT_MALFORMED'));
    const plainProof = { ...statement, alg: 'Ed25519', proof: 'A'.repeat(86) };
    expect(() => check(JSON.stringify(plainProof))).toThrow(code('SIGNATURE_INVALID'));
  });

  it('has exactly three members of text as its proof', () => {
    const wrong = [
      { ...statement.proof, userHandle: 'AA' },
      { ...statement.proof, signature: 1 },
      { clientDataJSON: 'AA', signature: 'AA' },
      'AA',
      null,
    ];
    for (const proof of wrong)
      expect(() => check(JSON.stringify({ ...statement, proof }))).toThrow(code('STATEMENT_MALFORMED'));
  });
});

const challenge = sha256(new TextEncoder().encode('what is signed'));

/** The fault of an assertion that was made with something changed. */
function faultOf(changed: Partial<Ceremony>, kind: SoftPasskey['kind'] = 'WebAuthn-ES256') {
  const passkey = new SoftPasskey(usual, kind);
  const signed = { challenge, key: parseDidKey(passkey.did) };
  return assertionFault(passkey.assert(challenge, changed), signed, { ...passkeys, verifyEd25519 });
}

describe('an assertion', () => {
  const zeros = (length: number) => new Uint8Array(length);
  it.each<[string, Partial<Ceremony>, string | null]>([
    ['is made as it should be', {}, null],
    ['is backed up, and may be', { flags: 0x1d }, null],
    ['carries extensions, and says so', { flags: 0x85, extensions: zeros(8) }, null],
    ['has members that we do not know', { more: { other_keys_can_be_added_here: 'yes' } }, null],
    ['was made to register', { type: 'webauthn.create' }, 'type'],
    ['was asked for by another page', { origin: 'https://aceso.example.org.evil.example' }, 'origin'],
    ['was asked for over http', { origin: 'http://aceso.example.org' }, 'origin'],
    ['was asked for in a frame of another site', { crossOrigin: true }, 'cross-origin'],
    ['names the page above its frame', { more: { topOrigin: usual.origin } }, 'cross-origin'],
    ['says of frames what is no truth value', { more: { crossOrigin: 'false' } }, 'malformed'],
    ['is for another domain', { rpId: 'aceso.example.org' }, 'relying-party'],
    ['was made with nobody there', { flags: USER_VERIFIED }, 'user-absent'],
    ['was made without knowing its owner', { flags: USER_PRESENT }, 'user-unverified'],
    ['carries a credential', { flags: 0x45, extensions: zeros(8) }, 'malformed'],
    ['has bytes that no flag announces', { extensions: zeros(1) }, 'malformed'],
    ['announces extensions and has none', { flags: 0x85 }, 'malformed'],
    ['is backed up, and may not be', { flags: 0x15 }, 'malformed'],
    [
      'has too much authenticator data',
      { flags: 0x85, extensions: zeros(AUTHENTICATOR_DATA_BYTES_MAX - 36) },
      'malformed',
    ],
    ['has too much client data', { more: { padding: 'x'.repeat(CLIENT_DATA_BYTES_MAX) } }, 'malformed'],
  ])('that %s', (_, changed, fault) => {
    expect(faultOf(changed)).toBe(fault);
    expect(faultOf(changed, 'WebAuthn-EdDSA')).toBe(fault);
  });

  const passkey = new SoftPasskey(usual);
  const key = parseDidKey(passkey.did);
  const good = passkey.assert(challenge);
  const judge = (proof: typeof good, signed: { challenge: Uint8Array; key: typeof key } = { challenge, key }) =>
    assertionFault(proof, signed, { ...passkeys, verifyEd25519 });

  it('is for one challenge and one key', () => {
    expect(judge(good)).toBeNull();
    expect(judge(good, { challenge: sha256(challenge), key })).toBe('challenge');
    expect(judge(good, { challenge, key: parseDidKey(new SoftPasskey(usual).did) })).toBe('signature');
  });

  it('is malformed with parts that are no base64url, no JSON object or too long', () => {
    const text = (value: string) => base64url.encode(new TextEncoder().encode(value));
    const parts = [
      { signature: `${good.signature}=` },
      { signature: base64url.encode(zeros(ASSERTION_SIGNATURE_BYTES_MAX + 1)) },
      { clientDataJSON: text('not JSON') },
      { clientDataJSON: text('null') },
      { clientDataJSON: text('[]') },
      { clientDataJSON: text('{"type":"webauthn.get","challenge":7,"origin":"x"}') },
      { authenticatorData: base64url.encode(zeros(36)) },
    ];
    for (const part of parts) expect(judge({ ...good, ...part })).toBe('malformed');
  });

  it('is signed in DER of the one form', () => {
    const der = base64url.decode(good.signature);
    const message = Uint8Array.of(
      ...base64url.decode(good.authenticatorData),
      ...sha256(base64url.decode(good.clientDataJSON)),
    );
    expect(verifyP256(key.publicKey, message, der)).toBe(true);
    for (const other of [Uint8Array.of(0x30, 0x81, ...der.slice(1)), Uint8Array.of(...der, 0), zeros(8), zeros(0)]) {
      expect(verifyP256(key.publicKey, message, other)).toBe(false);
      expect(portableVerifyP256(key.publicKey, message, other)).toBe(false);
    }
  });
});

describe('P-256', () => {
  // The test vector of the did:key method, section on P-256.
  const did = 'did:key:zDnaerx9CtbPJ1q36T5Ln5wYt3MQYeGRG5ehnPAmxcf5mDZpv';

  it('has a did:key that reads back', () => {
    const { type, publicKey } = parseDidKey(did);
    expect(type).toBe('P-256');
    expect(encodeP256DidKey(publicKey)).toBe(did);
    expect(() => encodeP256DidKey(Uint8Array.of(4, ...publicKey.slice(1)))).toThrow(TypeError);
    expect(() => encodeP256DidKey(publicKey.slice(1))).toThrow(TypeError);
    expect(() => parseDidKey('did:key:zQ3shokFTS3brHcDQrn82RUDfCZESWL1ZdCEJwekUDPQiYBme')).toThrow(TypeError);
  });

  it('refuses keys that are no point of the curve', () => {
    const off = [Uint8Array.of(2, ...new Uint8Array(32).fill(0xff)), Uint8Array.of(2, ...new Uint8Array(32).fill(5))];
    const onCurve = off.map((key) =>
      [verifyP256, portableVerifyP256].map((verify) => verify(key, key, new Uint8Array(8))),
    );
    expect(onCurve.flat()).toEqual([false, false, false, false]);
    expect(verifyP256(new Uint8Array(65).fill(4), off[0]!, new Uint8Array(8))).toBe(false);
  });

  it('is judged alike by server and browser', () => {
    const passkey = new SoftPasskey(usual);
    const { publicKey } = parseDidKey(passkey.did);
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 64 }),
        fc.nat(71),
        fc.integer({ min: 0, max: 255 }),
        (bytes, at, mask) => {
          const proof = passkey.assert(sha256(bytes));
          const client = base64url.decode(proof.clientDataJSON);
          const message = Uint8Array.of(...base64url.decode(proof.authenticatorData), ...sha256(client));
          const signature = base64url.decode(proof.signature).map((byte, index) => (index === at ? byte ^ mask : byte));
          const verdict = verifyP256(publicKey, message, signature);
          expect(verdict).toBe(mask === 0 || at >= signature.length);
          expect(portableVerifyP256(publicKey, message, signature)).toBe(verdict);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('verifies the signature of RFC 6979, appendix A.2.5 (SHA-256, "sample"), written as DER', () => {
    const key = hex.decode('0360fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6');
    const r = 'efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716';
    const s = 'f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8';
    const der = hex.decode(`3046022100${r}022100${s}`);
    expect(verifyP256(key, new TextEncoder().encode('sample'), der)).toBe(true);
    expect(verifyP256(key, new TextEncoder().encode('samples'), der)).toBe(false);
  });
});

it('stores a passkey statement in canonical form, whatever form it came in', () => {
  const text = party(new SoftPasskey(usual)).login();
  const spaced = JSON.stringify(JSON.parse(text), null, 2);
  expect(statementText(check(spaced).statement)).toBe(text);
});
