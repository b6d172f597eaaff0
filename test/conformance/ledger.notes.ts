import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { base64, hex, utf8 } from '@aceso/kernel';
import {
  formatCheckpoint,
  formatTlogProof,
  formatVerifierKey,
  leafHash,
  parseCheckpoint,
  parseNote,
  parseTlogProof,
  parseVerifierKey,
  type SignatureChecks,
  type VerifierKey,
  verifyNote,
} from '@aceso/ledger/domain';
import { ed25519Signer, sha256, verifyEd25519 } from '@aceso/platform';
import { expectSame, filesBelow, isRefused, readJson, runCase, skipCase } from './ledger.case';
import type { ConformanceCase } from './suite';

interface NoteFile {
  readonly vkeys: Readonly<Record<string, string>>;
  readonly test_signing_key_published_in_go_source?: string;
  readonly bad_vkeys: readonly { readonly vkey: string; readonly why: string }[];
  readonly notes: readonly {
    readonly name: string;
    readonly vkeys: readonly string[];
    readonly note?: string;
    readonly note_b64?: string;
    readonly valid: boolean;
    readonly verified?: readonly string[];
  }[];
}

const keysOf = (texts: readonly string[]): VerifierKey[] => texts.map((text) => parseVerifierKey(text, sha256));

/** Signed notes: accepted, refused, and signed again to the same bytes. */
export function* noteCases(folder: string): Generator<ConformanceCase> {
  const file = readJson<NoteFile>(folder, 'notes.json');
  if (!file) return;
  for (const [name, text] of Object.entries(file.vkeys)) {
    yield runCase(`vkey ${name}`, () => expectSame(formatVerifierKey(parseVerifierKey(text, sha256)), text, 'vkey'));
  }
  for (const { vkey, why } of file.bad_vkeys) {
    yield runCase(`bad vkey: ${why}`, () =>
      expectSame(
        isRefused(() => parseVerifierKey(vkey, sha256)),
        true,
        'refused',
      ),
    );
  }
  for (const note of file.notes) yield noteCase(note);
  yield* signingCase(file);
}

function noteCase(note: NoteFile['notes'][number]): ConformanceCase {
  const encoded = Object.entries(note).find(([name]) => /b64|base64/.test(name))?.[1];
  const bytes = note.note === undefined ? base64.decode(String(encoded)) : utf8(note.note);
  return runCase(`note: ${note.name}`, () => {
    let verified: string[] = [];
    const refused = isRefused(() => {
      verified = verifyNote(parseNote(bytes), keysOf(note.vkeys), { verifyEd25519 }).map(({ key }) => key.name);
    });
    expectSame(refused, !note.valid, 'refused');
    if (note.verified) expectSame(verified, note.verified, 'verified');
  });
}

/** Go's private form: `PRIVATE+KEY+<name>+<hash>+<base64(type || seed)>`. Ed25519 is deterministic. */
function* signingCase(file: NoteFile): Generator<ConformanceCase> {
  const [, name, encoded] = /^PRIVATE\+KEY\+([^+]+)\+[0-9a-f]{8}\+(.+)$/.exec(
    file.test_signing_key_published_in_go_source ?? '',
  ) ?? [undefined, undefined, undefined];
  const signed = file.notes.find(({ valid, verified }) => valid && name !== undefined && verified?.includes(name));
  if (name === undefined || encoded === undefined || signed?.note === undefined) return;
  yield runCase(`note signed by ${name} again`, () => {
    const { text, signatures } = parseNote(utf8(signed.note as string));
    const own = signatures.find((signature) => signature.name === name);
    const again = ed25519Signer(base64.decode(encoded).slice(1))(utf8(text));
    expectSame(hex.encode(again), hex.encode(own?.signature as Uint8Array), 'signature');
  });
}

interface TreeFormat {
  readonly golden: string;
  readonly root_is_leaf_hash_of_utf8: string;
  readonly bad: readonly string[];
}

/** Checkpoint texts of Go's checksum database. */
export function* treeFormatCases(folder: string): Generator<ConformanceCase> {
  const file = readJson<TreeFormat>(folder, 'sumdb_tree_format.json');
  if (!file) return;
  const golden = parseCheckpoint(file.golden);
  yield runCase('checkpoint text: golden', () => {
    expectSame(formatCheckpoint(golden), file.golden, 'text');
    const root = leafHash(utf8(file.root_is_leaf_hash_of_utf8), sha256);
    expectSame(hex.encode(golden.root), hex.encode(root), 'root');
  });
  for (const [at, text] of file.bad.entries()) {
    // That reader knows one origin; ours tells the caller which it read, and the caller compares.
    yield runCase(`checkpoint text: bad ${at}`, () => {
      const refused = isRefused(() => parseCheckpoint(text)) || parseCheckpoint(text).origin !== golden.origin;
      expectSame(refused, true, 'refused');
    });
  }
}

type WitnessedKeys = Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;

/** Real public checkpoints with their cosignatures, of Ed25519 and of ML-DSA-44. */
export function* cosignatureCases(folder: string, checks: SignatureChecks): Generator<ConformanceCase> {
  const vkeys = readJson<WitnessedKeys>(folder, 'vkeys.json') ?? {};
  for (const [name, groups] of Object.entries(vkeys)) {
    const note = parseNote(readFileSync(join(folder, `${name}.checkpoint.txt`)));
    yield runCase(`checkpoint ${name}`, () => void parseCheckpoint(note.text));
    for (const text of Object.values(groups).flat()) {
      const key = parseVerifierKey(text, sha256);
      const label = `checkpoint ${name}: ${key.name} type ${key.type}`;
      yield runCase(label, () => expectSame(verifyNote(note, [key], checks).length, 1, 'signatures'));
    }
  }
}

interface ProofFormats {
  readonly marshal: readonly {
    readonly index: number;
    readonly extra_utf8?: string;
    readonly hashes_b64: readonly string[];
    readonly checkpoint: string;
    readonly want: string;
  }[];
  readonly reject: readonly { readonly proof: string; readonly why: string }[];
}

/** The format of `.tlog-proof` files. */
export function* tlogProofCases(folder: string): Generator<ConformanceCase> {
  const file = readJson<ProofFormats>(folder, 'format_vectors.json');
  if (!file) return;
  for (const [at, { index, extra_utf8, hashes_b64, checkpoint, want }] of file.marshal.entries()) {
    yield runCase(`tlog-proof ${at}`, () => {
      const proof = {
        index: BigInt(index),
        hashes: hashes_b64.map((hash) => base64.decode(hash)),
        checkpoint,
        ...(extra_utf8 === undefined ? {} : { extra: utf8(extra_utf8) }),
      };
      expectSame(formatTlogProof(proof), want, 'text');
      expectSame(formatTlogProof(parseTlogProof(utf8(want))), want, 'read again');
    });
  }
  for (const { proof, why } of file.reject) {
    yield runCase(`tlog-proof refused: ${why}`, () =>
      expectSame(
        isRefused(() => parseTlogProof(utf8(proof))),
        true,
        'refused',
      ),
    );
  }
}

/** Files of formats that Aceso does not read, each with the reason. */
export function* unreadCases(folder: string): Generator<ConformanceCase> {
  const unread: readonly (readonly [string, string])[] = [
    [
      'opentimestamps/vectors.json',
      'checkpoints are anchored in an EVM contract (docs/adr/0014), not by OpenTimestamps',
    ],
  ];
  const present = new Set(filesBelow(folder));
  for (const [file, reason] of unread) if (present.has(file)) yield skipCase(file, reason);
}
