import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { assert } from '@aceso/kernel';
import { Injectable } from '@nestjs/common';
import { types, type PoolClient } from 'pg';
import { DataSource, type EntitySchema, type QueryRunner } from 'typeorm';
import { PlatformError } from '../platform.errors';
import type { DatabaseRole } from './roles';
import { ConnectionTx, type Tx } from './tx';

/**
 * SQLSTATE serialization_failure and deadlock_detected (PostgreSQL appendix A): the whole use case may run again. A wrapped key
 * that was read just before the turn of its epoch stands there wrapped anew.
 */
const RETRIED: ReadonlySet<string> = new Set(['40001', '40P01', 'KEY_EPOCH_DESTROYED']);
const RUNS_MAX = 3;
/** Longest wait before a second run, milliseconds; random, so that two rivals do not meet again. */
const PAUSE_MS_MAX = 50;
const POOL_SIZE_DEFAULT = 10;
/** Rows that a stream fetches at once. */
const STREAM_BATCH_ROWS = 1000;

type Entity = EntitySchema | (new (...args: never[]) => object);

export interface DatabaseOptions {
  /** Connection address of each role that this process holds; another role is refused. */
  readonly urls: Partial<Record<DatabaseRole, string>>;
  readonly poolSize?: number;
  /** Row classes that `tx.manager` knows. */
  readonly entities?: readonly Entity[];
  /** Told about connections that break while idle; the pool replaces them by itself. */
  readonly onPoolError?: (error: Error) => void;
}

const ISOLATIONS = ['READ COMMITTED', 'REPEATABLE READ', 'SERIALIZABLE'] as const;

export interface TransactionOptions {
  /** READ COMMITTED unless an ADR shows that row locks cannot say it. */
  readonly isolation?: (typeof ISOLATIONS)[number];
  readonly readOnly?: boolean;
  /** Longest time of each statement, whole milliseconds: one that takes longer is refused with SQLSTATE 57014. */
  readonly statementMsMax?: number;
}

/** PostgreSQL, one pool a role. */
@Injectable()
export class Database {
  readonly #options: DatabaseOptions;
  readonly #sources = new Map<DatabaseRole, Promise<DataSource>>();

  constructor(options: DatabaseOptions) {
    this.#options = options;
  }

  /** The roles that this process holds. */
  get roles(): readonly DatabaseRole[] {
    return Object.keys(this.#options.urls) as DatabaseRole[];
  }

  /**
   * Runs a use case in one transaction under a role: commits what it did when it returns, rolls back when it throws.
   * After a deadlock or a serialization failure the whole of it runs again, at most three times: it must not have
   * effects outside of `tx`.
   */
  async transaction<T>(role: DatabaseRole, use: (tx: Tx) => Promise<T>, options: TransactionOptions = {}): Promise<T> {
    const source = await this.#source(role);
    for (let run = 1; ; run += 1) {
      try {
        return await runOnce(source.createQueryRunner(), { role, use, options });
      } catch (error) {
        if (run === RUNS_MAX || !isRetried(error)) throw error;
        await sleep(randomInt(1, PAUSE_MS_MAX));
      }
    }
  }

  /** Rows of one statement, in a transaction of its own. */
  async query<Row>(role: DatabaseRole, sql: string, params: readonly unknown[] = []): Promise<Row[]> {
    const source = await this.#source(role);
    const runner = source.createQueryRunner();
    try {
      const client = (await runner.connect()) as PoolClient;
      const result = await client.query(sql, params as unknown[]);
      return result.rows as Row[];
    } finally {
      await runner.release();
    }
  }

  /** Rows of a query of any size, fetched in batches through a cursor in one read-only snapshot. */
  async *stream<Row>(role: DatabaseRole, sql: string, params: readonly unknown[] = []): AsyncGenerator<Row> {
    const source = await this.#source(role);
    const runner = source.createQueryRunner();
    try {
      const client = (await runner.connect()) as PoolClient;
      await client.query('start transaction read only');
      try {
        await client.query(`declare batch no scroll cursor for ${sql}`, params as unknown[]);
        for (;;) {
          const { rows } = await client.query(`fetch ${STREAM_BATCH_ROWS} from batch`);
          yield* rows as Row[];
          if (rows.length < STREAM_BATCH_ROWS) break;
        }
      } finally {
        await client.query('rollback');
      }
    } finally {
      await runner.release();
    }
  }

  /** Closes every pool; waits for connections in use. */
  async close(): Promise<void> {
    const sources = [...this.#sources.values()];
    this.#sources.clear();
    for (const opening of sources) {
      const source = await opening.catch(() => undefined);
      await source?.destroy();
    }
  }

  /** The pool of a role, opened at first use; a failed opening is tried again at the next use. */
  #source(role: DatabaseRole): Promise<DataSource> {
    const known = this.#sources.get(role);
    if (known) return known;
    const url = this.#options.urls[role];
    if (url === undefined) {
      throw new PlatformError('DATABASE_ROLE_UNKNOWN', `this process does not hold the database role ${role}`);
    }
    const opening = openSource(role, url, this.#options);
    opening.catch(() => this.#sources.delete(role));
    this.#sources.set(role, opening);
    return opening;
  }
}

function openSource(role: DatabaseRole, url: string, options: DatabaseOptions): Promise<DataSource> {
  return new DataSource({
    type: 'postgres',
    url,
    applicationName: `aceso-${role}`,
    poolSize: options.poolSize ?? POOL_SIZE_DEFAULT,
    // Without a listener an idle connection that breaks would end the process.
    poolErrorHandler: options.onPoolError ?? (() => undefined),
    entities: [...(options.entities ?? [])] as (EntitySchema | (new () => object))[],
    installExtensions: false,
    synchronize: false,
    logging: false,
    extra: { types: { getTypeParser: typeParser } },
  }).initialize();
}

/** A calendar date has no time zone: node-postgres would make it local midnight. */
const DATE_OID = types.builtins.DATE;
const asText = (value: string): string => value;

function typeParser(oid: number, format?: 'text' | 'binary'): unknown {
  if (oid === DATE_OID && format !== 'binary') return asText;
  return types.getTypeParser(oid, format as 'text');
}

interface Work<T> {
  readonly role: DatabaseRole;
  readonly use: (tx: Tx) => Promise<T>;
  readonly options: TransactionOptions;
}

async function runOnce<T>(runner: QueryRunner, { role, use, options }: Work<T>): Promise<T> {
  try {
    const client = (await runner.connect()) as PoolClient;
    // What TypeORM would say after its own statements: what is nested in the use case is a savepoint. Said before, so that whatever fails is rolled back.
    Object.assign(runner, { isTransactionActive: true, transactionDepth: 1 });
    await client.query(beginning(options));
    const result = await use(new ConnectionTx(role, runner.manager, client));
    await runner.commitTransaction();
    return result;
  } catch (error) {
    // A rollback that fails means that the connection is gone, and the server rolls back by itself.
    if (runner.isTransactionActive) await runner.rollbackTransaction().catch(() => undefined);
    throw error;
  } finally {
    await runner.release();
  }
}

/** One statement and one way there and back, whatever a transaction is. Of constants and a whole number only. */
function beginning({ isolation, readOnly, statementMsMax }: TransactionOptions): string {
  assert(isolation === undefined || ISOLATIONS.includes(isolation), 'a transaction has one of the known isolations');
  const modes = [isolation && `isolation level ${isolation}`, readOnly && 'read only'].filter(Boolean).join(', ');
  if (statementMsMax === undefined) return `start transaction ${modes}`;
  assert(Number.isSafeInteger(statementMsMax) && statementMsMax > 0, 'a time limit is a whole number above zero');
  return `start transaction ${modes}; set local statement_timeout = ${statementMsMax}`;
}

/** True when PostgreSQL asks for the transaction to run again; looks through wrapping errors. */
function isRetried(error: unknown): boolean {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    const { code } = at as Error & { code?: unknown };
    if (typeof code === 'string' && RETRIED.has(code)) return true;
  }
  return false;
}
