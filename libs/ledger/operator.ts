import { base64, type LedgerEntryId } from '@aceso/kernel';
import { sha256 } from '@aceso/platform';
import { newestBlock, newestPublication, newestSignedBlock } from './data/block';
import { readEntry, type EntryRow } from './data/entry';
import type { Reader } from './data/reader';
import { formatVerifierKey, KEY_TYPE, verifierKey, withExtra, type PolicyWitness } from './domain';
import { EntryProver } from './entry-proof';
import { SigningRecord } from './jobs/signing-record';
import { reportWitnesses, type WitnessReport } from './witness-report';

/** How the ledger stands, for its operator. Sizes are decimals, hashes base64. */
export interface LedgerStatus {
  readonly origin: string;
  readonly verifierKey: string;
  readonly size: string;
  readonly root: string | null;
  readonly blocks: string;
  /** Entries that wait for their block. */
  readonly pending: string;
  readonly signedSize: string;
  readonly published: { readonly size: string; readonly root: string; readonly at: string } | null;
  /** The record of what was signed, outside of the database. */
  readonly signingRecord: { readonly origin: string; readonly size: string; readonly root: string } | null;
  /** What each configured witness shows of this log. */
  readonly witnesses: readonly WitnessReport[];
}

/** What is compared with the rows. */
export interface LedgerStatusParts {
  readonly origin: string;
  /** The log's raw Ed25519 public key. */
  readonly publicKey: Uint8Array;
  /** File of the record of what was signed. */
  readonly signingRecord: string;
  readonly witnesses: readonly PolicyWitness[];
}

/** Reads how the ledger stands and asks its witnesses. Throws LEDGER_SIGNING_RECORD_MALFORMED, LEDGER_STORAGE_DAMAGED. */
export async function ledgerStatus(
  reader: Reader,
  { origin, publicKey, signingRecord, witnesses }: LedgerStatusParts,
): Promise<LedgerStatus> {
  const key = verifierKey({ name: origin, type: KEY_TYPE.ed25519, publicKey }, sha256);
  const block = await newestBlock(reader);
  const signed = await newestSignedBlock(reader);
  const publication = await newestPublication(reader);
  const [row] = await reader.query<{ pending: string; at: Date | null }>(
    `select (select count(*) from ledger.pending) as pending, (select max(published_at) from ledger.publication) as at`,
  );
  const record = await new SigningRecord(signingRecord).read();
  return {
    origin,
    verifierKey: formatVerifierKey(key),
    size: String(block?.size ?? 0n),
    root: block ? base64.encode(block.root) : null,
    blocks: String((block?.height ?? -1n) + 1n),
    pending: row?.pending ?? '0',
    signedSize: String(signed?.size ?? 0n),
    published: publication
      ? {
          size: String(publication.size),
          root: base64.encode(publication.root),
          at: (row?.at as Date).toISOString(),
        }
      : null,
    signingRecord: record
      ? { origin: record.origin, size: String(record.size), root: base64.encode(record.root) }
      : null,
    witnesses: await reportWitnesses(reader, key, witnesses),
  };
}

/**
 * A `.tlog-proof` of any entry against the newest published checkpoint, with the entry itself in its `extra` line; null
 * where no published checkpoint holds it. It opens nothing.
 */
export async function proveForOperator(
  reader: Reader,
  entry: { readonly id: LedgerEntryId } | { readonly index: bigint },
): Promise<string | null> {
  const publication = await newestPublication(reader);
  const row = 'id' in entry ? await readEntry(reader, entry.id) : await entryAt(reader, entry.index);
  if (!publication || !row || BigInt(row.index) >= publication.size) return null;
  const [proof] = await new EntryProver().proveAll(reader, [row], publication);
  return proof ? withExtra(proof.proof, { entry: proof.entry }) : null;
}

async function entryAt(reader: Reader, index: bigint): Promise<EntryRow | undefined> {
  const [row] = await reader.query<EntryRow>(
    'select index, id, bytes, null as subject_id, null as sealed from ledger.entry where index = $1',
    [index],
  );
  return row;
}
