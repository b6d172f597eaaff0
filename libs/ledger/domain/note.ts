import { base64, concat, fromUtf8, hex, utf8, type VerifyEd25519, type VerifyMlDsa44 } from '@aceso/kernel';
import { parseCheckpoint } from './checkpoint';
import { cosignatureMessage, parseCosignature, subtreeMessage } from './cosignature';
import { LedgerError } from './ledger.errors';
import { isKeyName, KEY_TYPE, type VerifierKey } from './verifier-key';

/** Most signature lines of a note: signed-note asks for at least 16, Go x/mod stops at 100. */
export const NOTE_SIGNATURES_MAX = 100;
/** Longest note, in bytes: a checkpoint with 100 ML-DSA-44 lines stays below. */
export const NOTE_BYTES_MAX = 1_000_000;

const KEY_ID_BYTES = 4;
/** signed-note: U+2014 and one space. A hyphen makes the note invalid. */
const LINE_START = '\u2014 ';

/** One signature line. `keyId` is hexadecimal; `signature` is what follows the key ID. */
export interface NoteSignature {
  readonly name: string;
  readonly keyId: string;
  readonly signature: Uint8Array;
}

/** A note as it was read: nothing in it is verified. `text` includes its final newline. */
export interface Note {
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

/** The signature checks that the pure core borrows: native on a server, `@noble` in a browser. */
export interface SignatureChecks {
  readonly verifyEd25519: VerifyEd25519;
  /** Without it ML-DSA-44 lines are ignored like those of unknown keys, so no such witness counts. */
  readonly verifyMlDsa44?: VerifyMlDsa44;
}

/** A signature that holds, with the key it holds for. */
export interface VerifiedSignature {
  readonly key: VerifierKey;
  readonly signature: Uint8Array;
}

/** Reads a signed note, strictly (signed-note 1.0.0). Throws NOTE_MALFORMED. */
export function parseNote(bytes: Uint8Array): Note {
  if (bytes.length > NOTE_BYTES_MAX) throw malformed(`longer than ${NOTE_BYTES_MAX} bytes`);
  const note = decodeText(bytes);
  // The blank line is the last one: the text may hold others.
  const blank = note.lastIndexOf('\n\n');
  if (blank === -1) throw malformed('no blank line before the signatures');
  const block = note.slice(blank + 2);
  if (!block.endsWith('\n')) throw malformed('the last line does not end');
  const lines = block.slice(0, -1).split('\n');
  if (lines.length > NOTE_SIGNATURES_MAX) throw malformed(`more than ${NOTE_SIGNATURES_MAX} signatures`);
  return { text: note.slice(0, blank + 1), signatures: lines.map(parseSignatureLine) };
}

function decodeText(bytes: Uint8Array): string {
  // signed-note: no byte below 0x20 other than the newline, so neither CR nor TAB.
  if (bytes.some((byte) => byte < 0x20 && byte !== 0x0a)) throw malformed('holds a control character');
  try {
    return fromUtf8(bytes);
  } catch (cause) {
    throw malformed('not UTF-8', cause);
  }
}

function parseSignatureLine(line: string): NoteSignature {
  const [name, encoded, ...more] = line.slice(LINE_START.length).split(' ');
  if (!line.startsWith(LINE_START) || !isKeyName(name as string) || encoded === undefined || more.length > 0) {
    throw malformed('a signature line is "\u2014 <name> <base64>"');
  }
  const bytes = decodeSignature(encoded);
  if (bytes.length <= KEY_ID_BYTES) throw malformed('a signature is too short');
  return {
    name: name as string,
    keyId: hex.encode(bytes.slice(0, KEY_ID_BYTES)),
    signature: bytes.slice(KEY_ID_BYTES),
  };
}

function decodeSignature(encoded: string): Uint8Array {
  try {
    return base64.decode(encoded);
  } catch (cause) {
    throw malformed('a signature is not base64', cause);
  }
}

/** signed-note: one signature line, with its newline. */
export function formatSignatureLine({ name, keyId, signature }: NoteSignature): string {
  return `${LINE_START}${name} ${base64.encode(concat(hex.decode(keyId), signature))}\n`;
}

/** The whole note: text, blank line, signature lines. */
export function formatNote({ text, signatures }: Note): string {
  return `${text}\n${signatures.map(formatSignatureLine).join('')}`;
}

/**
 * Checks a note against known keys, matched by name and key ID. Lines of other keys are ignored; a line of a known
 * key that does not verify condemns the whole note. Returns the signatures that hold, at least one. Throws
 * NOTE_SIGNATURE_WRONG or NOTE_NOT_SIGNED, and what a cosigned text that is no checkpoint deserves.
 */
export function verifyNote(note: Note, keys: readonly VerifierKey[], checks: SignatureChecks): VerifiedSignature[] {
  const verified: VerifiedSignature[] = [];
  for (const { name, keyId, signature } of note.signatures) {
    const key = keys.find((known) => known.name === name && known.keyId === keyId);
    const check = key && checkOf(key, checks);
    if (key === undefined || check === undefined) continue;
    if (!check(note.text, signature)) {
      throw new LedgerError('NOTE_SIGNATURE_WRONG', `the signature of ${name} does not verify`);
    }
    verified.push({ key, signature });
  }
  if (verified.length === 0) throw new LedgerError('NOTE_NOT_SIGNED', 'no signature of a known key');
  return verified;
}

type Check = (text: string, signature: Uint8Array) => boolean;

/** How a key of this type is checked; undefined where the reader has no function for it. */
function checkOf(
  { name, type, publicKey }: VerifierKey,
  { verifyEd25519, verifyMlDsa44 }: SignatureChecks,
): Check | undefined {
  switch (type) {
    case KEY_TYPE.ed25519:
      return (text, signature) => verifyEd25519(publicKey, utf8(text), signature);
    case KEY_TYPE.cosignature:
      return (text, field) => {
        const { time, signature } = parseCosignature(field);
        return verifyEd25519(publicKey, cosignatureMessage(text, time), signature);
      };
    case KEY_TYPE.mlDsa44:
      return (
        verifyMlDsa44 &&
        ((text, field) => {
          const { time, signature } = parseCosignature(field, type);
          return verifyMlDsa44(publicKey, subtreeMessage(name, time, parseCheckpoint(text)), signature);
        })
      );
  }
}

function malformed(why: string, cause?: unknown): LedgerError {
  return new LedgerError('NOTE_MALFORMED', `signed note: ${why}`, { cause });
}
