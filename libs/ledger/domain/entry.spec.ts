import fc from 'fast-check';
import { concat, hex, utf8 } from '@aceso/kernel';
import { hmacSha256, sha256 } from '../testing/portable-crypto';
import { commitmentOf, encodePayload, PAYLOAD_BYTES_MAX, subjectTag, verifyOpening } from './commitment';
import { blockTime, decodeEntry, encodeEntry, encodeHeader, ENTRY_BYTES, HEADER_BYTES, isCommitted } from './entry';
import type { EntryKind } from './entry';

const code = (wanted: string) => expect.objectContaining({ code: wanted });
const bytes = (length: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: length, maxLength: length });
const KINDS: readonly EntryKind[] = ['person', 'order', 'register', 'administration', 'erasure'];

describe('an entry', () => {
  it('has 82 bytes in the order of section 12.1', () => {
    const entry = encodeEntry({
      kind: 'person',
      nonce: new Uint8Array(16).fill(0xaa),
      commitment: new Uint8Array(32).fill(0xbb),
      subjectTag: new Uint8Array(32).fill(0xcc),
    });
    expect(hex.encode(entry)).toBe(`0102${'aa'.repeat(16)}${'bb'.repeat(32)}${'cc'.repeat(32)}`);
    expect(entry).toHaveLength(ENTRY_BYTES);
  });

  it('is read again, whatever its kind', () => {
    fc.assert(
      fc.property(fc.constantFrom(...KINDS), bytes(16), bytes(32), bytes(32), (kind, nonce, commitment, tag) => {
        const entry = { kind, nonce, commitment, subjectTag: tag };
        expect(decodeEntry(encodeEntry(entry))).toEqual({ form: 'committed', ...entry });
      }),
    );
    expect(KINDS.map((kind) => encodeEntry({ kind, ...parts() })[1])).toEqual([2, 3, 4, 5, 6]);
  });

  it('of a version or kind that is not known is said to be so', () => {
    expect(decodeEntry(new Uint8Array())).toEqual({ form: 'unknown' });
    expect(decodeEntry(Uint8Array.of(0x01))).toEqual({ form: 'unknown' });
    expect(decodeEntry(Uint8Array.of(0x02, 0x02))).toEqual({ form: 'unknown' });
    expect(decodeEntry(Uint8Array.of(0x01, 0x07))).toEqual({ form: 'unknown' });
  });

  it('is told from headers and from what is not known at a glance', () => {
    const entry = encodeEntry({ kind: 'person', ...parts() });
    expect(isCommitted(entry)).toBe(true);
    expect(isCommitted(entry.slice(1))).toBe(false);
    for (const [at, byte] of [
      [0, 2],
      [1, 1],
      [1, 7],
    ] as const) {
      expect(isCommitted(entry.map((known, index) => (index === at ? byte : known)))).toBe(false);
    }
    expect(isCommitted(new Uint8Array())).toBe(false);
  });

  it('of a known kind has one length', () => {
    const entry = encodeEntry({ kind: 'order', ...parts() });
    expect(() => decodeEntry(entry.slice(1, 1))).not.toThrow();
    expect(() => decodeEntry(entry.slice(0, -1))).toThrow(code('ENTRY_MALFORMED'));
    expect(() => decodeEntry(concat(entry, Uint8Array.of(0)))).toThrow(code('ENTRY_MALFORMED'));
    expect(() => decodeEntry(Uint8Array.of(0x01, 0x01))).toThrow(code('ENTRY_MALFORMED'));
  });
});

const parts = (): { nonce: Uint8Array; commitment: Uint8Array; subjectTag: Uint8Array } => ({
  nonce: new Uint8Array(16),
  commitment: new Uint8Array(32),
  subjectTag: new Uint8Array(32),
});

describe('a block header', () => {
  it('has 60 bytes in the order of section 12.1', () => {
    const header = encodeHeader({
      height: 1n,
      first: 258n,
      count: 256,
      time: 1_700_000_040n,
      previous: new Uint8Array(32).fill(0xdd),
    });
    expect(hex.encode(header)).toBe(
      `0101${'0000000000000001'}${'0000000000000102'}${'0100'}${'000000006553f128'}${'dd'.repeat(32)}`,
    );
    expect(header).toHaveLength(HEADER_BYTES);
  });

  it('is read again', () => {
    const u64 = fc.bigInt({ min: 0n, max: (1n << 63n) - 1n });
    fc.assert(
      fc.property(u64, u64, fc.nat({ max: 0xffff }), u64, bytes(32), (height, first, count, time, previous) => {
        const header = { height, first, count, time, previous };
        // A header inside a larger buffer, as a driver hands it over.
        const framed = concat(Uint8Array.of(9), encodeHeader(header)).subarray(1);
        expect(decodeEntry(framed)).toEqual({ form: 'header', ...header });
      }),
    );
  });

  it('knows the minute and no more', () => {
    expect([0, 59_999, 60_000, 1_700_000_059_999].map(blockTime)).toEqual([0n, 0n, 60n, 1_700_000_040n]);
  });
});

describe('a commitment', () => {
  const opening = {
    salt: new Uint8Array(32).fill(7),
    payload: encodePayload({ code: 'grant', at: '2026-01-31T00:00Z' }),
  };

  it('hashes domain, salt, length and payload', () => {
    const length = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, opening.payload.length);
    const wanted = sha256(utf8('aceso/commit/v1\0'), opening.salt, length, utf8(opening.payload));
    expect(hex.encode(commitmentOf(opening, sha256))).toBe(hex.encode(wanted));
  });

  it('is opened by its own opening only', () => {
    const commitment = commitmentOf(opening, sha256);
    expect(() => verifyOpening(opening, commitment, sha256)).not.toThrow();
    for (const other of [
      { ...opening, salt: new Uint8Array(32) },
      { ...opening, salt: new Uint8Array(31).fill(7) },
      { ...opening, payload: `${opening.payload} ` },
    ]) {
      expect(() => verifyOpening(other, commitment, sha256)).toThrow(code('OPENING_WRONG'));
    }
  });

  it('hides a payload of two values from everyone without the salt', () => {
    const answers = ['granted', 'refused'].map((answer) => encodePayload({ code: answer, at: 'now' }));
    const commitment = commitmentOf({ salt: opening.salt, payload: answers[0] as string }, sha256);
    const guess = (salt: Uint8Array): string[] =>
      answers.filter((payload) => hex.encode(commitmentOf({ salt, payload }, sha256)) === hex.encode(commitment));
    expect(guess(new Uint8Array(32))).toEqual([]);
    expect(guess(opening.salt)).toEqual([answers[0]]);
  });

  it('takes canonical JSON of a bounded length', () => {
    expect(encodePayload({ code: 'x', at: 'y', b: 1, a: [true] })).toBe('{"a":[true],"at":"y","b":1,"code":"x"}');
    expect(() => encodePayload({ code: 'x'.repeat(PAYLOAD_BYTES_MAX), at: 'y' })).toThrow(
      code('LEDGER_ENTRY_TOO_LARGE'),
    );
  });

  it('links two entries of one subject for the holder of its key only', () => {
    const [key, nonce] = [new Uint8Array(32).fill(1), new Uint8Array(16).fill(2)];
    expect(hex.encode(subjectTag(key, nonce, hmacSha256))).toBe(
      hex.encode(hmacSha256(key, utf8('aceso/subject/v1\0'), nonce)),
    );
  });
});
