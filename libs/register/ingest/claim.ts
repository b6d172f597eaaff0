import type { PartyId, UploadId } from '@aceso/kernel';
import type { Tx } from '@aceso/platform';

import { RegisterError } from '../register.errors';

export type IngestState = 'accepted' | 'running' | 'finished' | 'failed';

/** One attempt at an ingest; its number is the fencing token. */
export interface Claim {
  readonly ingestId: string;
  readonly uploadId: UploadId;
  readonly providerId: PartyId;
  readonly attempt: number;
}

interface ClaimRow {
  readonly upload_id: UploadId;
  readonly provider_id: PartyId;
  readonly state: IngestState;
  readonly number: string;
  readonly attempt: number;
}

/**
 * Takes an ingest for one attempt, whose number refuses every older one from now on. Claims of one provider come one
 * after the other, so that two of its ingests never run at once.
 */
export async function claimIngest(tx: Tx, ingestId: string): Promise<Claim | 'finished' | 'failed' | 'waiting'> {
  await tx.query(
    'select pg_advisory_xact_lock(hashtextextended(provider_id::text, 0)) from register.ingest where id = $1',
    [ingestId],
  );
  const [row] = await tx.query<ClaimRow>('select * from register.ingest where id = $1 for update', [ingestId]);
  if (row === undefined) throw new RegisterError('INGEST_NOT_FOUND', 'there is no such ingest');
  if (row.state === 'finished' || row.state === 'failed') return row.state;
  const before = await tx.query(
    `select 1 from register.ingest where provider_id = $1 and id <> $2
       and (state = 'running' or (state = 'accepted' and number < $3)) limit 1`,
    [row.provider_id, ingestId, row.number],
  );
  if (before.length > 0 && row.state !== 'running') return 'waiting';
  const attempt = row.attempt + 1;
  await tx.execute(`update register.ingest set state = 'running', attempt = $2 where id = $1`, [ingestId, attempt]);
  return { ingestId, uploadId: row.upload_id, providerId: row.provider_id, attempt };
}
