import { base64, canonicalJson, utf8 } from '@aceso/kernel';
import { ed25519PublicKey, ed25519Signer, sha256, verifyEd25519 } from '../testing/portable-crypto';
import { LOG_KEY, LOG_SEED, nodeSource, ORIGIN, signedCheckpoint, WITNESS_KEY } from '../testing/worked-log';
import { formatCheckpoint, signCheckpoint, type Checkpoint } from './checkpoint';
import { commitmentOf, type Opening } from './commitment';
import { encodeEntry, encodeHeader } from './entry';
import { buildMemberList, type MemberProof } from './member-list';
import { leafHash, treeRoot } from './merkle';
import { formatNote } from './note';
import { consistencyRanges, inclusionRanges, proofHashes } from './proof';
import { encodeReceiptExtra, withExtra, type ReceiptExtra } from './receipt-extra';
import { judgeReceipt, sizesToCompare, type ReceiptQuestion } from './receipt-judgement';
import { formatTlogProof } from './tlog-proof';
import { parseTrustPolicy } from './trust-policy';
import { formatVerifierKey, verifierKey } from './verifier-key';

const crypto = { sha256, verifyEd25519 };
const fill = (byte: number, length = 32): Uint8Array => new Uint8Array(length).fill(byte);

const members: Opening[] = [1, 2, 3].map((n) => ({ salt: fill(n), payload: canonicalJson({ share: n }) }));
const list = buildMemberList(members, sha256);
const opening: Opening = {
  salt: fill(9),
  payload: canonicalJson({ at: '2026-01-31T10:00:00Z', code: 'x.y', root: base64.encode(list.root) }),
};
const member = { ...(members[1] as Opening), ...(list.proofs[1] as MemberProof) };
const entry = encodeEntry({
  kind: 'order',
  nonce: fill(4, 16),
  commitment: commitmentOf(opening, sha256),
  subjectTag: fill(5),
});
const header = encodeHeader({ height: 0n, first: 0n, count: 6, time: 60n, previous: fill(0) });
const unknown = Uint8Array.of(7, 7, 7);
/** A log of seven leaves: header, entry, one of a kind to come, and others. */
const ENTRIES = [header, entry, unknown, ...[1, 2, 3, 4].map((n) => utf8(`other ${n}`))];
const LEAVES = ENTRIES.map((bytes) => leafHash(bytes, sha256));
const nodes = nodeSource(LEAVES);

const checkpointAt = (size: number): Checkpoint => ({
  origin: ORIGIN,
  size: BigInt(size),
  root: treeRoot(LEAVES.slice(0, size), sha256),
  extensions: [],
});
const seen = (size: number, cosigned = true): string => signedCheckpoint(checkpointAt(size), { cosigned });

function receiptOf(
  index: number,
  options: { size?: number; extra?: ReceiptExtra | Uint8Array; checkpoint?: string; path?: number } = {},
): Uint8Array {
  const { size = 7, extra = { entry: ENTRIES[index] as Uint8Array }, checkpoint = seen(size), path = index } = options;
  const ranges = inclusionRanges(BigInt(path), BigInt(size));
  const hashes = proofHashes(ranges, nodes, sha256);
  const line = extra instanceof Uint8Array ? extra : encodeReceiptExtra(extra);
  return utf8(formatTlogProof({ extra: line, index: BigInt(index), hashes, checkpoint }));
}

const LOG = formatVerifierKey(LOG_KEY);
const WITNESSED = parseTrustPolicy(`log ${LOG}\nwitness w1 ${formatVerifierKey(WITNESS_KEY)}\nquorum w1\n`, sha256);
const OPERATOR_ONLY = parseTrustPolicy(`log ${LOG}\nquorum none\n`, sha256);

const judge = (question: Partial<ReceiptQuestion> = {}) =>
  judgeReceipt(
    { receipt: receiptOf(1, { extra: { entry, opening, member } }), policy: WITNESSED, ...question },
    crypto,
  );

/** The operator signs a tree of this one leaf: leaf, path, root and signature are all in order. */
function forged(): Uint8Array {
  const text = formatCheckpoint({ ...checkpointAt(1), root: LEAVES[1] as Uint8Array });
  const checkpoint = formatNote({ text, signatures: [signCheckpoint(text, LOG_KEY, ed25519Signer(LOG_SEED))] });
  return utf8(formatTlogProof({ extra: encodeReceiptExtra({ entry }), index: 0n, hashes: [], checkpoint }));
}

describe('a receipt file', () => {
  it('is verified with everything in it', () => {
    expect(judge()).toMatchObject({
      verdict: 'verified',
      step: null,
      trust: 'witnesses',
      index: '1',
      kind: 'order',
      payload: opening.payload,
      member: member.payload,
      checkpoint: { origin: ORIGIN, size: '7' },
      witnessedAt: [{ witness: WITNESS_KEY.name }],
      consistent: null,
    });
    expect(judge({ policy: OPERATOR_ONLY })).toMatchObject({ verdict: 'verified', trust: 'operator only' });
  });

  it('shows inclusion alone where it was not opened', () => {
    expect(judge({ receipt: receiptOf(1) })).toMatchObject({ verdict: 'verified', payload: null, member: null });
    expect(judge({ receipt: receiptOf(0) })).toMatchObject({ verdict: 'verified', kind: 'block header' });
  });

  it('of a kind that is not known is proven all the same, and nothing is said about its content', () => {
    const receipt = receiptOf(2, { extra: { entry: unknown, opening } });
    expect(judge({ receipt })).toMatchObject({ verdict: 'verified', kind: 'kind not known', payload: null });
  });

  it('can be verified with an entry that came another way', () => {
    const bare = receiptOf(1, { extra: {} });
    expect(judge({ receipt: bare, entry })).toMatchObject({ verdict: 'verified' });
    expect(() => judge({ receipt: bare })).toThrow(expect.objectContaining({ code: 'RECEIPT_ENTRY_MISSING' }));
    const plain = formatTlogProof({
      index: 1n,
      hashes: proofHashes(inclusionRanges(1n, 7n), nodes, sha256),
      checkpoint: seen(7),
    });
    expect(judge({ receipt: utf8(plain), entry })).toMatchObject({ verdict: 'verified' });
    expect(judge({ receipt: utf8(withExtra(plain, { entry, opening })) })).toMatchObject({ verdict: 'verified' });
  });

  const stranger = verifierKey({ name: ORIGIN, type: 1, publicKey: ed25519PublicKey(fill(3)) }, sha256);
  it.each([
    ['no policy', { policy: null }, 'origin'],
    [
      'another log in the policy',
      { policy: parseTrustPolicy(`log ${formatVerifierKey(stranger)}\nquorum none\n`, sha256) },
      'origin',
    ],
    ['too few witnesses', { receipt: receiptOf(1, { checkpoint: seen(7, false) }) }, 'witnesses'],
    ['a tree of one leaf that the operator made up', { receipt: forged() }, 'witnesses'],
  ])('is intact, and no more, with %s', (_, question, step) => {
    const report = judge(question);
    expect(report).toMatchObject({ verdict: 'origin not proven', step, trust: null, kind: 'order' });
    expect(report.reason).not.toBeNull();
  });

  const elsewhere = { ...opening, salt: fill(8) };
  it.each([
    ['no receipt', { receipt: utf8('x') }, 'form'],
    ['an extra line of another form', { receipt: receiptOf(1, { extra: utf8('{}') }) }, 'form'],
    ['a checkpoint that is none', { receipt: receiptOf(1, { checkpoint: 'x\n' }) }, 'form'],
    ['a wrong leaf', { receipt: receiptOf(1, { extra: { entry: header } }) }, 'inclusion'],
    ['a leaf of no length', { receipt: receiptOf(1, { extra: { entry: entry.slice(1) } }) }, 'inclusion'],
    ['a leaf that was cut', { receipt: receiptOf(1, { extra: { entry: entry.slice(0, -1) } }) }, 'leaf'],
    ['another entry beside it', { entry: header }, 'leaf'],
    ['the path of another leaf', { receipt: receiptOf(1, { path: 4 }) }, 'inclusion'],
    ['a path for another size', { receipt: receiptOf(1, { size: 5, checkpoint: seen(7) }) }, 'inclusion'],
    [
      'a signature of the log that is wrong',
      { receipt: receiptOf(1, { checkpoint: seen(7).replace(/(?<=consent .{20})../, 'AA') }) },
      'origin',
    ],
    ['another opening', { receipt: receiptOf(1, { extra: { entry, opening: elsewhere } }) }, 'opening'],
    ['an opening of a block header', { receipt: receiptOf(0, { extra: { entry: header, opening } }) }, 'opening'],
    ['a member without the opening', { receipt: receiptOf(1, { extra: { entry, member } }) }, 'member'],
    ['a member of a block header', { receipt: receiptOf(0, { extra: { entry: header, member } }) }, 'member'],
    [
      'another member',
      { receipt: receiptOf(1, { extra: { entry, opening, member: { ...member, payload: '{"share":9}' } } }) },
      'member',
    ],
  ])('is broken by %s', (_, question, step) => {
    expect(judge(question)).toMatchObject({ verdict: 'broken', step, trust: null });
  });
});

describe('an older checkpoint', () => {
  const older = (size: number): Uint8Array => utf8(seen(size));
  const pathTo = (from: bigint, to: bigint, source = nodes): Uint8Array[] =>
    proofHashes(consistencyRanges(from, to), source, sha256);
  const path = pathTo(4n, 7n);

  it.each([1, 3, 4, 6])('of size %s goes on in the receipt', (size) => {
    expect(judge({ older: older(size), path: pathTo(BigInt(size), 7n) })).toMatchObject({
      verdict: 'verified',
      consistent: true,
    });
  });

  it('may be the newer one of both', () => {
    const receipt = receiptOf(1, { size: 3 });
    expect(judge({ receipt, older: older(7), path: pathTo(3n, 7n) })).toMatchObject({
      verdict: 'verified',
      consistent: true,
    });
    expect(sizesToCompare(receipt, older(7))).toEqual({ from: 3n, to: 7n });
    expect(sizesToCompare(receiptOf(1), older(4))).toEqual({ from: 4n, to: 7n });
  });

  it('of the same size, or of the empty tree, needs no hashes', () => {
    expect(sizesToCompare(receiptOf(1), older(7))).toBeNull();
    expect(sizesToCompare(receiptOf(1), older(0))).toBeNull();
    expect(judge({ older: older(7) })).toMatchObject({ verdict: 'verified' });
    expect(judge({ older: older(0) })).toMatchObject({ verdict: 'verified' });
  });

  it('is not looked at without hash tiles, and that is said', () => {
    expect(judge({ older: older(4) })).toMatchObject({
      verdict: 'origin not proven',
      step: 'consistency',
      trust: null,
      consistent: false,
    });
  });

  it('was signed by the log alone, if the reader kept it so', () => {
    expect(judge({ older: utf8(seen(4, false)), path })).toMatchObject({ verdict: 'verified' });
  });

  const signedByLog = (checkpoint: Checkpoint, key = LOG_KEY): Uint8Array => {
    const text = formatCheckpoint(checkpoint);
    return utf8(formatNote({ text, signatures: [signCheckpoint(text, key, ed25519Signer(LOG_SEED))] }));
  };
  const other = verifierKey({ ...LOG_KEY, name: 'other.example.org/log' }, sha256);
  const second = verifierKey({ name: other.name, type: 1, publicKey: ed25519PublicKey(fill(6)) }, sha256);
  const twoLogs = parseTrustPolicy(`log ${LOG}\nlog ${formatVerifierKey(second)}\nquorum none\n`, sha256);
  const ofSecond = formatCheckpoint({ ...checkpointAt(4), origin: second.name });
  it.each([
    ['a fork of the same size', { older: signedByLog({ ...checkpointAt(7), root: fill(1) }) }],
    ['a fork of a smaller size', { older: signedByLog({ ...checkpointAt(4), root: fill(1) }), path }],
    ['an empty tree with a root of something', { older: signedByLog({ ...checkpointAt(0), root: fill(1) }) }],
    ['hashes of another tree', { older: older(4), path: pathTo(4n, 7n, nodeSource([...LEAVES].reverse())) }],
    [
      'a tree of one leaf that the operator made up',
      { receipt: forged(), older: older(7), policy: OPERATOR_ONLY, path: pathTo(1n, 7n) },
    ],
    [
      'another log of the policy',
      {
        policy: twoLogs,
        older: utf8(
          formatNote({ text: ofSecond, signatures: [signCheckpoint(ofSecond, second, ed25519Signer(fill(6)))] }),
        ),
      },
    ],
  ])('shows %s', (_, question) => {
    expect(judge(question)).toMatchObject({ verdict: 'broken', step: 'consistency', trust: null });
  });

  it('that nobody of the policy signed proves nothing', () => {
    expect(judge({ older: signedByLog({ ...checkpointAt(4), origin: other.name }, other), path })).toMatchObject({
      verdict: 'origin not proven',
    });
  });
});

it('does not hide a failure of its own', () => {
  const failing = {
    ...crypto,
    sha256: () => {
      throw new Error('out of order');
    },
  };
  expect(() => judgeReceipt({ receipt: receiptOf(1), policy: WITNESSED }, failing)).toThrow('out of order');
});
