import type { Tx } from '@aceso/platform';
import type { NoteSignature } from '../domain';
import type { Reader } from './reader';

interface CosignatureRow {
  readonly witness: string;
  readonly key_id: string;
  readonly signature: Uint8Array;
}

/** The signature lines of witnesses that are kept for a block. */
export async function cosignaturesOf(reader: Reader, height: bigint): Promise<NoteSignature[]> {
  const rows = await reader.query<CosignatureRow>(
    'select witness, key_id, signature from ledger.cosignature where height = $1 order by received_at',
    [height],
  );
  return rows.map(({ witness, key_id, signature }) => ({ name: witness, keyId: key_id, signature }));
}

/** Keeps the signature lines of witnesses for a block. */
export async function insertCosignatures(tx: Tx, height: bigint, lines: readonly NoteSignature[]): Promise<void> {
  for (const { name, keyId, signature } of lines) {
    await tx.execute(
      'insert into ledger.cosignature (height, witness, key_id, signature) values ($1, $2, $3, $4) on conflict do nothing',
      [height, name, keyId, signature],
    );
  }
}

/** The largest size that a witness is known to have cosigned; 0 for none. */
export async function cosignedSize(reader: Reader, { name, keyId }: Omit<NoteSignature, 'signature'>): Promise<bigint> {
  const [row] = await reader.query<{ size: string }>(
    `select b.size from ledger.cosignature c join ledger.block b on b.height = c.height
     where c.witness = $1 and c.key_id = $2 order by c.height desc limit 1`,
    [name, keyId],
  );
  return BigInt(row?.size ?? 0);
}

/** What a witness holds against this log. With `theirNote` both checkpoints carry a signature of this log's key. */
export interface ForkEvidence {
  readonly witness: string;
  /** It cosigned a larger tree; another tree; or it refuses a proof that is right, and does not show why. */
  readonly kind: 'larger tree' | 'other tree' | 'refused proof';
  readonly ownSize: bigint;
  readonly ownNote: string;
  readonly theirSize: bigint | null;
  readonly theirNote: string | null;
}

/** Keeps evidence, once; returns whether it is new. */
export async function insertForkEvidence(tx: Tx, evidence: ForkEvidence): Promise<boolean> {
  const { witness, kind, ownSize, ownNote, theirSize, theirNote } = evidence;
  const inserted = await tx.execute(
    `insert into ledger.fork_evidence (witness, kind, own_size, own_note, their_size, their_note)
     values ($1, $2, $3, $4, $5, $6) on conflict do nothing`,
    [witness, kind, ownSize, ownNote, theirSize, theirNote],
  );
  return inserted > 0;
}

/** Everything that witnesses ever held against this log, oldest first; at most `limit`. */
export async function forkEvidence(reader: Reader, limit: number): Promise<(ForkEvidence & { id: string })[]> {
  const rows = await reader.query<{
    id: string;
    witness: string;
    kind: ForkEvidence['kind'];
    own_size: string;
    own_note: string;
    their_size: string | null;
    their_note: string | null;
  }>(
    `select id, witness, kind, own_size, own_note, their_size, their_note from ledger.fork_evidence order by id limit $1`,
    [limit],
  );
  return rows.map((row) => ({
    id: row.id,
    witness: row.witness,
    kind: row.kind,
    ownSize: BigInt(row.own_size),
    ownNote: row.own_note,
    theirSize: row.their_size === null ? null : BigInt(row.their_size),
    theirNote: row.their_note,
  }));
}
