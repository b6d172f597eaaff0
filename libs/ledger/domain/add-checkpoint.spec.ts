import { base64, concat, hex, utf8, type VerifyEd25519 } from '@aceso/kernel';
import { ed25519PublicKey, ed25519Signer, sha256, verifyEd25519 } from '../testing/portable-crypto';
import {
  checkpointAt,
  ENTRIES,
  LEAVES,
  LOG_KEY,
  LOG_SEED,
  nodeSource,
  ORIGIN,
  signedCheckpoint,
  WITNESS_KEY,
} from '../testing/worked-log';
import {
  admitCheckpoint,
  cosignedPath,
  formatAddCheckpoint,
  judgeCheckpoint,
  parseAddCheckpoint,
  parseCosignatureLines,
  parseCosignedSize,
  type CosignedState,
} from './add-checkpoint';
import { formatCheckpoint, signCheckpoint, type Checkpoint } from './checkpoint';
import { emptyRoot } from './merkle';
import { parseNote, type Note } from './note';
import { consistencyRanges, proofHashes } from './proof';
import { KEY_TYPE, verifierKey } from './verifier-key';

const noteOf = (checkpoint: Checkpoint): Note => parseNote(utf8(signedCheckpoint(checkpoint, { cosigned: true })));
const proofOf = (m: number, n: number): Uint8Array[] =>
  m === 0 || m === n ? [] : proofHashes(consistencyRanges(BigInt(m), BigInt(n)), nodeSource(LEAVES), sha256);
const requestOf = (m: number, n: number): Uint8Array =>
  utf8(formatAddCheckpoint({ oldSize: BigInt(m), proof: proofOf(m, n), note: noteOf(checkpointAt(n)) }));
const hash = 'PR3ndt8IbBrp9wSdK7DAR1rRQYX5h+Bk6NENyy20oyI=\n';
const note = signedCheckpoint(checkpointAt(5), { cosigned: false });

describe('the body of add-checkpoint', () => {
  it('is written and read', () => {
    const text = formatAddCheckpoint({ oldSize: 3n, proof: proofOf(3, 5), note: parseNote(utf8(note)) });
    expect(text.startsWith(`old 3\n${hash}`)).toBe(true);
    expect(text.endsWith(`\n\n${note}`)).toBe(true);
    const read = parseAddCheckpoint(utf8(text));
    expect(read).toMatchObject({ oldSize: 3n, checkpoint: { origin: ORIGIN, size: 5n } });
    expect(formatAddCheckpoint(read)).toBe(text);
    expect(parseAddCheckpoint(requestOf(0, 5)).proof).toEqual([]);
    expect(parseAddCheckpoint(utf8(`old ${2n ** 63n - 1n}\n${hash.repeat(63)}\n${note}`)).proof).toHaveLength(63);
  });

  it.each([
    ['nothing', '', 'ADD_CHECKPOINT_MALFORMED'],
    ['no blank line', `old 3\n${hash}`, 'ADD_CHECKPOINT_MALFORMED'],
    ['no old line', `\n${note}`, 'ADD_CHECKPOINT_MALFORMED'],
    ['an old line without a size', `old \n\n${note}`, 'ADD_CHECKPOINT_MALFORMED'],
    ['a size with a leading zero', `old 03\n\n${note}`, 'ADD_CHECKPOINT_MALFORMED'],
    ['a size of 2^63', `old ${2n ** 63n}\n\n${note}`, 'ADD_CHECKPOINT_MALFORMED'],
    ['a negative size', `old -1\n\n${note}`, 'ADD_CHECKPOINT_MALFORMED'],
    ['another first word', `new 3\n\n${note}`, 'ADD_CHECKPOINT_MALFORMED'],
    ['a hash that is none', `old 3\n${hash.replace('=', '')}\n${note}`, 'ADD_CHECKPOINT_MALFORMED'],
    ['64 hashes', `old 3\n${hash.repeat(64)}\n${note}`, 'ADD_CHECKPOINT_MALFORMED'],
    ['64 lines that are short', `old 3\n${'x\n'.repeat(64)}\n${note}`, 'ADD_CHECKPOINT_MALFORMED'],
    ['63 hashes too many', `old 3\n${hash.repeat(126)}\n${note}`, 'ADD_CHECKPOINT_MALFORMED'],
    ['carriage returns', `old 3\r\n\n${note}`, 'ADD_CHECKPOINT_MALFORMED'],
    ['no note', 'old 3\n\n', 'NOTE_MALFORMED'],
    ['a note without signatures', `old 3\n\n${ORIGIN}\n5\n${hash}`, 'NOTE_MALFORMED'],
    ['a note that is no checkpoint', `old 3\n\n${note.replace('\n5\n', '\n05\n')}`, 'CHECKPOINT_MALFORMED'],
  ])('with %s is refused', (_, text, code) => {
    expect(() => parseAddCheckpoint(utf8(text))).toThrow(expect.objectContaining({ code }));
  });

  it('that is not UTF-8 is refused', () => {
    const body = concat(utf8('old 3\n'), Uint8Array.of(0xff), utf8(`\n\n${note}`));
    expect(() => parseAddCheckpoint(body)).toThrow(expect.objectContaining({ code: 'ADD_CHECKPOINT_MALFORMED' }));
  });
});

describe('the answer of a witness', () => {
  const lines = signedCheckpoint(checkpointAt(5), { cosigned: true }).split('\n').slice(5).join('\n');

  it('holds signature lines', () => {
    expect(parseCosignatureLines(lines)).toMatchObject([{ name: WITNESS_KEY.name, keyId: WITNESS_KEY.keyId }]);
    expect(parseCosignatureLines(lines + lines)).toHaveLength(2);
  });

  it.each([
    ['nothing', ''],
    ['no newline', lines.slice(0, -1)],
    ['a whole note', note],
    ['a blank line', `${lines}\n${lines}`],
    ['something else', 'ok\n'],
  ])('with %s is refused', (_, body) => {
    expect(() => parseCosignatureLines(body)).toThrow(expect.objectContaining({ name: 'LedgerError' }));
  });

  it.each([
    ['5\n', 5n],
    ['0\n', 0n],
    ['5', undefined],
    ['', undefined],
    ['five\n', undefined],
    ['5\n\n', undefined],
    [`${2n ** 63n}\n`, undefined],
  ])('409 with %j says %s', (body, size) => expect(parseCosignedSize(body)).toBe(size));

  it('is shown under the hash of the origin', () => {
    expect(cosignedPath(ORIGIN, sha256)).toBe(
      '41faa6775f7f3bbd509f3d94a07fe2f370b13adbffb34f77af56e8d8896b9d5c/checkpoint',
    );
  });
});

describe('a request is admitted', () => {
  const admit = (body: Uint8Array, logs = [LOG_KEY], verify: VerifyEd25519 = verifyEd25519) =>
    admitCheckpoint(body, logs, { verifyEd25519: verify });

  it('with the signatures of its log, and nothing else of the note', () => {
    expect(admit(requestOf(3, 5))).toMatchObject({
      status: 'admitted',
      oldSize: 3n,
      logSignatures: [{ name: ORIGIN, keyId: LOG_KEY.keyId }],
    });
  });

  const stranger = verifierKey({ ...LOG_KEY, publicKey: ed25519PublicKey(new Uint8Array(32).fill(7)) }, sha256);
  const elsewhere = verifierKey({ ...LOG_KEY, name: 'other.example.org/log' }, sha256);
  const signedWrongly = utf8(
    formatAddCheckpoint({
      oldSize: 3n,
      proof: proofOf(3, 5),
      note: { text: noteOf(checkpointAt(5)).text, signatures: noteOf(checkpointAt(4)).signatures.slice(0, 1) },
    }),
  );
  it.each([
    ['400 when it does not parse', utf8('x'), undefined, 400],
    ['400 when it does not parse, before the origin is looked at', utf8('x'), [], 400],
    ['400 when the old size is above the new, before the origin is looked at', aboveNew(), [], 400],
    ['404 when the origin is not known', requestOf(3, 5), [elsewhere], 404],
    ['404 when the origin is not known, whatever the signature', signedWrongly, [elsewhere], 404],
    ['403 when no trusted key of the origin signed', requestOf(3, 5), [stranger], 403],
    ['403 when the signature of a trusted key is wrong', signedWrongly, [LOG_KEY], 403],
    ['403 for a key that is trusted for another origin', requestOf(3, 5), [stranger, elsewhere], 403],
  ])('not: %s', (_, body, logs, status) => {
    expect(admit(body, logs)).toEqual({ status, reason: expect.any(String) });
  });

  function aboveNew(): Uint8Array {
    return utf8(formatAddCheckpoint({ oldSize: 6n, proof: [], note: parseNote(utf8(note)) }));
  }

  it('and an error that is no refusal is not taken for one', () => {
    const broken: VerifyEd25519 = () => {
      throw new RangeError('broken');
    };
    expect(() => admit(requestOf(3, 5), [LOG_KEY], broken)).toThrow(RangeError);
  });
});

describe('an admitted request is judged', () => {
  const stateAt = (size: number): CosignedState => checkpointAt(size);
  const other = { ...checkpointAt(5), root: sha256(utf8('another tree')) };
  const judge = (
    { oldSize, proof, checkpoint }: { oldSize: number; proof?: Uint8Array[]; checkpoint: Checkpoint },
    state: CosignedState | undefined,
  ) => {
    const request = { oldSize: BigInt(oldSize), proof: proof ?? [], note: noteOf(checkpoint) };
    return judgeCheckpoint({ ...request, checkpoint }, state, sha256);
  };
  const empty: Checkpoint = { origin: ORIGIN, size: 0n, root: emptyRoot(sha256), extensions: [] };

  it.each([
    ['the first', { oldSize: 0, checkpoint: checkpointAt(5) }, undefined],
    ['the first, of an empty tree', { oldSize: 0, checkpoint: empty }, undefined],
    ['an empty tree again', { oldSize: 0, checkpoint: empty }, empty],
    ['the first entries', { oldSize: 0, checkpoint: checkpointAt(5) }, empty],
    ['a larger tree', { oldSize: 3, proof: proofOf(3, 5), checkpoint: checkpointAt(5) }, stateAt(3)],
    [
      'a larger tree from a power of two',
      { oldSize: 4, proof: proofOf(4, 5), checkpoint: checkpointAt(5) },
      stateAt(4),
    ],
    ['the same again: a refresh', { oldSize: 5, checkpoint: checkpointAt(5) }, stateAt(5)],
  ])('200: %s', (_, request, state) => expect(judge(request, state)).toEqual({ status: 200 }));

  it.each([
    ['from a size that was never cosigned', { oldSize: 3, checkpoint: checkpointAt(5) }, undefined, 0n],
    ['from nothing although something was cosigned', { oldSize: 0, checkpoint: checkpointAt(5) }, stateAt(3), 3n],
    ['from a larger size', { oldSize: 4, checkpoint: checkpointAt(5) }, stateAt(3), 3n],
    ['to a smaller tree', { oldSize: 3, proof: proofOf(3, 4), checkpoint: checkpointAt(4) }, stateAt(5), 5n],
    ['of one size from a smaller', { oldSize: 3, checkpoint: checkpointAt(5) }, stateAt(5), 5n],
    ['before the proof is looked at', { oldSize: 0, proof: [LEAVES[0]], checkpoint: checkpointAt(5) }, stateAt(3), 3n],
  ])('409: %s', (_, request, state, size) => {
    expect(judge(request as Parameters<typeof judge>[0], state)).toEqual({ status: 409, size });
  });

  it('409 that is a fork as well: another root for the size that was cosigned', () => {
    expect(judge({ oldSize: 3, checkpoint: other }, stateAt(5))).toEqual({
      status: 409,
      size: 5n,
      contradiction: 'two roots',
    });
  });

  const reason = expect.any(String);
  it.each([
    ['an empty tree with a root', { oldSize: 0, checkpoint: { ...empty, root: other.root } }, undefined, {}],
    ['an empty tree with another root', { oldSize: 0, checkpoint: { ...empty, root: other.root } }, empty, {}],
    ['a proof from nothing', { oldSize: 0, proof: [LEAVES[0]], checkpoint: checkpointAt(5) }, undefined, {}],
    ['two roots of one size', { oldSize: 5, checkpoint: other }, stateAt(5), { contradiction: 'two roots' }],
    ['a refresh with a proof', { oldSize: 5, proof: [LEAVES[0]], checkpoint: checkpointAt(5) }, stateAt(5), 'no proof'],
    ['no proof', { oldSize: 3, checkpoint: checkpointAt(5) }, stateAt(3), 'no proof'],
    [
      'the proof of another size',
      { oldSize: 3, proof: proofOf(4, 5), checkpoint: checkpointAt(5) },
      stateAt(3),
      'no proof',
    ],
    [
      'a fork that a proof cannot hide',
      { oldSize: 3, proof: proofOf(3, 5), checkpoint: other },
      stateAt(3),
      'no proof',
    ],
  ])('422: %s', (_, request, state, rest) => {
    const contradiction = typeof rest === 'string' ? { contradiction: rest } : rest;
    expect(judge(request as Parameters<typeof judge>[0], state)).toEqual({ status: 422, reason, ...contradiction });
  });

  it('agrees with every pair of sizes of the worked example', () => {
    for (let m = 0; m <= ENTRIES.length; m += 1) {
      for (let n = m; n <= ENTRIES.length; n += 1) {
        const checkpoint = n === 0 ? empty : checkpointAt(n);
        const state = m === 0 ? undefined : stateAt(m);
        expect([m, n, judge({ oldSize: m, proof: proofOf(m, n), checkpoint }, state).status]).toEqual([m, n, 200]);
      }
    }
  });
});

it('a request survives no change of a single byte under the same meaning', () => {
  const body = requestOf(3, 5);
  const bytes = hex.encode(body);
  for (let at = 0; at < body.length; at += 7) {
    const changed = Uint8Array.from(body);
    changed[at] = (changed[at] as number) ^ 1;
    const admitted = admitCheckpoint(changed, [LOG_KEY], { verifyEd25519 });
    const verdict = admitted.status === 'admitted' ? judgeCheckpoint(admitted, checkpointAt(3), sha256) : admitted;
    // Only what the witness does not look at may change: the line of another cosigner.
    if (verdict.status === 200) expect(at).toBeGreaterThan(body.length - base64.encode(new Uint8Array(76)).length - 40);
  }
  expect(hex.encode(body)).toBe(bytes);
});

it('a checkpoint with extension lines is witnessed as it is', () => {
  const checkpoint = { ...checkpointAt(5), extensions: ['more'] };
  const text = formatCheckpoint(checkpoint);
  const signed = { text, signatures: [signCheckpoint(text, LOG_KEY, ed25519Signer(LOG_SEED))] };
  const body = utf8(formatAddCheckpoint({ oldSize: 0n, proof: [], note: signed }));
  expect(admitCheckpoint(body, [LOG_KEY], { verifyEd25519 })).toMatchObject({ status: 'admitted' });
  expect(LOG_KEY.type).toBe(KEY_TYPE.ed25519);
});
