import { concat, hex, u64, utf8 } from '@aceso/kernel';
import { mlDsa44Keys, mlDsa44Signer, sha256, verifyEd25519, verifyMlDsa44 } from '../testing/portable-crypto';
import { checkpointAt, COSIGNED_AT, LOG_KEY, ORIGIN, signedCheckpoint } from '../testing/worked-log';
import { formatCheckpoint } from './checkpoint';
import { parseCosignature, subtreeMessage } from './cosignature';
import { formatNote, parseNote, verifyNote, type NoteSignature } from './note';
import { verifyCheckpoint } from './receipt';
import { parseTrustPolicy } from './trust-policy';
import { formatVerifierKey, KEY_TYPE, verifierKey } from './verifier-key';

const code = (wanted: string) => expect.objectContaining({ code: wanted });
const checkpoint = checkpointAt(5);
const keys = mlDsa44Keys(new Uint8Array(32).fill(0x03));
const KEY = verifierKey({ name: 'witness.example.net/pq', type: KEY_TYPE.mlDsa44, publicKey: keys.publicKey }, sha256);

/** The checkpoint of size 5 with one more line: what the witness signs over `message`. */
function withLine(message: Uint8Array, time = COSIGNED_AT): string {
  const { text, signatures } = parseNote(utf8(signedCheckpoint(checkpoint, { cosigned: false })));
  const signature = concat(u64(time), mlDsa44Signer(keys.secretKey)(message));
  const line: NoteSignature = { name: KEY.name, keyId: KEY.keyId, signature };
  return formatNote({ text, signatures: [...signatures, line] });
}
const cosigned = withLine(subtreeMessage(KEY.name, COSIGNED_AT, checkpoint));
const policy = parseTrustPolicy(
  `log ${formatVerifierKey(LOG_KEY)}\nwitness pq ${formatVerifierKey(KEY)}\nquorum pq\n`,
  sha256,
);
const crypto = { sha256, verifyEd25519, verifyMlDsa44 };

describe('the message of an ML-DSA-44 cosignature', () => {
  it('names cosigner, time, origin, the whole tree and its root, in this order', () => {
    const root = new Uint8Array(32).fill(0xee);
    const message = subtreeMessage('w', 0x0102n, { origin: 'log', size: 5n, root, extensions: ['not signed'] });
    expect(hex.encode(message)).toBe(
      [
        hex.encode(utf8('subtree/v1\n\0')),
        `01${hex.encode(utf8('w'))}`,
        '0000000000000102',
        `03${hex.encode(utf8('log'))}`,
        '0000000000000000',
        '0000000000000005',
        'ee'.repeat(32),
      ].join(''),
    );
  });

  it('counts bytes of a name, and refuses one that does not fit behind one byte of length', () => {
    expect(subtreeMessage('é'.repeat(127), 0n, checkpoint)[12]).toBe(254);
    expect(() => subtreeMessage('é'.repeat(128), 0n, checkpoint)).toThrow(code('COSIGNATURE_MALFORMED'));
    expect(() => subtreeMessage('w', 0n, { ...checkpoint, origin: 'o'.repeat(256) })).toThrow(
      code('COSIGNATURE_MALFORMED'),
    );
  });
});

describe('an ML-DSA-44 cosignature', () => {
  it('counts for a quorum and gives a witness time where the reader can verify it', () => {
    expect(verifyCheckpoint(utf8(cosigned), policy, crypto)).toEqual({
      checkpoint,
      witnessedAt: [{ witness: KEY.name, time: COSIGNED_AT }],
    });
  });

  it('is ignored where the reader cannot, so that a quorum that needs it is not met', () => {
    expect(verifyNote(parseNote(utf8(cosigned)), [LOG_KEY, KEY], { verifyEd25519 })).toHaveLength(1);
    expect(() => verifyCheckpoint(utf8(cosigned), policy, { verifyEd25519 })).toThrow(code('WITNESS_QUORUM_NOT_MET'));
  });

  it.each([
    ['of another time', subtreeMessage(KEY.name, COSIGNED_AT + 1n, checkpoint)],
    ['of another size', subtreeMessage(KEY.name, COSIGNED_AT, { ...checkpoint, size: 4n })],
    ['of another root', subtreeMessage(KEY.name, COSIGNED_AT, checkpointAt(4))],
    ['for another log', subtreeMessage(KEY.name, COSIGNED_AT, { ...checkpoint, origin: `${ORIGIN}/2` })],
    ['in the name of another witness', subtreeMessage('witness.example.net/w1', COSIGNED_AT, checkpoint)],
    ['over the text', utf8(formatCheckpoint(checkpoint))],
  ])('%s condemns the note', (_, message) => {
    expect(() => verifyCheckpoint(utf8(withLine(message)), policy, crypto)).toThrow(code('NOTE_SIGNATURE_WRONG'));
  });

  it('stands under a checkpoint only', () => {
    const { signatures } = parseNote(utf8(cosigned));
    const note = { text: 'some text\n', signatures: signatures.slice(1) };
    expect(() => verifyNote(note, [KEY], crypto)).toThrow(code('CHECKPOINT_MALFORMED'));
  });

  it.each([72, 2427, 2429])('has 2,428 bytes, not %s', (length) => {
    const field = new Uint8Array(length);
    expect(() => parseCosignature(field, KEY_TYPE.mlDsa44)).toThrow(code('COSIGNATURE_MALFORMED'));
  });
});
