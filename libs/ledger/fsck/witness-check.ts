import { bytesEqual, hex, utf8 } from '@aceso/kernel';
import { verifyEd25519 } from '@aceso/platform';
import type { Reader } from '../data/reader';
import { forkEvidence, type ForkEvidence } from '../data/witnessing';
import { LedgerError, parseCheckpoint, parseNote, verifyNote, type NoteSignature, type VerifierKey } from '../domain';
import type { FsckCheck, FsckContext, FsckFinding } from './check';

/** Blocks of one read. */
const BLOCKS_A_PAGE = 512;
/** A log with more of it has other worries. */
const EVIDENCE_ROWS_MAX = 10_000;

interface WitnessedBlock {
  readonly height: string;
  readonly note: string | null;
  /** What is kept of witnesses; `signature` is hexadecimal. */
  readonly kept: readonly { readonly name: string; readonly keyId: string; readonly signature: string }[] | null;
}

/**
 * What witnesses cosigned is what was published, line for line, and evidence carries this log's signature. Nothing in the
 * database says whose key a witness has: whether a line verifies is for the readers of a policy to see.
 */
export const witnessCheck: FsckCheck = {
  name: 'witnesses',
  async *run({ reader, key }: FsckContext): AsyncGenerator<FsckFinding> {
    for await (const block of witnessedBlocks(reader)) yield* compareLines(block, key);
    for (const evidence of await forkEvidence(reader, EVIDENCE_ROWS_MAX)) yield* judgeEvidence(evidence, key);
  },
};

async function* witnessedBlocks(reader: Reader): AsyncGenerator<WitnessedBlock> {
  for (let after = '-1'; ;) {
    const rows = await reader.query<WitnessedBlock>(
      `select height, p.note, c.kept from ledger.publication p full join (
         select height, json_agg(json_build_object(
           'name', witness, 'keyId', key_id, 'signature', encode(signature, 'hex')) order by witness) as kept
         from ledger.cosignature where height > $1 group by height order by height limit ${BLOCKS_A_PAGE}
       ) c using (height)
       where height > $1 order by height limit ${BLOCKS_A_PAGE}`,
      [after],
    );
    yield* rows;
    if (rows.length < BLOCKS_A_PAGE) return;
    after = (rows.at(-1) as WitnessedBlock).height;
  }
}

function* compareLines({ height, note, kept }: WitnessedBlock, own: VerifierKey): Generator<FsckFinding> {
  const published = (note === null ? [] : linesOf(note)).filter(({ name, keyId }) => !isSame({ name, keyId }, own));
  for (const line of published) {
    const row = kept?.find((one) => isSame(one, line));
    if (row && bytesEqual(hex.decode(row.signature), line.signature)) continue;
    const problem = row ? 'is not the line that was published' : 'is missing, though it was published';
    yield { table: 'ledger.cosignature', key: `height ${height}, ${line.name}`, problem };
  }
}

/** The lines of a note; none where it cannot be read, which the check of publications says. */
function linesOf(note: string): readonly NoteSignature[] {
  try {
    return parseNote(utf8(note)).signatures;
  } catch (error) {
    if (error instanceof LedgerError) return [];
    throw error;
  }
}

function* judgeEvidence(
  { id, ownNote, ownSize, theirNote, theirSize }: ForkEvidence & { id: string },
  key: VerifierKey,
): Generator<FsckFinding> {
  const sound = signs(ownNote, ownSize, key) && (theirNote === null || signs(theirNote, theirSize, key));
  if (sound) return;
  yield { table: 'ledger.fork_evidence', key: `id ${id}`, problem: 'holds a checkpoint that this log did not sign' };
}

function signs(text: string, size: bigint | null, key: VerifierKey): boolean {
  try {
    const note = parseNote(utf8(text));
    verifyNote(note, [key], { verifyEd25519 });
    return parseCheckpoint(note.text).size === size;
  } catch (error) {
    if (error instanceof LedgerError) return false;
    throw error;
  }
}

function isSame(a: Pick<NoteSignature, 'name' | 'keyId'>, b: Pick<NoteSignature, 'name' | 'keyId'>): boolean {
  return a.name === b.name && a.keyId === b.keyId;
}
