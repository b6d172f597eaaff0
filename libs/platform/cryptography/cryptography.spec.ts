import { createHmac } from 'node:crypto';
import { ml_dsa44 } from '@noble/post-quantum/ml-dsa.js';
import { hex, utf8 } from '@aceso/kernel';
import { openAes256Gcm, SEAL_OVERHEAD_BYTES, sealAes256Gcm } from './aes-gcm';
import { ed25519PublicKey, ed25519Signer, verifyEd25519 } from './ed25519';
import { hmacSha256, sha256 } from './hash';
import { loadMlDsa44 } from './ml-dsa';

describe('hashes', () => {
  it('give the digests of FIPS 180-4 (its example "abc") and RFC 4231 (test case 2), however the input is cut', () => {
    const abc = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
    expect(hex.encode(sha256(utf8('abc')))).toBe(abc);
    expect(hex.encode(sha256(utf8('a'), new Uint8Array(), utf8('bc')))).toBe(abc);
    const mac = '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843';
    expect(hex.encode(hmacSha256(utf8('Jefe'), utf8('what do ya want '), utf8('for nothing?')))).toBe(mac);
    expect(hmacSha256.underKey?.(utf8('Jefe'))('what do ya want for nothing?')).toBe(mac);
  });
});

describe('a keyed hash under a prepared key', () => {
  const [texts, keys] = [
    ['', 'pseudonym/Observation\0a/1/2', 'Zoë ✓ 🩺', 'x'.repeat(170), 'x'.repeat(5000)],
    [1, 32, 64, 65, 200],
  ];

  it.each(keys)('gives what OpenSSL gives, for a key of %d bytes and texts of any length in any order', (bytes) => {
    const key = Uint8Array.from({ length: bytes }, (_, at) => (at * 37 + bytes) % 256);
    const under = hmacSha256.underKey!(key);
    for (const text of [...texts, ...texts.toReversed()])
      expect(under(text)).toBe(createHmac('sha256', key).update(text).digest('hex'));
  });
});

describe('Ed25519', () => {
  // RFC 8032 section 7.1, TEST 2.
  const seed = hex.decode('4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb');
  const publicKey = hex.decode('3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c');
  const signature = hex.decode(
    '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
  );
  const message = Uint8Array.of(0x72);

  it('signs and verifies as the RFC says', () => {
    expect(hex.encode(ed25519PublicKey(seed))).toBe(hex.encode(publicKey));
    expect(hex.encode(ed25519Signer(seed)(message))).toBe(hex.encode(signature));
    expect(verifyEd25519(publicKey, message, signature)).toBe(true);
  });

  it('refuses another message, key or signature, and every wrong length', () => {
    const flipped = Uint8Array.from(signature, (byte, index) => (index === 5 ? byte ^ 1 : byte));
    expect(verifyEd25519(publicKey, Uint8Array.of(0x73), signature)).toBe(false);
    expect(verifyEd25519(ed25519PublicKey(new Uint8Array(32)), message, signature)).toBe(false);
    expect(verifyEd25519(publicKey, message, flipped)).toBe(false);
    expect(verifyEd25519(publicKey, message, signature.subarray(1))).toBe(false);
    expect(verifyEd25519(publicKey.subarray(1), message, signature)).toBe(false);
  });

  it('refuses a signature whose s is not reduced (RFC 8032 section 5.1.7)', () => {
    const order = 2n ** 252n + 27742317777372353535851937790883648493n;
    const reduced = BigInt(`0x${hex.encode(signature.slice(32).reverse())}`);
    const raised = hex.decode((reduced + order).toString(16).padStart(64, '0')).reverse();
    expect(verifyEd25519(publicKey, message, Uint8Array.of(...signature.subarray(0, 32), ...raised))).toBe(false);
  });

  // The eight points of order 1, 2, 4 and 8, and encodings of some with y + p: "Taming the many EdDSAs", table 1.
  it.each([
    '0100000000000000000000000000000000000000000000000000000000000000',
    '0100000000000000000000000000000000000000000000000000000000000080',
    'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
    '0000000000000000000000000000000000000000000000000000000000000000',
    '0000000000000000000000000000000000000000000000000000000000000080',
    '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
    '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85',
    'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
    'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa',
    'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
    'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
    'ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
  ])('refuses the small-order or unreduced key %s', (key) => {
    // With s = 0 and R the neutral element, a key of small order "verifies" some messages for a lenient verifier.
    const nothing = new Uint8Array(64);
    nothing[0] = 1;
    for (let attempt = 0; attempt < 16; attempt += 1) {
      expect(verifyEd25519(hex.decode(key), Uint8Array.of(attempt), nothing)).toBe(false);
    }
  });

  it('keeps verifying when more keys pass than it remembers', () => {
    for (let index = 0; index < 5000; index += 1) {
      const key = new Uint8Array(32);
      new DataView(key.buffer).setUint32(4, index + 2);
      verifyEd25519(key, message, signature);
    }
    expect(verifyEd25519(publicKey, message, signature)).toBe(true);
  });
});

describe('AES-256-GCM', () => {
  const key = new Uint8Array(32).fill(7);
  const plaintext = utf8('a segment');
  const aad = utf8('source record 1, sequence 1');

  it('opens what it sealed, under a nonce of its own each time', () => {
    const sealed = sealAes256Gcm(key, plaintext, aad);
    expect(sealed.length).toBe(plaintext.length + SEAL_OVERHEAD_BYTES);
    expect(Buffer.from(openAes256Gcm(key, sealed, aad))).toEqual(Buffer.from(plaintext));
    expect(Buffer.from(sealAes256Gcm(key, plaintext, aad))).not.toEqual(Buffer.from(sealed));
  });

  it('opens a known text (McGrew and Viega, "The Galois/Counter Mode of Operation", test case 14)', () => {
    const sealed = hex.decode(
      '000000000000000000000000cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919',
    );
    expect(hex.encode(openAes256Gcm(new Uint8Array(32), sealed, new Uint8Array()))).toBe('00'.repeat(16));
  });

  it('refuses a change in any byte, another key, other additional data, and what is too short', () => {
    const sealed = sealAes256Gcm(key, plaintext, aad);
    const refused = expect.objectContaining({ code: 'CIPHERTEXT_INVALID' });
    for (let index = 0; index < sealed.length; index += 1) {
      const changed = Uint8Array.from(sealed, (byte, at) => (at === index ? byte ^ 0x80 : byte));
      expect(() => openAes256Gcm(key, changed, aad)).toThrow(refused);
    }
    expect(() => openAes256Gcm(new Uint8Array(32), sealed, aad)).toThrow(refused);
    expect(() => openAes256Gcm(key, sealed, utf8('source record 2, sequence 1'))).toThrow(refused);
    expect(() => openAes256Gcm(key, sealed.subarray(0, 27), aad)).toThrow(refused);
  });
});

describe('ML-DSA-44', () => {
  const { publicKey, secretKey } = ml_dsa44.keygen(new Uint8Array(32).fill(7));
  const message = Uint8Array.of(0x72);
  const signature = ml_dsa44.sign(message, secretKey);

  it('verifies, and refuses another message, key or signature, and every wrong length', async () => {
    const verify = await loadMlDsa44();
    expect(verify(publicKey, message, signature)).toBe(true);
    expect(verify(publicKey, Uint8Array.of(0x73), signature)).toBe(false);
    expect(verify(publicKey.with(5, (publicKey[5] as number) ^ 1), message, signature)).toBe(false);
    expect(verify(publicKey, message, signature.with(5, (signature[5] as number) ^ 1))).toBe(false);
    expect(verify(publicKey, message, signature.subarray(1))).toBe(false);
    expect(verify(publicKey.subarray(1), message, signature)).toBe(false);
  });
});
