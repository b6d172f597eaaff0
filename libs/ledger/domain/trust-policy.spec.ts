import { sha256 } from '../testing/portable-crypto';
import { formatVerifierKey, KEY_TYPE, verifierKey } from './verifier-key';
import { isOperatorsOwn, parseLogKeys, parseTrustPolicy, quorumMet, trustsOperatorOnly } from './trust-policy';

const keyOf = (name: string, fill: number, type: 1 | 4 | 6 = KEY_TYPE.cosignature): string =>
  formatVerifierKey(verifierKey({ name, type, publicKey: new Uint8Array(type === 6 ? 1312 : 32).fill(fill) }, sha256));
const [W1, W2, W3] = [keyOf('w1', 1), keyOf('w2', 2), keyOf('w3', 3)];
const LOG = keyOf('log.example.org', 9, KEY_TYPE.ed25519);

const THREE = `witness A ${W1}\nwitness B ${W2} https://b.example\nwitness C ${W3}\n`;

describe('a policy', () => {
  it.each([
    ['2 of 3', `${THREE}group g 2 A B C\nquorum g\n`, ['w1', 'w3'], true],
    ['2 of 3 with one', `${THREE}group g 2 A B C\nquorum g\n`, ['w2'], false],
    ['any', `${THREE}group g any A B C\nquorum g\n`, ['w2'], true],
    ['any with none', `${THREE}group g any A B C\nquorum g\n`, [], false],
    ['all', `${THREE}group g all A B C\nquorum g\n`, ['w1', 'w2', 'w3'], true],
    ['all with two', `${THREE}group g all A B C\nquorum g\n`, ['w1', 'w2'], false],
    ['nested', `${THREE}group g all A B\ngroup h any g C\nquorum h\n`, ['w3'], true],
    ['nested, half of a half', `${THREE}group g all A B\ngroup h any g C\nquorum h\n`, ['w1'], false],
    ['one witness', `${THREE}quorum B\n`, ['w2'], true],
    ['no witness', 'quorum none\n', [], true],
  ])('of %s', (_, text, cosigners, met) => {
    const policy = parseTrustPolicy(text, sha256);
    expect(quorumMet(policy, ({ name }) => (cosigners as string[]).includes(name))).toBe(met);
  });

  it('may be indented, separated by tabs and commented', () => {
    const policy = parseTrustPolicy(`# ours\n\n \tlog\t${LOG} https://log.example.org # the log\nquorum none`, sha256);
    expect(policy.logs.map(({ name }) => name)).toEqual(['log.example.org']);
    expect(trustsOperatorOnly(policy)).toBe(true);
    expect(trustsOperatorOnly(parseTrustPolicy(`${THREE}quorum A\n`, sha256))).toBe(false);
  });

  it('keeps where a witness is asked', () => {
    const { witnesses } = parseTrustPolicy(`${THREE}quorum A\n`, sha256);
    expect([...witnesses.values()].map(({ url }) => url)).toEqual([undefined, 'https://b.example', undefined]);
  });

  it('gives its logs to a witness, with or without a quorum', () => {
    const names = (text: string): string[] => parseLogKeys(text, sha256).map(({ name }) => name);
    expect(names(`# whom I witness\nlog ${LOG}\n`)).toEqual(['log.example.org']);
    expect(names(`log ${LOG}\nquorum none\n`)).toEqual(['log.example.org']);
    expect(() => names(`log ${W1}\n`)).toThrow(expect.objectContaining({ code: 'TRUST_POLICY_MALFORMED' }));
  });

  describe('names witnesses of the operator', () => {
    const own = (n: number): string => `witness own-${n} ${keyOf(`log.example.org/witness-${n}`, 20 + n)}\n`;
    const two = `${own(1)}${own(2)}`;

    it.each([
      ['below the name of its log', keyOf('log.example.org/witness-1', 1), true],
      ['under the name of its log', keyOf('log.example.org', 1), true],
      ['with the key of its log', keyOf('somebody.example.net', 9), true],
      ['not under a name that only begins alike', keyOf('log.example.org.uk/w', 1), false],
      ['not under another name', W1, false],
    ])('%s', (_, key, expected) => {
      const policy = parseTrustPolicy(`log ${LOG}\nwitness A ${key}\nquorum A\n`, sha256);
      expect(isOperatorsOwn(policy, policy.witnesses.get('A') as never)).toBe(expected);
      expect(trustsOperatorOnly(policy)).toBe(expected);
    });

    it.each([
      ['its own alone', `${two}group g any own-1 own-2\nquorum g\n`, true],
      ['its own or an independent one', `${two}witness A ${W1}\ngroup g any own-1 A\nquorum g\n`, true],
      ['two of its own and an independent one', `${two}witness A ${W1}\ngroup g 2 own-1 own-2 A\nquorum g\n`, true],
      ['its own and an independent one', `${two}witness A ${W1}\ngroup g all own-1 A\nquorum g\n`, false],
      ['two of three, of which one is its own', `${own(1)}${THREE}group g 2 own-1 A B\nquorum g\n`, false],
      ['nobody', `${THREE}quorum none\n`, true],
    ])('a quorum of %s', (_, text, expected) => {
      expect(trustsOperatorOnly(parseTrustPolicy(`log ${LOG}\n${text}`, sha256))).toBe(expected);
    });
  });

  it('may name an ML-DSA-44 witness', () => {
    const policy = parseTrustPolicy(`witness A ${keyOf('w', 1, KEY_TYPE.mlDsa44)}\nquorum none\n`, sha256);
    expect(policy.witnesses.get('A')?.type).toBe(KEY_TYPE.mlDsa44);
  });

  it.each([
    ['no quorum', THREE],
    ['two quorums', 'quorum none\nquorum none\n'],
    ['an empty quorum', 'quorum\n'],
    ['two names for a quorum', `${THREE}quorum A B\n`],
    ['a quorum defined below', `quorum A\n${THREE}`],
    ['an unknown keyword', 'logs x\nquorum none\n'],
    ['a log without a key', 'log\nquorum none\n'],
    ['a log with too many words', `log ${LOG} url more\nquorum none\n`],
    ['a log twice', `log ${LOG}\nlog ${keyOf('other', 9, KEY_TYPE.ed25519)}\nquorum none\n`],
    ['a log with the key of a witness', `log ${W1}\nquorum none\n`],
    ['a witness with the key of a log', `witness A ${LOG}\nquorum none\n`],
    ['a witness without a name', 'witness\nquorum none\n'],
    ['a witness without a key', 'witness A\nquorum none\n'],
    ['a witness with too many words', `witness A ${W1} url more\nquorum none\n`],
    ['one key under two witness names', `witness A ${W1}\nwitness B ${keyOf('again', 1)}\nquorum none\n`],
    ['a name twice', `witness A ${W1}\nwitness A ${W2}\nquorum none\n`],
    ['a witness called none', `witness none ${W1}\nquorum none\n`],
    ['a group without a name', 'group\nquorum none\n'],
    ['a group without a rule', 'group g\nquorum none\n'],
    ['a group without members', `${THREE}group g 1\nquorum none\n`],
    ['a threshold of 0', `${THREE}group g 0 A\nquorum none\n`],
    ['a threshold above the members', `${THREE}group g 2 A\nquorum none\n`],
    ['a threshold that is no number', `${THREE}group g some A\nquorum none\n`],
    ['a member defined below', `group g any A\n${THREE}quorum none\n`],
    ['a member twice', `${THREE}group g any A A\nquorum none\n`],
    ['a member of two groups', `${THREE}group g any A\ngroup h any A\nquorum none\n`],
    ['a carriage return', 'quorum none\r\n'],
  ])('with %s is refused', (_, text) => {
    expect(() => parseTrustPolicy(text, sha256)).toThrow(expect.objectContaining({ code: 'TRUST_POLICY_MALFORMED' }));
  });

  it('is bounded', () => {
    const malformed = expect.objectContaining({ code: 'TRUST_POLICY_MALFORMED' });
    const witness = (n: number): string => {
      const publicKey = new Uint8Array(32);
      new DataView(publicKey.buffer).setUint32(0, n);
      return formatVerifierKey(verifierKey({ name: 'w', type: KEY_TYPE.cosignature, publicKey }, sha256));
    };
    const log = (n: number): string => {
      const publicKey = new Uint8Array(32);
      new DataView(publicKey.buffer).setUint32(0, n);
      return formatVerifierKey(verifierKey({ name: 'l', type: KEY_TYPE.ed25519, publicKey }, sha256));
    };
    const witnesses = Array.from({ length: 1001 }, (_, n) => `witness W${n} ${witness(n)}`).join('\n');
    expect(() => parseTrustPolicy(`${witnesses}\nquorum none\n`, sha256)).toThrow(malformed);
    const logs = Array.from({ length: 1001 }, (_, n) => `log ${log(n)}`).join('\n');
    expect(() => parseTrustPolicy(`${logs}\nquorum none\n`, sha256)).toThrow(malformed);
  });
});
