import { utf8 } from '@aceso/kernel';
import { loadMlDsa44, verifyEd25519 } from '@aceso/platform';
import { newestBlock, newestSignedBlock } from './data/block';
import type { Reader } from './data/reader';
import type { ForkEvidence } from './data/witnessing';
import {
  formatNote,
  KEY_TYPE,
  LedgerError,
  parseCosignature,
  parseNote,
  verifyNote,
  type CosignatureType,
  type PolicyWitness,
  type SignatureChecks,
  type VerifierKey,
} from './domain';
import { contradictionOf, refusalOf, signedByLog } from './jobs/shown-checkpoint';
import { cosignedNote, networkCode, WITNESS_MS_MAX } from './jobs/witness-client';
import { isAsked } from './witness-policy';

/** What a witness shows of this log. Sizes are decimals, notes are whole signed checkpoints. */
export type WitnessFinding =
  | { readonly state: 'agrees'; readonly size: string; readonly cosignedAt: string }
  /** This log signed what the stored tree does not hold: it was restored from an older backup, or forked. */
  | {
      readonly state: 'contradicts';
      readonly kind: Exclude<ForkEvidence['kind'], 'refused proof'>;
      readonly size: string;
      readonly theirNote: string;
      /** The newest checkpoint that the database holds; null where it holds none. */
      readonly ownNote: string | null;
    }
  /** What it shows is not signed by this log and this witness: nobody's word but its own. */
  | { readonly state: 'proves nothing'; readonly code: string }
  | { readonly state: 'shows nothing' }
  | { readonly state: 'not reached'; readonly code: string }
  | { readonly state: 'has no address' };

/** A configured witness and what it shows. */
export type WitnessReport = { readonly witness: string; readonly url: string | null } & WitnessFinding;

/**
 * Asks every witness at once which checkpoint of this log it cosigned last (`GET <url>/<hex SHA-256 of the
 * origin>/checkpoint`) and compares that with the stored tree; takes {@link WITNESS_MS_MAX} at most. Throws
 * LEDGER_STORAGE_DAMAGED where hashes of the tree are missing.
 */
export async function reportWitnesses(
  reader: Reader,
  logKey: VerifierKey,
  witnesses: readonly PolicyWitness[],
): Promise<WitnessReport[]> {
  const isMlDsa44 = witnesses.some(({ type }) => type === KEY_TYPE.mlDsa44);
  const checks = { verifyEd25519, ...(isMlDsa44 ? { verifyMlDsa44: await loadMlDsa44() } : {}) };
  const shown = await Promise.all(witnesses.map((witness) => shownBy(witness, logKey.name)));
  // Read behind the answers: a log that is at work goes on meanwhile, and no witness is ahead of what is stored then.
  const ownSize = (await newestBlock(reader))?.size ?? 0n;
  const ownNote = await newestNote(reader, logKey.name);
  const reports: WitnessReport[] = [];
  for (const [at, witness] of witnesses.entries()) {
    const answer = shown[at] as Shown;
    const finding =
      typeof answer === 'string' ? await judge(answer, { reader, logKey, witness, checks, ownSize, ownNote }) : answer;
    reports.push({ witness: witness.name, url: witness.url ?? null, ...finding });
  }
  return reports;
}

/** A note, or why there is none. */
type Shown = string | Extract<WitnessFinding, { state: 'shows nothing' | 'not reached' | 'has no address' }>;

async function shownBy(witness: PolicyWitness, origin: string): Promise<Shown> {
  if (!isAsked(witness)) return { state: 'has no address' };
  try {
    const note = await cosignedNote(witness.url, origin, AbortSignal.timeout(WITNESS_MS_MAX));
    return note ?? { state: 'shows nothing' };
  } catch (error) {
    return { state: 'not reached', code: networkCode(error) };
  }
}

interface Judging {
  readonly reader: Reader;
  readonly logKey: VerifierKey;
  readonly witness: PolicyWitness;
  readonly checks: SignatureChecks;
  readonly ownSize: bigint;
  readonly ownNote: string | null;
}

async function judge(theirNote: string, judging: Judging): Promise<WitnessFinding> {
  const { reader, logKey, witness, checks, ownSize, ownNote } = judging;
  const checkpoint = signedByLog(theirNote, logKey, checks);
  if (!checkpoint) return { state: 'proves nothing', code: 'NOTE_NOT_SIGNED' };
  const size = String(checkpoint.size);
  // The log's own signature is the evidence, whoever shows it.
  const kind = await contradictionOf(reader, checkpoint, ownSize);
  if (kind) return { state: 'contradicts', kind, size, theirNote, ownNote };
  const time = refusalOf(() => cosignedAt(theirNote, witness, checks));
  if (time instanceof LedgerError) return { state: 'proves nothing', code: time.code };
  return { state: 'agrees', size, cosignedAt: time };
}

/** When this witness signed the note, by its own clock. Throws NOTE_NOT_SIGNED, NOTE_SIGNATURE_WRONG. */
function cosignedAt(text: string, witness: PolicyWitness, checks: SignatureChecks): string {
  const [line] = verifyNote(parseNote(utf8(text)), [witness], checks);
  const { time } = parseCosignature(line?.signature as Uint8Array, witness.type as CosignatureType);
  const milliseconds = Number(time) * 1000;
  // A clock beyond what a date can say is shown as the number that it is.
  return milliseconds <= 8.64e15 ? new Date(milliseconds).toISOString() : `${time} s`;
}

async function newestNote(reader: Reader, origin: string): Promise<string | null> {
  const block = await newestSignedBlock(reader);
  return block ? formatNote({ text: block.text, signatures: [{ ...block, name: origin }] }) : null;
}
