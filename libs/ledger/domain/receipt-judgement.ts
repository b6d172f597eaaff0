import { base64, bytesEqual, utf8, type Sha256 } from '@aceso/kernel';
import { parseCheckpoint, type Checkpoint } from './checkpoint';
import { verifyOpening } from './commitment';
import { decodeEntry, type EntryKind, type LedgerEntry } from './entry';
import { LedgerError, type LedgerErrorCode } from './ledger.errors';
import { verifyMember } from './member-list';
import { emptyRoot, leafHash } from './merkle';
import { parseNote } from './note';
import { verifyConsistency, verifyInclusion } from './proof';
import { verifyCheckpoint, verifyReceipt, type VerifierCrypto, type WitnessTime } from './receipt';
import { decodeReceiptExtra, type ReceiptExtra } from './receipt-extra';
import { parseTlogProof, type TlogProof } from './tlog-proof';
import type { TrustPolicy } from './trust-policy';

/** Where a receipt fails, in the order of transparency-log.md section 8, then what our own receipts add to it. */
export type ReceiptStep = 'form' | 'leaf' | 'origin' | 'witnesses' | 'inclusion' | 'opening' | 'member' | 'consistency';

/** The words of a package's verdict, and its exit codes: 0, 1, 2. */
export type ReceiptVerdict = 'verified' | 'broken' | 'origin not proven';

/** What a reader asks of a receipt. All but the receipt itself is the reader's own. */
export interface ReceiptQuestion {
  readonly receipt: Uint8Array;
  /** Without a policy the best verdict is `origin not proven`. */
  readonly policy: TrustPolicy | null;
  /** The entry, where the receipt does not carry it. */
  readonly entry?: Uint8Array;
  /** A signed checkpoint that the reader saw before: one log must hold both. */
  readonly older?: Uint8Array;
  /** Consistency proof between both sizes; from anywhere, since a wrong one proves nothing. */
  readonly path?: readonly Uint8Array[];
}

export interface ReceiptReport {
  readonly verdict: ReceiptVerdict;
  /** The step that failed or is missing; null when verified. */
  readonly step: ReceiptStep | null;
  readonly reason: string | null;
  /** Whom the reader believes when the verdict is `verified`. */
  readonly trust: 'witnesses' | 'operator only' | null;
  readonly witnessedAt: readonly WitnessTime[];
  readonly index: string | null;
  readonly kind: EntryKind | 'block header' | 'kind not known' | null;
  readonly checkpoint: { readonly origin: string; readonly size: string; readonly root: string } | null;
  /** What the entry says, in its own words; null where the receipt does not open it. */
  readonly payload: string | null;
  /** What the list of the entry says about one member. */
  readonly member: string | null;
  /** Whether the log of an older checkpoint was shown to go on in this one; null when nobody asked. */
  readonly consistent: boolean | null;
}

const NOTHING: ReceiptReport = {
  verdict: 'broken',
  step: null,
  reason: null,
  trust: null,
  witnessedAt: [],
  index: null,
  kind: null,
  checkpoint: null,
  payload: null,
  member: null,
  consistent: null,
};

/** Nobody whom the reader trusts says otherwise: the receipt may be right, and another reader may believe it. */
const UNPROVEN: ReadonlyMap<LedgerErrorCode, ReceiptStep> = new Map([
  ['LOG_NOT_TRUSTED', 'origin'],
  ['NOTE_NOT_SIGNED', 'origin'],
  ['WITNESS_QUORUM_NOT_MET', 'witnesses'],
]);

/**
 * Judges a receipt offline: first whether it contradicts itself (leaf, inclusion, opening, member), then whether the
 * reader's policy believes the checkpoint, then whether an older checkpoint of the reader goes on in it. Throws
 * RECEIPT_ENTRY_MISSING when neither the file nor the reader has the entry.
 */
export function judgeReceipt(question: ReceiptQuestion, crypto: VerifierCrypto): ReceiptReport {
  return new Judgement(question, crypto).run();
}

/** The sizes between which a {@link ReceiptQuestion.path} is needed; null where none is. */
export function sizesToCompare(receipt: Uint8Array, older: Uint8Array): { from: bigint; to: bigint } | null {
  const sizes = [utf8(parseTlogProof(receipt).checkpoint), older].map((note) => checkpointIn(note).size);
  const [from, to] = sizes.sort((a, b) => (a < b ? -1 : 1)) as [bigint, bigint];
  return from === 0n || from === to ? null : { from, to };
}

class Judgement {
  private report = NOTHING;

  constructor(
    private readonly question: ReceiptQuestion,
    private readonly crypto: VerifierCrypto,
  ) {}

  run(): ReceiptReport {
    try {
      this.judge();
    } catch (error) {
      if (!(error instanceof LedgerError) || error.code === 'RECEIPT_ENTRY_MISSING') throw error;
      const unproven = UNPROVEN.get(error.code);
      this.found({
        verdict: unproven ? 'origin not proven' : 'broken',
        step: unproven ?? this.report.step,
        reason: error.message,
        trust: null,
      });
    }
    return this.report;
  }

  private judge(): void {
    const { receipt, policy } = this.question;
    this.at('form');
    const proof = parseTlogProof(receipt);
    const extra = proof.extra === undefined ? {} : decodeReceiptExtra(proof.extra);
    const checkpoint = checkpointIn(utf8(proof.checkpoint));
    const { origin, size, root } = checkpoint;
    this.found({ index: String(proof.index), checkpoint: { origin, size: String(size), root: base64.encode(root) } });
    const entry = this.checkLeaf(proof, extra, checkpoint);
    this.checkContent(extra, entry.decoded);
    this.at('origin');
    if (policy === null) throw new LedgerError('LOG_NOT_TRUSTED', 'no trust policy was given');
    const { operatorOnly, witnessedAt } = verifyReceipt({ proof: receipt, entry: entry.bytes }, policy, this.crypto);
    this.found({ trust: operatorOnly ? 'operator only' : 'witnesses', witnessedAt });
    this.at('consistency');
    if (!this.checkConsistency(checkpoint, policy)) return;
    this.found({ verdict: 'verified', step: null });
  }

  private checkLeaf(
    { index, hashes }: TlogProof,
    extra: ReceiptExtra,
    { size, root }: Checkpoint,
  ): { bytes: Uint8Array; decoded: LedgerEntry } {
    this.at('leaf');
    const bytes = this.question.entry ?? extra.entry;
    if (!bytes) throw new LedgerError('RECEIPT_ENTRY_MISSING', 'the receipt does not carry its entry: give it beside');
    if (extra.entry && !bytesEqual(extra.entry, bytes)) {
      throw new LedgerError('INCLUSION_PROOF_WRONG', 'the receipt carries another entry');
    }
    const decoded = decodeEntry(bytes);
    this.found({ kind: kindOf(decoded) });
    this.at('inclusion');
    const { sha256 } = this.crypto;
    verifyInclusion({ index, size, leaf: leafHash(bytes, sha256), proof: hashes, root }, sha256);
    return { bytes, decoded };
  }

  /** What the file adds to the proof; of an entry whose kind is not known nothing more can be said. */
  private checkContent({ opening, member }: ReceiptExtra, entry: LedgerEntry): void {
    if (entry.form === 'unknown') return;
    this.at('opening');
    if (opening) {
      if (entry.form === 'header') throw new LedgerError('OPENING_WRONG', 'a block header commits to nothing');
      verifyOpening(opening, entry.commitment, this.crypto.sha256);
      this.found({ payload: opening.payload });
    }
    if (!member) return;
    this.at('member');
    if (!opening || entry.form === 'header') {
      throw new LedgerError('MEMBER_PROOF_WRONG', 'a member needs the opening that holds its list');
    }
    verifyMember({ opening, member }, entry, this.crypto.sha256);
    this.found({ member: member.payload });
  }

  /** False when it could not be looked at. */
  private checkConsistency(checkpoint: Checkpoint, policy: TrustPolicy): boolean {
    const { older, path } = this.question;
    if (older === undefined) return true;
    // What the reader kept was witnessed then, perhaps by others: the log's own signature is enough to hold it to it.
    const { checkpoint: kept } = verifyCheckpoint(older, { ...policy, quorum: 'none' }, this.crypto);
    if (kept.origin !== checkpoint.origin) throw inconsistent('the older checkpoint is of another log');
    const [from, to] = kept.size <= checkpoint.size ? [kept, checkpoint] : [checkpoint, kept];
    if (from.size < to.size && from.size > 0n && !path) {
      const reason = 'consistency with the older checkpoint was not checked: it needs the hash tiles';
      this.found({ verdict: 'origin not proven', reason, trust: null, consistent: false });
      return false;
    }
    compare(from, to, path ?? [], this.crypto.sha256);
    this.found({ consistent: true });
    return true;
  }

  private at(step: ReceiptStep): void {
    this.report = { ...this.report, step };
  }

  private found(news: Partial<ReceiptReport>): void {
    this.report = { ...this.report, ...news };
  }
}

function compare(from: Checkpoint, to: Checkpoint, path: readonly Uint8Array[], sha256: Sha256): void {
  if (from.size > 0n) {
    const claim = { oldSize: from.size, oldRoot: from.root, newSize: to.size, newRoot: to.root, proof: path };
    verifyConsistency(claim, sha256);
  } else if (!bytesEqual(from.root, emptyRoot(sha256))) {
    throw inconsistent('the empty tree has another root');
  }
}

function checkpointIn(note: Uint8Array): Checkpoint {
  return parseCheckpoint(parseNote(note).text);
}

function kindOf(entry: LedgerEntry): NonNullable<ReceiptReport['kind']> {
  if (entry.form === 'unknown') return 'kind not known';
  return entry.form === 'header' ? 'block header' : entry.kind;
}

function inconsistent(why: string): LedgerError {
  return new LedgerError('CONSISTENCY_PROOF_WRONG', why);
}
