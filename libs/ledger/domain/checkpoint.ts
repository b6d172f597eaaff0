import { base64, utf8, type SignEd25519 } from '@aceso/kernel';
import { LedgerError } from './ledger.errors';
import { HASH_BYTES } from './merkle';
import type { NoteSignature } from './note';
import type { VerifierKey } from './verifier-key';

/** Sizes and indexes stay below 2^63, so that every language can hold them. */
const SIZE_END = 1n << 63n;
const DECIMAL = /^(0|[1-9][0-9]{0,18})$/;

/** tlog-checkpoint: the state of a log. */
export interface Checkpoint {
  readonly origin: string;
  readonly size: bigint;
  readonly root: Uint8Array;
  /** Further lines. We write none: monitors cannot audit them and ML-DSA cosigners do not sign them. */
  readonly extensions: readonly string[];
}

/** ASCII decimal without leading zeros, below 2^63; undefined for anything else. */
export function parseDecimal(text: string): bigint | undefined {
  if (!DECIMAL.test(text)) return undefined;
  const value = BigInt(text);
  return value < SIZE_END ? value : undefined;
}

/** A base64 hash line of 44 characters; undefined for anything else. */
export function parseHashLine(line: string): Uint8Array | undefined {
  if (line.length !== 44) return undefined;
  try {
    const hash = base64.decode(line);
    return hash.length === HASH_BYTES ? hash : undefined;
  } catch {
    return undefined; // the caller says which line it was
  }
}

/** tlog-checkpoint: origin, size, root and extension lines, each with its newline. */
export function formatCheckpoint({ origin, size, root, extensions }: Checkpoint): string {
  return [origin, String(size), base64.encode(root), ...extensions].map((line) => `${line}\n`).join('');
}

/** Reads the text of a checkpoint (a note's text, nothing verified). Throws CHECKPOINT_MALFORMED. */
export function parseCheckpoint(text: string): Checkpoint {
  if (!text.endsWith('\n')) throw malformed('the last line does not end');
  const [origin, sizeLine, rootLine, ...extensions] = text.slice(0, -1).split('\n');
  if (!origin) throw malformed('the origin is empty');
  const size = parseDecimal(sizeLine ?? '');
  if (size === undefined) throw malformed('the size is no decimal below 2^63');
  const root = parseHashLine(rootLine ?? '');
  if (root === undefined) throw malformed('the root is no base64 hash of 32 bytes');
  if (extensions.includes('')) throw malformed('an extension line is empty');
  return { origin, size, root, extensions };
}

/** The log's own signature (type 0x01) over a checkpoint text. */
export function signCheckpoint(text: string, key: VerifierKey, sign: SignEd25519): NoteSignature {
  return { name: key.name, keyId: key.keyId, signature: sign(utf8(text)) };
}

function malformed(why: string): LedgerError {
  return new LedgerError('CHECKPOINT_MALFORMED', `checkpoint: ${why}`);
}
