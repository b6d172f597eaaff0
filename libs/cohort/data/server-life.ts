import type { Tx } from '@aceso/platform';

/** Names the life of the server that the transaction is in: another one may give numbers again that this one gave. Null where it has no name yet. */
export async function readServerLife(tx: Tx): Promise<string | null> {
  const [row] = await tx.query<{ life: string | null }>('select cohort.server_life() as life');
  return row!.life;
}
