import { assert, hex, statementText, type PartyId } from '@aceso/kernel';
import type { Tx } from '@aceso/platform';
import type { ChainClaims, ChainHead, CheckedStatement, CommonClaims } from '../domain';

/** A statement on its way into identity.statement. */
export interface StoredStatement {
  readonly checked: CheckedStatement<CommonClaims>;
  readonly partyId: PartyId;
  readonly acceptedAt: Date;
  readonly chained: boolean;
}

/** Locks a party's chain until the end of the transaction and reads its head. */
export async function lockChain(tx: Tx, partyId: PartyId): Promise<ChainHead> {
  const [head] = await tx.query<{ sequence: number; digest: Buffer | null }>(
    'select sequence, digest from identity.statement_chain where party_id = $1 for update',
    [partyId],
  );
  assert(head, 'every party has a chain since its registration');
  return { sequence: head.sequence, digest: head.digest && hex.encode(head.digest) };
}

/** Sets the head of a locked chain to the statement. */
export async function moveChain(tx: Tx, { checked, partyId }: StoredStatement): Promise<void> {
  const { seq } = checked.claims as CommonClaims & ChainClaims;
  await tx.execute('update identity.statement_chain set sequence = $2, digest = $3 where party_id = $1', [
    partyId,
    seq,
    hex.decode(checked.digest),
  ]);
}

/** The statement that a party signed with this jti; the transaction acts as the party. */
export async function findStatement(
  tx: Tx,
  partyId: PartyId,
  jti: string,
): Promise<{ digest: string; acceptedAt: Date } | null> {
  const [row] = await tx.query<{ digest: Buffer; acceptedAt: Date }>(
    'select digest, accepted_at as "acceptedAt" from identity.statement where party_id = $1 and jti = $2',
    [partyId, jti],
  );
  return row ? { digest: hex.encode(row.digest), acceptedAt: row.acceptedAt } : null;
}

/**
 * Stores a statement as it was signed; false when it, or another with its jti, is there already. The conflict names no
 * index: two copies that come at once may meet on the digest as well as on the jti.
 */
export async function insertStatement(tx: Tx, stored: StoredStatement): Promise<boolean> {
  const { checked, partyId, acceptedAt, chained } = stored;
  const { statement, claims, digest } = checked;
  const chain = chained ? (claims as CommonClaims & ChainClaims) : { seq: null, prev: null };
  const count = await tx.execute(
    `insert into identity.statement (digest, party_id, did, jti, typ, sequence, previous, text, accepted_at,
                                    appointment_digest)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
     on conflict do nothing`,
    [
      hex.decode(digest),
      partyId,
      statement.kid,
      claims.jti,
      statement.typ,
      chain.seq,
      chain.prev && hex.decode(chain.prev),
      statementText(statement),
      acceptedAt,
      typeof claims.authority === 'object' ? hex.decode(claims.authority.evidence) : null,
    ],
  );
  return count === 1;
}
