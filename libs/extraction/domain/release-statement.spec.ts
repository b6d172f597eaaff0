import { statementText } from '@aceso/kernel';
import { ed25519 } from '@noble/curves/ed25519.js';
import { readRelease, signRelease } from './release-statement';

const seed = new Uint8Array(32).fill(7);
const publicKey = ed25519.getPublicKey(seed);
const sign = (message: Uint8Array): Uint8Array => ed25519.sign(message, seed);
const verify = (key: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean =>
  ed25519.verify(signature, message, key, { zip215: false });

const claims = {
  jti: '22222222-2222-4222-8222-222222222222',
  aud: 'ledger.example.org/consent',
  iat: 1_700_000_000,
  exp: 1_760_000_000,
  order: '11111111-1111-4111-8111-111111111111',
  manifest: 'a'.repeat(64),
  policy: 'b'.repeat(64),
};

describe('release statement', () => {
  it('comes back with its claims and the key that signed', () => {
    const read = readRelease(signRelease(claims, publicKey, sign), verify);
    expect(read.claims).toEqual({ ...claims, signer: read.releaseKey, authority: 'self' });
    expect(read.releaseKey).toMatch(/^did:key:z6Mk/);
  });

  it('is refused after any changed bit', () => {
    const text = Buffer.from(signRelease(claims, publicKey, sign));
    for (let at = 0; at < text.length; at += 1) {
      const changed = Buffer.from(text);
      changed[at]! ^= 1;
      expect(() => readRelease(changed.toString('latin1'), verify)).toThrow();
    }
  });

  it('is refused in another form of the same JSON', () => {
    const text = signRelease(claims, publicKey, sign);
    expect(() => readRelease(` ${text}`, verify)).toThrow(TypeError);
    expect(statementText(JSON.parse(text))).toBe(text);
  });
});
