import { utf8 } from '@aceso/kernel';
import {
  consistencyRanges,
  formatAddCheckpoint,
  formatCheckpoint,
  formatVerifierKey,
  KEY_TYPE,
  leafHash,
  proofHashes,
  signCheckpoint,
  treeRoot,
  verifierKey,
  type AddCheckpoint,
  type NodeId,
  type Note,
  type VerifierKey,
} from '../domain';
import { ed25519PublicKey, ed25519Signer, sha256 } from './portable-crypto';

/** A log in memory that signs whatever it is asked to: the same seed and other entries are a second history. */
export class SignedLog {
  readonly key: VerifierKey;
  private readonly leaves: Uint8Array[] = [];

  constructor(
    readonly origin: string,
    private readonly seed: Uint8Array,
  ) {
    this.key = verifierKey({ name: origin, type: KEY_TYPE.ed25519, publicKey: ed25519PublicKey(seed) }, sha256);
  }

  /** Appends entries that a prefix and their index tell apart; returns the log. */
  grow(count: number, prefix = ''): this {
    for (let n = 0; n < count; n += 1) this.leaves.push(leafHash(utf8(`${prefix}${this.leaves.length}`), sha256));
    return this;
  }

  /** A log of the same key with the first `size` entries. */
  fork(size: number): SignedLog {
    const other = new SignedLog(this.origin, this.seed);
    other.leaves.push(...this.leaves.slice(0, size));
    return other;
  }

  get verifierKey(): string {
    return formatVerifierKey(this.key);
  }

  root(size = this.leaves.length): Uint8Array {
    return treeRoot(this.leaves.slice(0, size), sha256);
  }

  /** The checkpoint of the first entries, signed. */
  note(size = this.leaves.length, root = this.root(size)): Note {
    const text = formatCheckpoint({ origin: this.origin, size: BigInt(size), root, extensions: [] });
    return { text, signatures: [signCheckpoint(text, this.key, ed25519Signer(this.seed))] };
  }

  proof(from: number, to = this.leaves.length): Uint8Array[] {
    if (from === 0 || from === to) return [];
    const node = ({ level, index }: NodeId): Uint8Array =>
      treeRoot(this.leaves.slice(Number(index) * 2 ** level, (Number(index) + 1) * 2 ** level), sha256);
    return proofHashes(consistencyRanges(BigInt(from), BigInt(to)), node, sha256);
  }

  /** The body of add-checkpoint from one size to another, with parts replaced. */
  request(from: number, to = this.leaves.length, change: Partial<AddCheckpoint> = {}): string {
    return formatAddCheckpoint({
      oldSize: BigInt(from),
      proof: change.proof ?? this.proof(from, to),
      note: this.note(to),
      ...change,
    });
  }
}
