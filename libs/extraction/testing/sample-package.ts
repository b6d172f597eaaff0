import { createHash } from 'node:crypto';
import { canonicalJson, encodeDidKey, hex, utf8, type SignEd25519 } from '@aceso/kernel';
import {
  commitmentOf,
  encodeEntry,
  formatCheckpoint,
  formatNote,
  formatTlogProof,
  formatVerifierKey,
  KEY_TYPE,
  leafHash,
  nodeHash,
  signCheckpoint,
  verifierKey,
  type VerifierKey,
} from '@aceso/ledger/domain';
import { ed25519PublicKey, ed25519Signer, sha256 } from '@aceso/platform';
import { manifestText, type Manifest } from '../domain/manifest';
import { MANIFEST_FILE, OPENING_FILE, PROOF_FILE, SIGNATURE_FILE } from '../domain/package-layout';
import { receiptText } from '../domain/receipt-file';
import { signRelease } from '../domain/release-statement';
import { manifest } from './manifest';

export const SAMPLE_ORIGIN = 'ledger.example.org/consent';

/** A key of tests: its seed is one byte, repeated. */
export function sampleKey(fill: number): { readonly publicKey: Uint8Array; readonly sign: SignEd25519 } {
  const seed = new Uint8Array(32).fill(fill);
  return { publicKey: ed25519PublicKey(seed), sign: ed25519Signer(seed) };
}

/** The verifier key of a log of tests. */
export function sampleLog(fill: number, name = SAMPLE_ORIGIN): VerifierKey {
  return verifierKey({ name, type: KEY_TYPE.ed25519, publicKey: sampleKey(fill).publicKey }, sha256);
}

export interface SampleOptions {
  /** Seed of the log's key. */
  readonly logSeed?: number;
  readonly releaseSeed?: number;
  /** What the release entry commits to, on top of the right claims. */
  readonly payload?: object;
  /** Further signature lines of the checkpoint. */
  readonly cosign?: (checkpointText: string) => string;
}

const DATA: Readonly<Record<string, string>> = {
  'README.md': 'read me\n',
  'croissant.json': '{}\n',
  'data/Observation.ndjson': '{"resourceType":"Observation","id":"a"}\n{"resourceType":"Observation","id":"b"}\n',
  'data/Patient.ndjson': '{"resourceType":"Patient","id":"p"}\n',
  'datapackage.json': '{}\n',
  'dictionary.json': '{"format":"aceso/dictionary/v1","files":[],"tables":[]}\n',
  'notebooks/start.R': '# start\n',
  'notebooks/start.ipynb': '{}\n',
  'quality.html': '<!doctype html>\n',
  'schema.sql': '-- views\n',
  'tables/person.parquet': 'PAR1 not really, two\nlines\nPAR1',
};

/** Every file of a small package that verifies, by name: its release entry is the second leaf of three. */
export function samplePackage(options: SampleOptions = {}): Map<string, string> {
  const log = sampleLog(options.logSeed ?? 1);
  const release = sampleKey(options.releaseSeed ?? 2);
  const described: Manifest = manifest({
    files: Object.entries(DATA).map(([name, content]) => ({
      name,
      bytes: Buffer.byteLength(content),
      sha256: createHash('sha256').update(content).digest('hex'),
      rows: name.startsWith('data/') ? content.split('\n').length - 1 : name.startsWith('tables/') ? 1 : null,
    })),
    log: { verifierKey: formatVerifierKey(log), planCheckpoint: null },
  });
  const text = manifestText(described);
  const manifestHash = hex.encode(sha256(utf8(text)));
  const claims = {
    jti: '22222222-2222-4222-8222-222222222222',
    aud: SAMPLE_ORIGIN,
    iat: 1_700_000_000,
    exp: 1_760_000_000,
  };
  const signature = signRelease(
    { ...claims, order: described.order, manifest: manifestHash, policy: described.policy.hash },
    release.publicKey,
    release.sign,
  );
  const opening = {
    salt: new Uint8Array(32).fill(3),
    payload: canonicalJson({
      code: 'package.released',
      at: '2026-01-31T12:00:00Z',
      order: described.order,
      manifest: manifestHash,
      releaseKey: encodeDidKey(release.publicKey),
      ...options.payload,
    }),
  };
  const entry = encodeEntry({
    kind: 'order',
    nonce: new Uint8Array(16).fill(4),
    commitment: commitmentOf(opening, sha256),
    subjectTag: new Uint8Array(32).fill(5),
  });
  return new Map([
    ...Object.entries(DATA),
    [MANIFEST_FILE, text],
    [SIGNATURE_FILE, signature],
    [PROOF_FILE, proofOf(entry, log, options)],
    [OPENING_FILE, receiptText({ entry, opening })],
  ]);
}

function proofOf(entry: Uint8Array, log: VerifierKey, options: SampleOptions): string {
  const [first, third] = [leafHash(utf8('first'), sha256), leafHash(utf8('third'), sha256)];
  const root = nodeHash(nodeHash(first, leafHash(entry, sha256), sha256), third, sha256);
  const text = formatCheckpoint({ origin: log.name, size: 3n, root, extensions: [] });
  const note = formatNote({ text, signatures: [signCheckpoint(text, log, sampleKey(options.logSeed ?? 1).sign)] });
  return formatTlogProof({ index: 1n, hashes: [first, third], checkpoint: note + (options.cosign?.(text) ?? '') });
}
