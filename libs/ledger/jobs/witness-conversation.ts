import { sha256 } from '@aceso/platform';
import { newestSignedBlock, type SignedBlock } from '../data/block';
import { loadNodes } from '../data/hashes';
import type { Reader } from '../data/reader';
import { cosignedSize, type ForkEvidence } from '../data/witnessing';
import {
  consistencyRanges,
  formatAddCheckpoint,
  formatNote,
  LedgerError,
  proofHashes,
  rangeNodes,
  verifyNote,
  type Note,
  type NoteSignature,
  type SignatureChecks,
  type VerifierKey,
} from '../domain';
import type { AskedWitness } from '../witness-policy';
import { contradictionOf, refusalOf, signedByLog } from './shown-checkpoint';
import { addCheckpoint, cosignedNote, type WitnessAnswer } from './witness-client';

/** What came of asking one witness. */
export type Asked =
  | { readonly kind: 'cosigned'; readonly line: NoteSignature }
  /** No answer that counts; the next publication asks again. `code` says why. */
  | { readonly kind: 'not now'; readonly code: string }
  | { readonly kind: 'contradicts'; readonly evidence: ForkEvidence };

/** The checkpoint that is to be cosigned. */
export interface Submission {
  readonly block: SignedBlock;
  readonly note: Note;
  readonly logKey: VerifierKey;
}

/**
 * What a log says to one witness and understands of it: the size that it cosigned last is remembered, learned from
 * what it cosigned before or from its 409, and whatever it holds against a proof that is right is looked into.
 */
export class WitnessConversation {
  private lastSize: bigint | undefined;

  constructor(
    private readonly reader: Reader,
    readonly witness: AskedWitness,
    private readonly checks: SignatureChecks,
  ) {}

  /** Asks for the cosignature of a checkpoint. Throws what the network does, also when `stop` aborts. */
  async ask(submission: Submission, stop: AbortSignal): Promise<Asked> {
    this.lastSize ??= await cosignedSize(this.reader, this.witness);
    let answer = await this.submit(submission, stop);
    if (answer.kind === 'conflict' && answer.size !== undefined) {
      this.lastSize = answer.size;
      if (answer.size <= submission.block.size) answer = await this.submit(submission, stop);
    }
    if (answer.kind === 'cosigned') return this.accept(answer.lines, submission);
    if (answer.kind === 'unavailable') return { kind: 'not now', code: `HTTP_${answer.status}` };
    return this.lookInto(answer, submission, stop);
  }

  /** The line of this witness's own key, when it verifies: whatever else stands beside it is ignored. */
  verified(signatures: readonly NoteSignature[], { note: { text } }: Submission): NoteSignature | undefined {
    const verified = refusalOf(() => verifyNote({ text, signatures }, [this.witness], this.checks));
    if (verified instanceof LedgerError) return undefined;
    const { name, keyId } = this.witness;
    return verified.map(({ signature }) => ({ name, keyId, signature }))[0];
  }

  private async submit({ block, note }: Submission, stop: AbortSignal): Promise<WitnessAnswer> {
    const { lastSize = 0n } = this;
    // It knows more than this tree: said as it is, and looked into.
    if (lastSize > block.size) return { kind: 'conflict', size: lastSize };
    const proof = await this.prove(lastSize, block.size);
    return addCheckpoint(this.witness.url, formatAddCheckpoint({ oldSize: lastSize, proof, note }), stop);
  }

  private async prove(from: bigint, to: bigint): Promise<readonly Uint8Array[]> {
    if (from === 0n || from === to) return [];
    const ranges = consistencyRanges(from, to);
    return proofHashes(ranges, await loadNodes(this.reader, ranges.flatMap(rangeNodes), sha256), sha256);
  }

  private accept(lines: readonly NoteSignature[], submission: Submission): Asked {
    const line = this.verified(lines, submission);
    if (line === undefined) return { kind: 'not now', code: 'NOTE_SIGNATURE_WRONG' };
    this.lastSize = submission.block.size;
    return { kind: 'cosigned', line };
  }

  /**
   * A witness that refuses a proof which is right, or knows a larger size, has seen another tree, or lies. The checkpoint
   * that it shows decides: nobody but the holder of this log's key can have signed it.
   */
  private async lookInto(
    answer: Extract<WitnessAnswer, { kind: 'conflict' | 'refused' }>,
    { logKey }: Submission,
    stop: AbortSignal,
  ): Promise<Asked> {
    this.lastSize = undefined; // learned anew from what is stored, or from its next 409
    const theirNote = await cosignedNote(this.witness.url, logKey.name, stop).catch(() => undefined);
    const theirs = theirNote === undefined ? undefined : signedByLog(theirNote, logKey, this.checks);
    // Another sequencer may have signed and submitted a larger tree meanwhile: what is stored now counts.
    const newest = (await newestSignedBlock(this.reader)) as SignedBlock;
    const claimed = theirs?.size ?? (answer.kind === 'conflict' ? answer.size : undefined);
    const contradiction = theirs
      ? await contradictionOf(this.reader, theirs, newest.size)
      : unshownContradiction(answer, newest.size);
    if (contradiction) {
      const evidence: ForkEvidence = {
        witness: this.witness.name,
        kind: contradiction,
        ownSize: newest.size,
        ownNote: formatNote({ text: newest.text, signatures: [{ ...newest, name: logKey.name }] }),
        theirSize: claimed ?? null,
        theirNote: theirs ? (theirNote as string) : null,
      };
      return { kind: 'contradicts', evidence };
    }
    return { kind: 'not now', code: answer.kind === 'conflict' ? 'HTTP_409' : 'HTTP_422' };
  }
}

/** What a witness says that does not show its checkpoint: its word, which proves nothing. */
function unshownContradiction(
  answer: Extract<WitnessAnswer, { kind: 'conflict' | 'refused' }>,
  ownSize: bigint,
): ForkEvidence['kind'] | undefined {
  if (answer.kind === 'refused') return 'refused proof';
  return answer.size !== undefined && answer.size > ownSize ? 'larger tree' : undefined;
}
