import { base64, bytesEqual, fromUtf8, hex, utf8, type Sha256 } from '@aceso/kernel';
import { parseCheckpoint, parseDecimal, parseHashLine, type Checkpoint } from './checkpoint';
import { LedgerError } from './ledger.errors';
import { emptyRoot } from './merkle';
import { formatNote, parseNote, verifyNote, type Note, type NoteSignature, type SignatureChecks } from './note';
import { PROOF_HASHES_MAX, verifyConsistency } from './proof';
import type { VerifierKey } from './verifier-key';

/** tlog-witness: media type of the answer 409, whose body is the size that the witness cosigned last. */
export const SIZE_MEDIA_TYPE = 'text/x.tlog.size';

const OLD = 'old ';
/** `old` with its decimal, and 63 lines of 44 characters: what may stand before the first blank line. */
const HEADER_BYTES_MAX = OLD.length + 20 + PROOF_HASHES_MAX * 45;

/** tlog-witness: what a log sends to `<submission prefix>/add-checkpoint`. */
export interface AddCheckpoint {
  /** Size of the checkpoint that the witness cosigned last, as far as the log knows; 0 for none. */
  readonly oldSize: bigint;
  /** Consistency proof from the old size to that of the checkpoint. */
  readonly proof: readonly Uint8Array[];
  /** The signed checkpoint. */
  readonly note: Note;
}

/** A request as it was read: nothing in it is verified. */
export interface ReadAddCheckpoint extends AddCheckpoint {
  readonly checkpoint: Checkpoint;
}

/** tlog-witness: the body of a request. */
export function formatAddCheckpoint({ oldSize, proof, note }: AddCheckpoint): string {
  return [`${OLD}${oldSize}`, ...proof.map((hash) => base64.encode(hash)), '', formatNote(note)].join('\n');
}

/** Reads the body of a request, strictly. Throws ADD_CHECKPOINT_MALFORMED, NOTE_MALFORMED or CHECKPOINT_MALFORMED. */
export function parseAddCheckpoint(bytes: Uint8Array): ReadAddCheckpoint {
  // The first blank line ends the proof; the note behind it has one of its own.
  const end = bytes.findIndex((byte, at) => byte === 0x0a && bytes[at + 1] === 0x0a);
  if (end === -1 || end > HEADER_BYTES_MAX) throw malformed('no blank line behind the proof');
  const [oldLine, ...hashLines] = decodeHeader(bytes.subarray(0, end)).split('\n') as [string, ...string[]];
  const oldSize = oldLine.startsWith(OLD) ? parseDecimal(oldLine.slice(OLD.length)) : undefined;
  if (oldSize === undefined) throw malformed('the first line is "old" and a decimal below 2^63');
  if (hashLines.length > PROOF_HASHES_MAX) throw malformed(`more than ${PROOF_HASHES_MAX} hashes`);
  const proof = hashLines.map((line) => parseHashLine(line) ?? refuseHash());
  const note = parseNote(bytes.subarray(end + 2));
  return { oldSize, proof, note, checkpoint: parseCheckpoint(note.text) };
}

function decodeHeader(bytes: Uint8Array): string {
  try {
    return fromUtf8(bytes);
  } catch (cause) {
    throw malformed('not UTF-8', cause);
  }
}

/**
 * tlog-witness: the body of the answer 200, one or more signature lines and nothing else. Throws NOTE_MALFORMED or
 * ADD_CHECKPOINT_MALFORMED.
 */
export function parseCosignatureLines(body: string): readonly NoteSignature[] {
  // Signature lines are the end of a note, so they are read as a note with an empty line for its text.
  const { text, signatures } = parseNote(utf8(`\n\n${body}`));
  if (text !== '\n') throw malformed('an answer holds signature lines and nothing else');
  return signatures;
}

/** tlog-witness: the body of the answer 409, `<size>\n`; undefined for anything else, which a client must bear. */
export function parseCosignedSize(body: string): bigint | undefined {
  return body.endsWith('\n') ? parseDecimal(body.slice(0, -1)) : undefined;
}

/** tlog-witness: where below its monitoring prefix a witness shows the last cosigned checkpoint of an origin. */
export function cosignedPath(origin: string, sha256: Sha256): string {
  return `${hex.encode(sha256(utf8(origin)))}/checkpoint`;
}

/** A request of a log that the witness knows. */
export interface AdmittedCheckpoint extends ReadAddCheckpoint {
  readonly status: 'admitted';
  /** The signatures of the log that hold: what else stood on the note is not carried on. */
  readonly logSignatures: readonly NoteSignature[];
}

/** Why a request is turned away before the witness looks at what it cosigned. */
export interface TurnedAway {
  readonly status: 400 | 403 | 404;
  readonly reason: string;
}

/**
 * tlog-witness, first half of the status table, in its order: 400 for a body that does not parse or an old size above
 * the new one, 404 for an origin that is not configured, 403 without a signature of a trusted key of that origin or
 * with a wrong one. `logs` are the trusted keys; the name of a key is the origin it may sign for.
 */
export function admitCheckpoint(
  body: Uint8Array,
  logs: readonly VerifierKey[],
  checks: SignatureChecks,
): AdmittedCheckpoint | TurnedAway {
  const request = attempt(() => parseAddCheckpoint(body));
  if (request instanceof LedgerError) return { status: 400, reason: request.message };
  const { oldSize, note, checkpoint } = request;
  if (oldSize > checkpoint.size) return { status: 400, reason: 'the old size is above that of the checkpoint' };
  const keys = logs.filter(({ name }) => name === checkpoint.origin);
  if (keys.length === 0) return { status: 404, reason: 'this origin is not witnessed here' };
  const verified = attempt(() => verifyNote(note, keys, checks));
  if (verified instanceof LedgerError) return { status: 403, reason: verified.message };
  const logSignatures = verified.map(({ key: { name, keyId }, signature }) => ({ name, keyId, signature }));
  return { ...request, status: 'admitted', logSignatures };
}

/** What a witness cosigned last for an origin. */
export type CosignedState = Pick<Checkpoint, 'size' | 'root'>;

/**
 * Two checkpoints that the log signed and that a witness keeps: `two roots` of one size are a fork that nobody can
 * deny; `no proof` means that the newer was not shown to continue the older one.
 */
export type Contradiction = 'two roots' | 'no proof';

/** What a witness answers to an admitted request. */
export type AddCheckpointOutcome =
  | { readonly status: 200 }
  | { readonly status: 409; readonly size: bigint; readonly contradiction?: Contradiction }
  | { readonly status: 422; readonly reason: string; readonly contradiction?: Contradiction };

/**
 * tlog-witness, second half of the status table, in its order: 409 when the old size is not that of the last cosigned
 * checkpoint (0 for none), 422 for an empty tree with another root, a proof from nothing, two roots of one size and a
 * wrong proof, else 200. Comparing and keeping the new checkpoint must be one step for the caller.
 */
export function judgeCheckpoint(
  { oldSize, proof, checkpoint: { size, root } }: ReadAddCheckpoint,
  state: CosignedState | undefined,
  sha256: Sha256,
): AddCheckpointOutcome {
  const last = state ?? { size: 0n, root: emptyRoot(sha256) };
  const twoRoots = state !== undefined && size === state.size && !bytesEqual(root, state.root);
  if (oldSize !== last.size) {
    return { status: 409, size: last.size, ...(twoRoots ? { contradiction: 'two roots' } : {}) };
  }
  if (size === 0n && !bytesEqual(root, emptyRoot(sha256))) {
    return { status: 422, reason: 'an empty tree has the hash of nothing for its root' };
  }
  if (oldSize === 0n) {
    return proof.length === 0 ? { status: 200 } : { status: 422, reason: 'from size 0 there is nothing to prove' };
  }
  if (twoRoots) return { status: 422, reason: 'two roots for one size', contradiction: 'two roots' };
  const claim = { oldSize, oldRoot: last.root, newSize: size, newRoot: root, proof };
  const wrong = attempt(() => verifyConsistency(claim, sha256));
  if (wrong instanceof LedgerError) return { status: 422, reason: wrong.message, contradiction: 'no proof' };
  return { status: 200 };
}

/** The value, or the refusal as one. */
function attempt<Value>(make: () => Value): Value | LedgerError {
  try {
    return make();
  } catch (error) {
    if (error instanceof LedgerError) return error;
    throw error;
  }
}

function refuseHash(): never {
  throw malformed('a line of the proof is no base64 hash of 32 bytes');
}

function malformed(why: string, cause?: unknown): LedgerError {
  return new LedgerError('ADD_CHECKPOINT_MALFORMED', `add-checkpoint: ${why}`, { cause });
}
