import { base64, concat, fromUtf8, hex, u64, utf8 } from '@aceso/kernel';
import { verifyEd25519 as native } from '@aceso/platform';
import { verifyEd25519 } from '../testing/portable-crypto';
import { checkpointAt, COSIGNED_AT, LOG_KEY, signedCheckpoint, WITNESS_KEY } from '../testing/worked-log';
import { formatCheckpoint, parseCheckpoint, parseDecimal, parseHashLine } from './checkpoint';
import { cosignatureMessage, parseCosignature } from './cosignature';
import { LedgerError } from './ledger.errors';
import { formatNote, NOTE_BYTES_MAX, parseNote, verifyNote } from './note';

const checks = { verifyEd25519 };
const code = (wanted: string) => expect.objectContaining({ code: wanted });
const CHECKPOINT_5 = signedCheckpoint(checkpointAt(5), { cosigned: false });
const COSIGNED_5 = signedCheckpoint(checkpointAt(5), { cosigned: true });

/** Bytes that stand for themselves in a note. */
const SIGNS = [...' \n+=A/'].map((sign) => () => sign.charCodeAt(0));

/** A line whose name or key ID changed belongs to a stranger and is ignored: one of the two is then missing. */
function acceptsBoth(bytes: Uint8Array): boolean {
  try {
    return verifyNote(parseNote(bytes), [LOG_KEY, WITNESS_KEY], { verifyEd25519: native }).length === 2;
  } catch (error) {
    if (error instanceof LedgerError) return false;
    throw error;
  }
}

describe('a signed checkpoint', () => {
  it('has the bytes of the worked example', () => {
    expect(CHECKPOINT_5).toBe(
      'ledger.example.org/consent\n5\nh9UMXqS06cZqY1DcnPgMhWQabcLU6G++7tynUvpM20w=\n\n' +
        '\u2014 ledger.example.org/consent uV/k0aHRnh7ZgyrEX4X8znZRFp1TNuWjwchVaQNWseBfmU1q/LfSPkiY0Sx3T+M/mi1xSnhUJfmP4Q5Y5ZAqovgg8QU=\n',
    );
    expect(utf8(CHECKPOINT_5)).toHaveLength(199);
    expect(COSIGNED_5).toBe(
      `${CHECKPOINT_5}\u2014 witness.example.net/w1 CrwfGQAAAABlU/EAVYV3nnuQlTfhfkVVzFpVil1zhFBCFyjlepUsdWLJ9fUb4pYywkbq+o7p4P1xBxiF5Aal8XOMWUb86Geu6ulLDQ==\n`,
    );
  });

  it('verifies under both keys and says what each signed', () => {
    const verified = verifyNote(parseNote(utf8(COSIGNED_5)), [LOG_KEY, WITNESS_KEY], checks);
    expect(verified.map(({ key }) => key)).toEqual([LOG_KEY, WITNESS_KEY]);
    const cosignature = verified[1]?.signature as Uint8Array;
    expect(parseCosignature(cosignature).time).toBe(COSIGNED_AT);
    expect(hex.encode(cosignatureMessage(formatCheckpoint(checkpointAt(5)), COSIGNED_AT))).toMatch(
      /^636f7369676e61747572652f76310a74696d6520313730303030303030300a6c6564/,
    );
  });

  it('is read and written again without a change', () => {
    const note = parseNote(utf8(COSIGNED_5));
    expect(formatNote(note)).toBe(COSIGNED_5);
    expect(formatCheckpoint(parseCheckpoint(note.text))).toBe(note.text);
  });

  it('is never accepted under the same text after any one byte changed', () => {
    const bytes = utf8(COSIGNED_5);
    // Every bit of every byte, and what a reader might take for a separator or for base64.
    const changes = [...Array.from({ length: 8 }, (_, bit) => (byte: number) => byte ^ (1 << bit)), ...SIGNS];
    const accepted: string[] = [];
    bytes.forEach((byte, at) => {
      for (const change of changes) {
        if (change(byte) !== byte && acceptsBoth(bytes.with(at, change(byte)))) accepted.push(`byte ${at}`);
      }
    });
    expect(accepted).toEqual([]);
    expect(acceptsBoth(bytes)).toBe(true);
  });
});

describe('a note', () => {
  const line = CHECKPOINT_5.slice(CHECKPOINT_5.indexOf('\u2014'));

  it('is split at its last blank line and may begin with a byte order mark', () => {
    expect(parseNote(utf8(`\ufeffa\n\nb\n\n${line}`)).text).toBe('\ufeffa\n\nb\n');
  });

  it.each([
    ['without signatures', 'text\n'],
    ['with an empty block', 'text\n\n'],
    ['whose last line does not end', `text\n\n${line.slice(0, -1)}`],
    ['with a carriage return', `text\r\n\n${line}`],
    ['with a tabulator', `te\txt\n\n${line}`],
    ['with a hyphen for the dash', `text\n\n${line.replace('\u2014', '-')}`],
    ['with two spaces behind the dash', `text\n\n${line.replace('\u2014 ', '\u2014  ')}`],
    ['with a line of something else', `text\n\n${line}more\n`],
    ['with a name that holds a plus sign', `text\n\n\u2014 a+b ${'A'.repeat(88)}\n`],
    ['without base64', 'text\n\n\u2014 name\n'],
    ['with words behind the base64', 'text\n\n\u2014 name AAAAAAAA more\n'],
    ['with url base64', 'text\n\n\u2014 name AAAA-_AA\n'],
    ['with base64 that leaves bits over', 'text\n\n\u2014 name AAAAAAB=\n'],
    ['with a key ID and nothing else', `text\n\n\u2014 name ${base64.encode(new Uint8Array(4))}\n`],
    ['with 101 signatures', `text\n\n${line.repeat(101)}`],
  ])('%s is refused', (_, text) => {
    expect(() => parseNote(utf8(text))).toThrow(code('NOTE_MALFORMED'));
  });

  it('is refused when it is not UTF-8 or too long', () => {
    expect(() => parseNote(concat(Uint8Array.of(0xff), utf8(CHECKPOINT_5)))).toThrow(code('NOTE_MALFORMED'));
    expect(() => parseNote(new Uint8Array(NOTE_BYTES_MAX + 1))).toThrow(code('NOTE_MALFORMED'));
  });

  it('ignores strangers, and is refused when nobody else signed', () => {
    const note = parseNote(utf8(COSIGNED_5));
    expect(verifyNote(note, [WITNESS_KEY], checks)).toHaveLength(1);
    expect(() => verifyNote(note, [], checks)).toThrow(code('NOTE_NOT_SIGNED'));
    // One key under another name is another pair.
    expect(() => verifyNote(note, [{ ...LOG_KEY, name: 'other' }], checks)).toThrow(code('NOTE_NOT_SIGNED'));
  });

  it('is refused whole when one known key did not sign it', () => {
    const note = parseNote(utf8(COSIGNED_5));
    const [log, witness] = note.signatures as [(typeof note.signatures)[0], (typeof note.signatures)[0]];
    const later = concat(u64(COSIGNED_AT + 1n), witness.signature.slice(8));
    const signatures = [log, { ...witness, signature: later }];
    expect(() => verifyNote({ ...note, signatures }, [LOG_KEY, WITNESS_KEY], checks)).toThrow(
      code('NOTE_SIGNATURE_WRONG'),
    );
    const short = [log, { ...witness, signature: witness.signature.slice(1) }];
    expect(() => verifyNote({ ...note, signatures: short }, [LOG_KEY, WITNESS_KEY], checks)).toThrow(
      code('COSIGNATURE_MALFORMED'),
    );
  });
});

describe('a checkpoint text', () => {
  const root = base64.encode(new Uint8Array(32));

  it('may carry extension lines', () => {
    expect(parseCheckpoint(`o\n7\n${root}\nmore\n`).extensions).toEqual(['more']);
    expect(parseCheckpoint(`o\n9223372036854775807\n${root}\n`).size).toBe((1n << 63n) - 1n);
  });

  it.each([
    ['without an end', `o\n7\n${root}`],
    ['without an origin', `\n7\n${root}\n`],
    ['of one line', 'o\n'],
    ['of two lines', 'o\n7\n'],
    ['with a leading zero', `o\n07\n${root}\n`],
    ['with a sign', `o\n+7\n${root}\n`],
    ['with a size of 2^63', `o\n9223372036854775808\n${root}\n`],
    ['with a size of 20 digits', `o\n10000000000000000000\n${root}\n`],
    ['with a short root', `o\n7\n${base64.encode(new Uint8Array(31))}\n`],
    ['with 33 bytes of root', `o\n7\n${base64.encode(new Uint8Array(33))}\n`],
    ['with a root in url base64', `o\n7\n${root.replace('AA', '-_')}\n`],
    ['with an empty extension line', `o\n7\n${root}\n\n`],
  ])('%s is refused', (_, text) => {
    expect(() => parseCheckpoint(text)).toThrow(code('CHECKPOINT_MALFORMED'));
  });

  it('has decimals and hashes in one form only', () => {
    expect(['0', '10', '', '00', '-1', '1.0', '1e3', ' 1'].map((text) => parseDecimal(text))).toEqual([
      0n,
      10n,
      ...Array(6).fill(undefined),
    ]);
    expect(parseHashLine(root)).toHaveLength(32);
    expect(fromUtf8(utf8(root))).toHaveLength(44);
  });
});
