import type { Tx } from '@aceso/platform';
import { ExtractionError } from '../extraction.errors';
import type { AttemptId } from './attempt.store';

/** A part file of one shard: rows of one resource type, in their final order. */
export interface PartFile {
  readonly resourceType: string;
  readonly blobKey: string;
  readonly rows: number;
}

/** What a finished shard leaves: its parts, and how many of its persons have each code. */
export interface ShardFiles {
  readonly parts: readonly PartFile[];
  readonly codesKey: string;
}

/** A shard by its attempt and its place in it. */
export interface ShardRef {
  readonly attemptId: AttemptId;
  readonly index: number;
}

/**
 * Takes a shard: from now on only the holder of the returned fencing token can finish it. Null when the shard is done or
 * its attempt has ended.
 */
export async function claimShard(tx: Tx, { attemptId, index }: ShardRef): Promise<bigint | null> {
  const [claimed] = await tx.query<{ fence: string }>(
    `update extraction.shard s set state = 'running', fence = s.fence + 1, persons_done = 0
     from extraction.attempt a
     where a.id = s.attempt_id and a.state = 'emitting' and s.attempt_id = $1 and s.index = $2 and s.state <> 'done'
     returning s.fence`,
    [attemptId, index],
  );
  return claimed ? BigInt(claimed.fence) : null;
}

/** Notes how far a shard is; nothing happens when it was taken over meanwhile. */
export async function noteProgress(
  tx: Tx,
  shard: ShardRef & { readonly fence: bigint },
  personsDone: number,
): Promise<void> {
  await tx.execute(
    `update extraction.shard set persons_done = $4 where attempt_id = $1 and index = $2 and fence = $3 and state = 'running'`,
    [shard.attemptId, shard.index, String(shard.fence), personsDone],
  );
}

/** Makes a shard's files the ones that count. Refuses with ATTEMPT_OVERTAKEN when it was taken over. */
export async function finishShard(
  tx: Tx,
  shard: ShardRef & { readonly fence: bigint },
  files: ShardFiles,
): Promise<void> {
  const finished = await tx.execute(
    `update extraction.shard s set state = 'done', files = $4, persons_done = persons
     from extraction.attempt a
     where a.id = s.attempt_id and a.state = 'emitting'
       and s.attempt_id = $1 and s.index = $2 and s.fence = $3 and s.state = 'running'`,
    [shard.attemptId, shard.index, String(shard.fence), JSON.stringify(files)],
  );
  if (finished === 0) throw new ExtractionError('ATTEMPT_OVERTAKEN', 'another worker has taken this shard over');
}

/** What the shards of an attempt left, in their order. */
export async function shardFiles(tx: Tx, attemptId: AttemptId): Promise<readonly ShardFiles[]> {
  const rows = await tx.query<{ files: ShardFiles }>(
    `select files from extraction.shard where attempt_id = $1 and state = 'done' order by index`,
    [attemptId],
  );
  return rows.map((row) => row.files);
}

/** How many shards an attempt has, and which of them are not done. */
export async function shardStates(tx: Tx, attemptId: AttemptId): Promise<{ total: number; open: readonly number[] }> {
  const rows = await tx.query<{ index: number; done: boolean }>(
    `select index, state = 'done' as done from extraction.shard where attempt_id = $1 order by index`,
    [attemptId],
  );
  return { total: rows.length, open: rows.filter((row) => !row.done).map((row) => row.index) };
}
