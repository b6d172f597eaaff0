import { formatVerifierKey, KEY_TYPE, parseTrustPolicy, trustsOperatorOnly, verifierKey } from '@aceso/ledger/domain';
import { portableSha256 as sha256 } from '@aceso/ledger/testing';
import { trustPolicyText } from './trust-file';

const keyOf = (name: string, fill: number, type: 1 | 4 = KEY_TYPE.cosignature): string =>
  formatVerifierKey(verifierKey({ name, type, publicKey: new Uint8Array(32).fill(fill) }, sha256));
const LOG = `log ${keyOf('log.example.org/aceso', 1, KEY_TYPE.ed25519)}\n`;
const OWN = [2, 3].map((n) => `witness own-${n} ${keyOf(`log.example.org/aceso/witness-${n}`, n)}`);
const FOREIGN = [4, 5].map((n) => `witness w${n} ${keyOf(`witness.example.net/${n}`, n)} https://w${n}.example.net`);

describe('the trust policy for buyers', () => {
  it.each([
    ['no witness', `${LOG}quorum none\n`, true],
    ["the operator's own", `${LOG}${OWN.join('\n')}\ngroup local 1 own-2 own-3\nquorum local\n`, true],
    ['independent ones', `${LOG}${FOREIGN.join('\n')}\ngroup two 2 w4 w5\nquorum two\n`, false],
    ['one without an address', `${LOG}witness w ${keyOf('witness.example.net/w', 7)}\nquorum w\n`, false],
  ])('with %s names log, witnesses and quorum, and says whom it believes', (_, given, operatorOnly) => {
    const text = trustPolicyText(parseTrustPolicy(given, sha256));
    expect(text.replaceAll(/^#.*\n/gm, '')).toBe(given);
    expect(text.includes('believes the operator alone')).toBe(operatorOnly);
    expect(trustsOperatorOnly(parseTrustPolicy(text, sha256))).toBe(operatorOnly);
  });

  it("leaves the addresses of the operator's own out", () => {
    const own = OWN.map((line) => `${line} http://127.0.0.1:1234`).join('\n');
    expect(trustPolicyText(parseTrustPolicy(`${LOG}${own}\nquorum own-2\n`, sha256))).not.toContain('127.0.0.1');
  });
});
