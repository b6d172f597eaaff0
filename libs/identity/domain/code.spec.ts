import { encodeDidKey, base64url } from '@aceso/kernel';
import { sha256 } from '@aceso/platform';
import { codeHash, codeMatches, newCode } from './code';
import { jwkThumbprint } from './thumbprint';

describe('a one-time code', () => {
  it('has 125 bits in five groups without letters that are taken for digits', () => {
    const code = newCode((length) => Uint8Array.from({ length }, (_, index) => index * 11));
    expect(code).toMatch(/^[0-9A-HJKMNP-TV-Z]{5}(-[0-9A-HJKMNP-TV-Z]{5}){4}$/);
  });

  it('matches its own hash only', () => {
    const hash = codeHash('ABCDE-FGHJK', sha256);
    expect(codeMatches('ABCDE-FGHJK', hash, sha256)).toBe(true);
    expect(codeMatches('ABCDE-FGHJM', hash, sha256)).toBe(false);
  });

  it.each(['', 'short', 'x'.repeat(129)])('is not looked at with an unusable length', (code) => {
    expect(codeMatches(code, codeHash(code, sha256), sha256)).toBe(false);
  });
});

describe('the thumbprint of a key', () => {
  it('is that of RFC 8037 appendix A.3', () => {
    const did = encodeDidKey(base64url.decode('11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo'));
    expect(jwkThumbprint(did, sha256)).toBe('kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k');
  });
});
