import { base64, fromUtf8 } from '@aceso/kernel';
import { parseDecimal, parseHashLine } from './checkpoint';
import { LedgerError } from './ledger.errors';
import { NOTE_BYTES_MAX } from './note';
import { PROOF_HASHES_MAX } from './proof';

/** File name extension of an offline receipt. */
export const TLOG_PROOF_EXTENSION = '.tlog-proof';

const HEADER = 'c2sp.org/tlog-proof@v1';
/** Longest receipt, in bytes: a note, 63 hashes and as much again of extra data. */
const TLOG_PROOF_BYTES_MAX = 2 * NOTE_BYTES_MAX;

/** tlog-proof: an offline receipt. The entry itself is not in it, and `extra` is authenticated by nobody. */
export interface TlogProof {
  readonly extra?: Uint8Array;
  readonly index: bigint;
  readonly hashes: readonly Uint8Array[];
  /** The signed checkpoint, verbatim. */
  readonly checkpoint: string;
}

/** tlog-proof: the text of a receipt. */
export function formatTlogProof({ extra, index, hashes, checkpoint }: TlogProof): string {
  const lines = [HEADER];
  if (extra !== undefined) lines.push(`extra ${base64.encode(extra)}`);
  lines.push(`index ${index}`, ...hashes.map((hash) => base64.encode(hash)), '', checkpoint);
  return lines.join('\n');
}

/** Reads a receipt; the checkpoint in it is not looked at. Throws TLOG_PROOF_MALFORMED. */
export function parseTlogProof(bytes: Uint8Array): TlogProof {
  const text = decodeText(bytes);
  // The first empty line ends the proof; the checkpoint, which has one of its own, follows verbatim.
  const end = text.indexOf('\n\n');
  if (end === -1) throw malformed('no empty line before the checkpoint');
  const checkpoint = text.slice(end + 2);
  if (!checkpoint.endsWith('\n')) throw malformed('the checkpoint does not end with a newline');
  const [header, ...lines] = text.slice(0, end).split('\n');
  if (header !== HEADER) throw malformed('the first line is another');
  const extra = lines[0]?.startsWith('extra ') ? parseExtra(lines.shift() as string) : undefined;
  const [indexLine, ...hashLines] = lines;
  const index = indexLine?.startsWith('index ') ? parseDecimal(indexLine.slice('index '.length)) : undefined;
  if (index === undefined) throw malformed('no index line with a decimal below 2^63');
  if (hashLines.length > PROOF_HASHES_MAX) throw malformed(`more than ${PROOF_HASHES_MAX} hashes`);
  const hashes = hashLines.map((line) => parseHashLine(line) ?? refuseHash());
  return { ...(extra === undefined ? {} : { extra }), index, hashes, checkpoint };
}

function decodeText(bytes: Uint8Array): string {
  if (bytes.length > TLOG_PROOF_BYTES_MAX) throw malformed(`longer than ${TLOG_PROOF_BYTES_MAX} bytes`);
  try {
    return fromUtf8(bytes);
  } catch (cause) {
    throw malformed('not UTF-8', cause);
  }
}

function parseExtra(line: string): Uint8Array {
  try {
    return base64.decode(line.slice('extra '.length));
  } catch (cause) {
    throw malformed('the extra line is not base64', cause);
  }
}

function refuseHash(): never {
  throw malformed('a line of the path is no base64 hash of 32 bytes');
}

function malformed(why: string, cause?: unknown): LedgerError {
  return new LedgerError('TLOG_PROOF_MALFORMED', `tlog-proof: ${why}`, { cause });
}
