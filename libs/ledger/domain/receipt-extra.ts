import { base64, bytesEqual, canonicalJson, fromUtf8, utf8 } from '@aceso/kernel';
import { parseHashLine } from './checkpoint';
import type { Opening } from './commitment';
import { LedgerError } from './ledger.errors';
import type { MemberProof } from './member-list';
import { PROOF_HASHES_MAX } from './proof';
import { formatTlogProof, parseTlogProof } from './tlog-proof';

/**
 * What the `extra` line of our receipts carries, so that one file is enough (transparency-log.md 12.2): the entry, which
 * a tlog-proof leaves out, what opens it, and the part of one member of its list. Nothing of it is believed before it was
 * checked: the entry against the path, the opening against the entry, the member against the opening.
 */
export interface ReceiptExtra {
  readonly entry?: Uint8Array;
  readonly opening?: Opening;
  readonly member?: MemberProof & Opening;
}

/** Canonical JSON `{v:1, entry, opening:{salt, payload}, member:{index, size, proof[], salt, payload}}`. */
export function encodeReceiptExtra({ entry, opening, member }: ReceiptExtra): Uint8Array {
  return utf8(
    canonicalJson({
      v: 1,
      entry: entry && base64.encode(entry),
      opening: opening && encodeOpening(opening),
      member: member && {
        index: member.index,
        size: member.size,
        proof: member.proof.map((hash) => base64.encode(hash)),
        ...encodeOpening(member),
      },
    }),
  );
}

/** The same proof with another `extra` line. */
export function withExtra(proof: string, extra: ReceiptExtra): string {
  return formatTlogProof({ ...parseTlogProof(utf8(proof)), extra: encodeReceiptExtra(extra) });
}

/** Reads an `extra` line that a stranger wrote, in its one form. Throws RECEIPT_EXTRA_MALFORMED. */
export function decodeReceiptExtra(bytes: Uint8Array): ReceiptExtra {
  const { v, entry, opening, member } = record(parseJson(bytes));
  if (v !== 1) throw malformed('the version is not 1');
  const extra = {
    ...(entry !== undefined && { entry: bytesOf(entry) }),
    ...(opening !== undefined && { opening: decodeOpening(record(opening)) }),
    ...(member !== undefined && { member: decodeMember(record(member)) }),
  };
  // Whatever else stood in it would ride along without anybody vouching for it.
  if (!bytesEqual(encodeReceiptExtra(extra), bytes)) throw malformed('not in its canonical form');
  return extra;
}

function encodeOpening({ salt, payload }: Opening): { salt: string; payload: string } {
  return { salt: base64.encode(salt), payload };
}

function decodeOpening({ salt, payload }: Record<string, unknown>): Opening {
  if (typeof payload !== 'string') throw malformed('a payload is a text');
  // A salt is as long as a hash, so the same reader serves.
  return { salt: hashOf(salt), payload };
}

function decodeMember({ index, size, proof, salt, payload }: Record<string, unknown>): MemberProof & Opening {
  if (!Array.isArray(proof) || proof.length > PROOF_HASHES_MAX) throw malformed('the path is no list of hashes');
  return {
    index: wholeNumber(index),
    size: wholeNumber(size),
    proof: proof.map(hashOf),
    ...decodeOpening({ salt, payload }),
  };
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(fromUtf8(bytes));
  } catch (cause) {
    throw malformed('not JSON', cause);
  }
}

function record(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null) throw malformed('an object is missing');
  return value as Record<string, unknown>;
}

function wholeNumber(value: unknown): number {
  if (!Number.isSafeInteger(value) || (value as number) < 0) throw malformed('index and size are whole numbers');
  return value as number;
}

function bytesOf(value: unknown): Uint8Array {
  try {
    return base64.decode(value as string); // whatever is no text is no base64 either
  } catch (cause) {
    throw malformed('the entry is no base64', cause);
  }
}

function hashOf(value: unknown): Uint8Array {
  const hash = typeof value === 'string' ? parseHashLine(value) : undefined;
  if (hash === undefined) throw malformed('a hash is no base64 of 32 bytes');
  return hash;
}

function malformed(why: string, cause?: unknown): LedgerError {
  return new LedgerError('RECEIPT_EXTRA_MALFORMED', `extra line: ${why}`, { cause });
}
