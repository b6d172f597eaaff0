import { hex, utf8 } from '@aceso/kernel';
import {
  formatNote,
  formatTlogProof,
  LedgerError,
  parseNote,
  parseTlogProof,
  parseVerifierKey,
  verifyOpening,
  verifyReceipt,
  type Opening,
  type TrustPolicy,
  type VerifiedReceipt,
  type VerifierCrypto,
} from '@aceso/ledger/domain';
import { parseManifest, type Manifest } from './manifest';
import { isTableFile, MANIFEST_FILE, OPENING_FILE, PROOF_FILE, SIGNATURE_FILE, UNLISTED_FILES } from './package-layout';
import { parseReceipt, parseReleasePayload, type ReleasePayload } from './receipt-file';
import { readRelease } from './release-statement';

/** What was found in a folder: every file measured, the small ones read. */
export interface PackageReading {
  readonly files: ReadonlyMap<string, { readonly bytes: number; readonly sha256: string; readonly rows: number }>;
  /** Content of the files that the manifest cannot list, by name; absent ones are missing. */
  readonly texts: ReadonlyMap<string, string>;
}

/** One thing that is wrong: which file, and why. */
export interface Finding {
  readonly file: string;
  readonly problem: string;
}

/**
 * - `verified`: intact, and released by the operator of a log that the reader trusts.
 * - `broken`: something was changed, added or left out.
 * - `origin not proven`: nothing contradicts itself, but nobody whom the reader trusts vouches for it.
 */
export type Verdict = 'verified' | 'broken' | 'origin not proven';

export interface VerificationReport {
  readonly verdict: Verdict;
  readonly findings: readonly Finding[];
  /** Whom the reader believes when the verdict is `verified`. */
  readonly trust: 'witnesses' | 'operator only' | null;
  /** Why the origin is not proven. */
  readonly reason: string | null;
  readonly manifest: Manifest | null;
  readonly checkpoint: { readonly origin: string; readonly size: string; readonly root: string } | null;
}

/** The process exit code that says a verdict to other programs. */
export const EXIT_CODES: Record<Verdict, 0 | 1 | 2> = { verified: 0, broken: 1, 'origin not proven': 2 };

/**
 * Judges a package offline. The trust policy is the reader's own and never comes from the package; without one the best
 * verdict is `origin not proven`.
 */
export function judgePackage(
  reading: PackageReading,
  policy: TrustPolicy | null,
  crypto: VerifierCrypto,
): VerificationReport {
  const { findings, manifest, receipt } = new Examination(reading, crypto).run();
  const common = { findings, manifest, checkpoint: receipt && describe(receipt.shown) };
  if (findings.length > 0 || !receipt) return { ...common, verdict: 'broken', trust: null, reason: null };
  const origin = judgeOrigin(receipt, policy, crypto);
  return { ...common, verdict: origin.trust ? 'verified' : 'origin not proven', ...origin };
}

/** The receipt as it lies in the package, and what it shows when the package's own word for the log is taken. */
export interface ShownReceipt {
  readonly proof: Uint8Array;
  readonly entry: Uint8Array;
  readonly shown: VerifiedReceipt;
}

/** Whether a reader with this policy can believe the log, and whom it then believes. */
export function judgeOrigin(
  { proof, entry }: ShownReceipt,
  policy: TrustPolicy | null,
  crypto: VerifierCrypto,
): Pick<VerificationReport, 'trust' | 'reason'> {
  if (policy === null) return { trust: null, reason: 'no trust policy was given' };
  try {
    const { operatorOnly } = verifyReceipt({ proof, entry }, policy, crypto);
    return { trust: operatorOnly ? 'operator only' : 'witnesses', reason: null };
  } catch (error) {
    if (error instanceof LedgerError) return { trust: null, reason: error.message };
    throw error;
  }
}

/** The checkpoint that a receipt is proven against, as reports show it. */
export function describe({ checkpoint }: VerifiedReceipt): NonNullable<VerificationReport['checkpoint']> {
  return { origin: checkpoint.origin, size: String(checkpoint.size), root: hex.encode(checkpoint.root) };
}

/** Collects findings file by file; a later check is left out when what it needs is missing or broken. */
class Examination {
  readonly #findings: Finding[] = [];

  constructor(
    private readonly reading: PackageReading,
    private readonly crypto: VerifierCrypto,
  ) {}

  run(): { findings: readonly Finding[]; manifest: Manifest | null; receipt: ShownReceipt | null } {
    for (const name of UNLISTED_FILES) if (!this.reading.files.has(name)) this.#report(name, 'is missing');
    const manifest = this.#read(MANIFEST_FILE, parseManifest);
    if (!manifest) return { findings: this.#findings, manifest: null, receipt: null };
    this.#compareFiles(manifest);
    const release = this.#checkSignature(manifest);
    const receipt = this.#checkReceipt(manifest, release?.releaseKey);
    if (release && receipt && release.claims.aud !== receipt.shown.checkpoint.origin) {
      this.#report(SIGNATURE_FILE, 'was signed for another log');
    }
    return { findings: this.#findings, manifest, receipt };
  }

  #compareFiles(manifest: Manifest): void {
    const listed = new Map(manifest.files.map((file) => [file.name, file]));
    for (const name of this.reading.files.keys()) {
      if (!listed.has(name) && !UNLISTED_FILES.includes(name)) this.#report(name, 'is not in the manifest');
    }
    for (const file of manifest.files) {
      const found = this.reading.files.get(file.name);
      if (!found) this.#report(file.name, 'is missing');
      else if (found.bytes !== file.bytes) this.#report(file.name, `has ${found.bytes} bytes instead of ${file.bytes}`);
      else if (found.sha256 !== file.sha256) this.#report(file.name, 'has another content');
      else if (file.rows !== null && !isTableFile(file.name) && found.rows !== file.rows) {
        this.#report(file.name, `has ${found.rows} rows instead of ${file.rows}`);
      }
    }
  }

  #checkSignature(manifest: Manifest): ReturnType<typeof readRelease> | undefined {
    const release = this.#read(SIGNATURE_FILE, (text) => readRelease(text, this.crypto.verifyEd25519));
    if (!release) return undefined;
    const { claims } = release;
    if (claims.manifest !== this.#manifestHash()) this.#report(SIGNATURE_FILE, 'signs another manifest');
    if (claims.order !== manifest.order) this.#report(SIGNATURE_FILE, 'was signed for another order');
    if (claims.policy !== manifest.policy.hash) this.#report(SIGNATURE_FILE, 'was signed for another policy');
    return release;
  }

  #checkReceipt(manifest: Manifest, releaseKey: string | undefined): ShownReceipt | null {
    const opened = this.#read(OPENING_FILE, parseReceipt);
    if (!opened) return null;
    const proof = this.#read(PROOF_FILE, requireStrictProof);
    // The manifest's own word for the log is enough to see whether the package contradicts itself.
    const claimed = this.#read(MANIFEST_FILE, () => claimedLog(manifest, this.crypto));
    if (!proof || !claimed) return null;
    const { entry, opening } = opened;
    const shown = this.#read(PROOF_FILE, () => verifyReceipt({ proof, entry }, claimed, this.crypto));
    if (!shown) return null;
    const payload = this.#read(OPENING_FILE, () => this.#open(shown, opening));
    if (payload) this.#comparePayload(payload, manifest, releaseKey);
    return { proof, entry, shown };
  }

  #open({ entry }: VerifiedReceipt, opening: Opening): ReleasePayload {
    if (entry.form !== 'committed' || entry.kind !== 'order') throw new TypeError('the entry is not of an order');
    verifyOpening(opening, entry.commitment, this.crypto.sha256);
    return parseReleasePayload(opening.payload);
  }

  #comparePayload(payload: ReleasePayload, manifest: Manifest, releaseKey: string | undefined): void {
    if (payload.manifest !== this.#manifestHash()) this.#report(OPENING_FILE, 'commits to another manifest');
    if (payload.order !== manifest.order) this.#report(OPENING_FILE, 'is the entry of another order');
    if (releaseKey !== undefined && payload.releaseKey !== releaseKey) {
      this.#report(SIGNATURE_FILE, 'was signed by another key than the release entry names');
    }
  }

  /** Runs a reader on a file; whatever it throws becomes a finding. */
  #read<Value>(file: string, read: (text: string) => Value): Value | undefined {
    const text = this.reading.texts.get(file);
    if (text === undefined) return undefined; // reported as missing
    try {
      return read(text);
    } catch (error) {
      this.#report(file, error instanceof Error ? error.message : 'cannot be read');
      return undefined;
    }
  }

  #manifestHash(): string | undefined {
    return this.reading.files.get(MANIFEST_FILE)?.sha256;
  }

  #report(file: string, problem: string): void {
    this.#findings.push({ file, problem });
  }
}

/** The bytes of a proof in its one form: what would read as the same under other bytes is refused. */
export function requireStrictProof(text: string): Uint8Array {
  const bytes = utf8(text);
  const proof = parseTlogProof(bytes);
  const note = parseNote(utf8(proof.checkpoint));
  if (formatNote(note) !== proof.checkpoint || formatTlogProof(proof) !== text) {
    throw new TypeError('is not in its canonical form');
  }
  if (proof.extra !== undefined) throw new TypeError('carries data that nothing authenticates');
  return bytes;
}

/** A policy that takes a file's own word for its log: enough to see whether the file contradicts itself. */
export function claimedLog(
  { log }: { readonly log: { readonly verifierKey: string } },
  { sha256 }: VerifierCrypto,
): TrustPolicy {
  const key = parseVerifierKey(log.verifierKey, sha256);
  return { logs: [key], witnesses: new Map(), groups: new Map(), quorum: 'none' };
}
