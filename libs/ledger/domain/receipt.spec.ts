import { base64, canonicalJson, utf8 } from '@aceso/kernel';
import { ed25519Signer, sha256, verifyEd25519 } from '../testing/portable-crypto';
import {
  checkpointAt,
  COSIGNED_AT,
  ENTRIES,
  inclusionProof,
  LEAVES,
  LOG_KEY,
  LOG_SEED,
  ORIGIN,
  signedCheckpoint,
  WITNESS_KEY,
  WITNESS_SEED,
} from '../testing/worked-log';
import { formatCheckpoint, signCheckpoint } from './checkpoint';
import { commitmentOf, type Opening } from './commitment';
import { cosign } from './cosignature';
import type { CommittedEntry } from './entry';
import { buildMemberList, verifyMember, type MemberOpening } from './member-list';
import { formatNote } from './note';
import { verifyReceipt } from './receipt';
import { decodeReceiptExtra, encodeReceiptExtra } from './receipt-extra';
import { formatTlogProof } from './tlog-proof';
import { parseTrustPolicy } from './trust-policy';
import { formatVerifierKey, verifierKey } from './verifier-key';

const code = (wanted: string) => expect.objectContaining({ code: wanted });
const crypto = { sha256, verifyEd25519 };
const WITNESSED = parseTrustPolicy(
  `log ${formatVerifierKey(LOG_KEY)}\nwitness w1 ${formatVerifierKey(WITNESS_KEY)}\nquorum w1\n`,
  sha256,
);
const OPERATOR_ONLY = parseTrustPolicy(`log ${formatVerifierKey(LOG_KEY)}\nquorum none\n`, sha256);

const cosigned = signedCheckpoint(checkpointAt(5), { cosigned: true });
const proofOf = (checkpoint: string, hashes = inclusionProof(2, 5), index = 2n): Uint8Array =>
  utf8(formatTlogProof({ index, hashes, checkpoint }));
const entry = ENTRIES[2] as Uint8Array;

describe('a receipt', () => {
  it('of the worked example verifies', () => {
    const verified = verifyReceipt({ proof: proofOf(cosigned), entry }, WITNESSED, crypto);
    expect(verified).toMatchObject({
      checkpoint: { origin: ORIGIN, size: 5n },
      entry: { form: 'unknown' },
      witnessedAt: [{ witness: WITNESS_KEY.name, time: COSIGNED_AT }],
      operatorOnly: false,
    });
    expect(verifyReceipt({ proof: proofOf(cosigned), entry }, OPERATOR_ONLY, crypto).operatorOnly).toBe(true);
  });

  const foreignKey = { ...LOG_KEY, name: 'other.example.org/log' };
  const stranger = verifierKey({ name: ORIGIN, type: 1, publicKey: new Uint8Array(32).fill(3) }, sha256);
  const foreign = parseTrustPolicy(
    `log ${formatVerifierKey(verifierKey(foreignKey, sha256))}\nwitness w1 ${formatVerifierKey(WITNESS_KEY)}\nquorum w1\n`,
    sha256,
  );
  const otherKey = parseTrustPolicy(
    `log ${formatVerifierKey(stranger)}\nwitness w1 ${formatVerifierKey(WITNESS_KEY)}\nquorum w1\n`,
    sha256,
  );

  /** The operator signs a tree of this one leaf: path, root and signature are all in order. */
  function forgedCheckpoint(): string {
    const text = formatCheckpoint({ ...checkpointAt(1), root: LEAVES[2] as Uint8Array });
    return formatNote({ text, signatures: [signCheckpoint(text, LOG_KEY, ed25519Signer(LOG_SEED))] });
  }

  it.each([
    ['of another entry', { entry: ENTRIES[3] as Uint8Array }, 'INCLUSION_PROOF_WRONG'],
    ['of an origin that is not trusted', { policy: foreign }, 'LOG_NOT_TRUSTED'],
    ['that another key of the origin signed', { policy: otherKey }, 'LOG_NOT_TRUSTED'],
    [
      'without its witness',
      { proof: proofOf(signedCheckpoint(checkpointAt(5), { cosigned: false })) },
      'WITNESS_QUORUM_NOT_MET',
    ],
    ['with a forged tree of one leaf', { proof: proofOf(forgedCheckpoint(), [], 0n) }, 'WITNESS_QUORUM_NOT_MET'],
    ['with the path of another leaf', { proof: proofOf(cosigned, inclusionProof(3, 5)) }, 'INCLUSION_PROOF_WRONG'],
    ['with another index', { proof: proofOf(cosigned, inclusionProof(2, 5), 3n) }, 'INCLUSION_PROOF_WRONG'],
    ['with a path for another size', { proof: proofOf(cosigned, inclusionProof(2, 3)) }, 'INCLUSION_PROOF_WRONG'],
    ['with a changed root', { proof: proofOf(cosigned.replace('h9UM', 'h9UN')) }, 'NOTE_SIGNATURE_WRONG'],
  ])('%s is refused', (_, change, wanted) => {
    const { policy, ...receipt } = { policy: WITNESSED, proof: proofOf(cosigned), entry, ...change };
    expect(() => verifyReceipt(receipt, policy, crypto)).toThrow(code(wanted));
  });

  it('signed by the trusted key of another log is refused: that log may say nothing about this origin', () => {
    const other = verifierKey({ ...LOG_KEY, name: 'other.example.org/log' }, sha256);
    const text = formatCheckpoint(checkpointAt(5));
    const checkpoint = formatNote({ text, signatures: [signCheckpoint(text, other, ed25519Signer(LOG_SEED))] });
    const policy = parseTrustPolicy(`log ${formatVerifierKey(other)}\nquorum none\n`, sha256);
    expect(() => verifyReceipt({ proof: proofOf(checkpoint), entry }, policy, crypto)).toThrow(code('LOG_NOT_TRUSTED'));
  });

  describe("under the default policy, whose two witnesses are the operator's own", () => {
    const own = verifierKey({ ...WITNESS_KEY, name: `${ORIGIN}/witness-1` }, sha256);
    const idle = verifierKey({ ...own, name: `${ORIGIN}/witness-2`, publicKey: new Uint8Array(32).fill(9) }, sha256);
    const policy = parseTrustPolicy(
      [
        `log ${formatVerifierKey(LOG_KEY)}`,
        `witness witness-1 ${formatVerifierKey(own)}`,
        `witness witness-2 ${formatVerifierKey(idle)}`,
        'group local 1 witness-1 witness-2',
        'quorum local',
        '',
      ].join('\n'),
      sha256,
    );

    it('a witnessed one is believed, and it is said that the operator alone is', () => {
      const text = formatCheckpoint(checkpointAt(5));
      const log = signCheckpoint(text, LOG_KEY, ed25519Signer(LOG_SEED));
      const field = cosign(text, COSIGNED_AT, ed25519Signer(WITNESS_SEED));
      const checkpoint = formatNote({
        text,
        signatures: [log, { name: own.name, keyId: own.keyId, signature: field }],
      });
      const verified = verifyReceipt({ proof: proofOf(checkpoint), entry }, policy, crypto);
      expect(verified).toMatchObject({ operatorOnly: true, witnessedAt: [{ witness: own.name }] });
    });

    it('a forged tree of one leaf is refused', () => {
      const forged = { proof: proofOf(forgedCheckpoint(), [], 0n), entry };
      expect(() => verifyReceipt(forged, policy, crypto)).toThrow(code('WITNESS_QUORUM_NOT_MET'));
    });
  });

  it('with a forged tree of one leaf is believed by whoever trusts the operator alone', () => {
    const verified = verifyReceipt({ proof: proofOf(forgedCheckpoint(), [], 0n), entry }, OPERATOR_ONLY, crypto);
    expect(verified.operatorOnly).toBe(true);
  });
});

describe('one entry for many people', () => {
  const members: Opening[] = Array.from({ length: 13 }, (_, n) => ({
    salt: sha256(utf8(`salt ${n}`)),
    payload: canonicalJson({ share: String(n) }),
  }));
  const { root, proofs } = buildMemberList(members, sha256);
  const opening: Opening = {
    salt: new Uint8Array(32).fill(5),
    payload: canonicalJson({ code: 'order.released', at: '2026-01-31T10:00Z', root: base64.encode(root) }),
  };
  const orderEntry: CommittedEntry = {
    kind: 'order',
    nonce: new Uint8Array(16),
    commitment: commitmentOf(opening, sha256),
    subjectTag: new Uint8Array(32),
  };
  const extraOf = (n: number): MemberOpening => ({
    opening,
    member: { ...(members[n] as Opening), ...(proofs[n] as (typeof proofs)[0]) },
  });

  it('proves each member, after the way through a file', () => {
    members.forEach((_, n) => {
      const extra = decodeReceiptExtra(encodeReceiptExtra(extraOf(n)));
      expect(extra).toEqual(extraOf(n));
      expect(() => verifyMember(extra as MemberOpening, orderEntry, sha256)).not.toThrow();
    });
    expect(proofs.map(({ index }) => index).sort((a, b) => a - b)).toEqual(members.map((_, n) => n));
  });

  it('shows a member nothing of another', () => {
    const text = new TextDecoder().decode(encodeReceiptExtra(extraOf(0)));
    for (const other of members.slice(1)) expect(text).not.toContain(base64.encode(other.salt));
  });

  it('has a place that says nothing about the order of the caller', () => {
    const turned = buildMemberList([...members].reverse(), sha256);
    expect(turned.root).toEqual(root);
    expect(turned.proofs.at(-1)).toEqual(proofs[0]);
    const twice = buildMemberList([members[0] as Opening, members[0] as Opening], sha256);
    expect(twice.proofs.map(({ index }) => index)).toEqual([0, 1]);
  });

  const good = extraOf(3);
  it.each([
    ['another payload', { member: { ...good.member, payload: '{"share":"9"}' } }, 'MEMBER_PROOF_WRONG'],
    ['another place', { member: { ...good.member, index: (good.member.index + 1) % 13 } }, 'MEMBER_PROOF_WRONG'],
    ['another opening', { opening: { ...opening, salt: new Uint8Array(32) } }, 'OPENING_WRONG'],
  ])('refuses %s', (_, change, wanted) => {
    expect(() => verifyMember({ ...good, ...change }, orderEntry, sha256)).toThrow(code(wanted));
  });

  it.each(['{"code":"x"}', 'null', 'no JSON', '{"root":"AAAA"}'])(
    'refuses an opened payload without a root: %s',
    (payload) => {
      const bare = { ...opening, payload };
      const entryOfBare = { ...orderEntry, commitment: commitmentOf(bare, sha256) };
      expect(() => verifyMember({ ...good, opening: bare }, entryOfBare, sha256)).toThrow(code('MEMBER_PROOF_WRONG'));
    },
  );

  const json = JSON.parse(new TextDecoder().decode(encodeReceiptExtra(good))) as Record<string, object>;
  it.each([
    ['no JSON', utf8('{')],
    ['no object', utf8('7')],
    ['null', utf8('null')],
    ['another version', utf8(JSON.stringify({ ...json, v: 2 }))],
    ['a member that is no object', utf8(JSON.stringify({ ...json, member: 1 }))],
    ['an entry that is no text', utf8(JSON.stringify({ ...json, entry: 1 }))],
    ['an entry that is no base64', utf8(JSON.stringify({ ...json, entry: '?' }))],
    ['something more', utf8(canonicalJson({ ...json, more: 1 }))],
    ['another order of its members', utf8(JSON.stringify({ v: 1, ...json, member: json['member'] }))],
    ['no opening', utf8(JSON.stringify({ ...json, opening: 1 }))],
    ['a payload that is no text', utf8(JSON.stringify({ ...json, opening: { ...json.opening, payload: 1 } }))],
    ['a short salt', utf8(JSON.stringify({ ...json, opening: { ...json.opening, salt: 'AAAA' } }))],
    ['a path that is no list', utf8(JSON.stringify({ ...json, member: { ...json.member, proof: 1 } }))],
    ['a path of 64', utf8(JSON.stringify({ ...json, member: { ...json.member, proof: Array(64).fill('') } }))],
    ['a path of numbers', utf8(JSON.stringify({ ...json, member: { ...json.member, proof: [1] } }))],
    ['a negative index', utf8(JSON.stringify({ ...json, member: { ...json.member, index: -1 } }))],
    ['a broken size', utf8(JSON.stringify({ ...json, member: { ...json.member, size: 1.5 } }))],
  ])('refuses an extra line with %s', (_, extra) => {
    expect(() => decodeReceiptExtra(extra)).toThrow(code('RECEIPT_EXTRA_MALFORMED'));
  });
});
