import { base64, concat, hex } from '@aceso/kernel';
import { sha256 } from '../testing/portable-crypto';
import { LOG_KEY, WITNESS_KEY } from '../testing/worked-log';
import { formatVerifierKey, isKeyName, KEY_TYPE, parseVerifierKey, verifierKey } from './verifier-key';

const malformed = expect.objectContaining({ code: 'VERIFIER_KEY_MALFORMED' });

describe('a verifier key', () => {
  it('is that of the worked example', () => {
    expect(LOG_KEY.keyId).toBe('b95fe4d1');
    expect(formatVerifierKey(LOG_KEY)).toBe(
      'ledger.example.org/consent+b95fe4d1+AYqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c',
    );
    expect(WITNESS_KEY.keyId).toBe('0abc1f19');
    expect(verifierKey({ ...WITNESS_KEY, type: KEY_TYPE.ed25519 }, sha256).keyId).toBe('cc425a03');
  });

  it.each([
    'example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k',
    'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW',
    'EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop',
  ])('published by others is read and written again: %s', (text) => {
    expect(formatVerifierKey(parseVerifierKey(text, sha256))).toBe(text);
  });

  it('may hold plus signs in its base64', () => {
    const key = parseVerifierKey('TEST+7997405c+AQcC+FTVKf0jAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA', (...parts) =>
      // The published key is cut short in its source, so only the splitting is looked at: the ID is taken as given.
      concat(hex.decode('7997405c'), sha256(...parts)),
    );
    expect(key).toMatchObject({ name: 'TEST', type: KEY_TYPE.ed25519 });
  });

  it('of ML-DSA-44 is read, though nothing here verifies it', () => {
    const key = verifierKey({ name: 'w', type: KEY_TYPE.mlDsa44, publicKey: new Uint8Array(1312) }, sha256);
    expect(parseVerifierKey(formatVerifierKey(key), sha256)).toEqual(key);
  });

  const typed = (type: number, length = 32): string => base64.encode(new Uint8Array(length + 1).fill(type, 0, 1));
  it.each([
    ['without separators', 'name'],
    ['with an empty name', `+b95fe4d1+${typed(1)}`],
    ['with a space in its name', `a b+b95fe4d1+${typed(1)}`],
    ['with a Unicode space in its name', `a\u2003b+b95fe4d1+${typed(1)}`],
    ['with a short key ID', `a+b95fe4+${typed(1)}`],
    ['with an upper-case key ID', `a+B95FE4D1+${typed(1)}`],
    ['with a key ID that does not fit', `a+b95fe4d1+${typed(1)}`],
    ['of an unknown type', `a+b95fe4d1+${typed(0x65)}`],
    ['of a wrong length', `a+b95fe4d1+${typed(1, 31)}`],
    ['that is no base64', 'a+b95fe4d1+AY-_'],
    ['without padding', 'a+b95fe4d1+AY'],
    ['with an empty key', 'a+b95fe4d1+===='],
  ])('%s is refused', (_, text) => {
    expect(() => parseVerifierKey(text, sha256)).toThrow(malformed);
  });

  it('takes no name that a note could not carry', () => {
    expect(['', 'a b', 'a+b', 'a\u00a0b', 'a\u0085b'].map(isKeyName)).toEqual([false, false, false, false, false]);
    expect(() => verifierKey({ ...LOG_KEY, name: 'a b' }, sha256)).toThrow(malformed);
  });
});
