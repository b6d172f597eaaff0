import { Injectable } from '@nestjs/common';
import { canonicalJson, utf8 } from '@aceso/kernel';
import { sha256 } from '../cryptography/hash';
import type { Tx } from '../database/tx';
import { IdempotencyError } from './idempotency.errors';

/** Characters of a key: clients usually send a UUID. */
export const IDEMPOTENCY_KEY_LENGTH_MAX = 255;
/** Days after which a key may be forgotten; a repeat after that is a new request, which natural keys still stop. */
export const IDEMPOTENCY_DAYS = 30;

export interface IdempotentCall {
  /** Keys of different parties never meet. */
  readonly actorId: string;
  /** Name of the operation, like `fundRequest`. */
  readonly operation: string;
  readonly key: string;
  /** What was asked, without the key: a repeat under the same key must ask the same. JSON. */
  readonly request: unknown;
}

/** Runs what a caller may send twice, once. */
@Injectable()
export class IdempotencyService {
  /**
   * Runs `use` in the transaction, which acts as the actor, or answers what an earlier call with the same key answered. The answer is
   * stored as JSON and returned as it will be read again, so it holds strings, numbers, booleans, lists and objects
   * only. A refusal rolls back together with its key: the same key may be tried again.
   *
   * Throws IDEMPOTENCY_KEY_INVALID (length), IDEMPOTENCY_KEY_REUSED (another request under this key) or
   * IDEMPOTENCY_IN_PROGRESS (the first call has not committed yet).
   */
  async run<Answer>(tx: Tx, call: IdempotentCall, use: () => Promise<Answer>): Promise<Answer> {
    refuseKey(call.key);
    await claim(tx, call);
    await tx.actAs(call.actorId);
    const digest = sha256(utf8(canonicalJson(call.request)));
    const [stored] = await tx.query<{ request_hash: Buffer; outcome: string }>(
      `select request_hash, outcome::text as outcome from platform.idempotency
        where actor_id = $1 and operation = $2 and key = $3`,
      [call.actorId, call.operation, call.key],
    );
    if (stored) {
      if (!stored.request_hash.equals(digest)) {
        throw new IdempotencyError('IDEMPOTENCY_KEY_REUSED', 'this key was used for another request');
      }
      return JSON.parse(stored.outcome) as Answer;
    }
    const response = JSON.stringify((await use()) ?? null);
    await tx.execute(
      `insert into platform.idempotency (actor_id, operation, key, request_hash, outcome) values ($1, $2, $3, $4, $5)`,
      [call.actorId, call.operation, call.key, digest, response],
    );
    return JSON.parse(response) as Answer;
  }

  /** Forgets keys older than {@link IDEMPOTENCY_DAYS}; returns how many. Runs in the worker. */
  forget(tx: Tx): Promise<number> {
    return tx.execute('delete from platform.idempotency where created_at < now() - make_interval(days => $1)', [
      IDEMPOTENCY_DAYS,
    ]);
  }
}

function refuseKey(key: string): void {
  if (key.length < 1 || key.length > IDEMPOTENCY_KEY_LENGTH_MAX) {
    throw new IdempotencyError('IDEMPOTENCY_KEY_INVALID', `a key has 1 to ${IDEMPOTENCY_KEY_LENGTH_MAX} characters`);
  }
}

/**
 * Takes the key until the transaction ends. An advisory lock, as a row would be invisible to others until the commit
 * and they would wait for it; PostgreSQL frees the lock only after the commit is visible.
 */
async function claim(tx: Tx, { actorId, operation, key }: IdempotentCall): Promise<void> {
  const name = `idempotency ${actorId} ${operation} ${key}`;
  const [lock] = await tx.query<{ taken: boolean }>(
    'select pg_try_advisory_xact_lock(hashtextextended($1, 0)) as taken',
    [name],
  );
  if (!lock?.taken) throw new IdempotencyError('IDEMPOTENCY_IN_PROGRESS', 'the first call with this key is running');
}
