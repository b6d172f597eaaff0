import { base64, concat, utf8 } from '@aceso/kernel';
import { checkpointAt, inclusionProof, signedCheckpoint } from '../testing/worked-log';
import { formatTlogProof, parseTlogProof } from './tlog-proof';

const malformed = expect.objectContaining({ code: 'TLOG_PROOF_MALFORMED' });
const hash = base64.encode(new Uint8Array(32));
const HEADER = 'c2sp.org/tlog-proof@v1\n';

it('has the bytes of the worked example: entry 2 of size 5, one witness', () => {
  const checkpoint = signedCheckpoint(checkpointAt(5), { cosigned: true });
  const text = formatTlogProof({ index: 2n, hashes: inclusionProof(2, 5), checkpoint });
  expect(utf8(text)).toHaveLength(498);
  expect(text.startsWith(`${HEADER}index 2\n10otHyrxwcrWxeiob8hpFi59HqAecpq/8XhR0QlI+ZQ=\nO63IBTfw`)).toBe(true);
  expect(parseTlogProof(utf8(text))).toEqual({ index: 2n, hashes: inclusionProof(2, 5), checkpoint });
});

it.each([
  ['with extra data', utf8('extra information')],
  ['with empty extra data', new Uint8Array()],
  ['without', undefined],
])('is read and written again, %s', (_, extra) => {
  const proof = { index: 10n, hashes: [new Uint8Array(32)], checkpoint: 'checkpoint data\n' };
  const whole = extra === undefined ? proof : { ...proof, extra };
  expect(parseTlogProof(utf8(formatTlogProof(whole)))).toEqual(whole);
});

it.each([
  ['with another header', 'c2sp.org/tlog-proof@v2\nindex 0\n\nc\n'],
  ['without an empty line', `${HEADER}index 0\nc\n`],
  ['without a checkpoint', `${HEADER}index 0\n\n`],
  ['whose checkpoint does not end', `${HEADER}index 0\n\nc`],
  ['with extra data that is no base64', `${HEADER}extra !!\nindex 0\n\nc\n`],
  ['with two extra lines', `${HEADER}extra AAAA\nextra AAAA\nindex 0\n\nc\n`],
  ['without an index', `${HEADER}${hash}\n\nc\n`],
  ['without any line', `${HEADER}\nc\n`],
  ['with a negative index', `${HEADER}index -5\n\nc\n`],
  ['with an index of 2^63', `${HEADER}index 9223372036854775808\n\nc\n`],
  ['with an index that has leading zeros', `${HEADER}index 05\n\nc\n`],
  ['with a hash of 64 bytes', `${HEADER}index 0\n${base64.encode(new Uint8Array(64))}\n\nc\n`],
  ['with a hash that is no base64', `${HEADER}index 0\n${'!'.repeat(44)}\n\nc\n`],
  ['with 64 hashes', `${HEADER}index 0\n${`${hash}\n`.repeat(64)}\nc\n`],
])('is refused %s', (_, text) => {
  expect(() => parseTlogProof(utf8(text))).toThrow(malformed);
});

it('is refused when it is not UTF-8 or too long', () => {
  expect(() => parseTlogProof(concat(utf8(`${HEADER}index 0\n\n`), Uint8Array.of(0xff, 0x0a)))).toThrow(malformed);
  expect(() => parseTlogProof(new Uint8Array(2_000_001))).toThrow(malformed);
});
