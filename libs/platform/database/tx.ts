import type { Readable, Writable } from 'node:stream';
import { isUuid, assert } from '@aceso/kernel';
import type { PoolClient } from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import type { EntityManager } from 'typeorm';
import type { DatabaseRole } from './roles';

/**
 * An open transaction under one database role. Writes take it as a parameter, so they cannot be called outside of one;
 * it is worthless once the use case that opened it has returned.
 */
export interface Tx {
  readonly role: DatabaseRole;
  /** Rows of one parameterised statement. int8 and numeric arrive as text, dates as YYYY-MM-DD, bytea as Buffer. */
  query<Row>(sql: string, params?: readonly unknown[]): Promise<Row[]>;
  /**
   * As `query`, of a statement whose text is fixed and that is asked again and again: each connection parses it once, and plans it once as soon as
   * plans for certain parameters are no better.
   */
  prepared<Row>(sql: string, params?: readonly unknown[]): Promise<Row[]>;
  /** Runs one statement and tells how many rows it affected. */
  execute(sql: string, params?: readonly unknown[]): Promise<number>;
  /** `COPY … FROM STDIN`: write to it, end it and wait for 'finish' (`pipeline` does) before the next statement. */
  copyFrom(sql: string): Writable;
  /**
   * `COPY … TO STDOUT`: read it to its end before the next statement. It takes no parameters: whatever is not a fixed text is a
   * whole number that was checked.
   */
  copyTo(sql: string): Readable;
  /** Acts as one party until the end of the transaction: row-level security shows this party's rows only. */
  actAs(partyId: string): Promise<void>;
  /** TypeORM's manager on the same connection and transaction. */
  readonly manager: EntityManager;
}

/** A {@link Tx} over the connection of a TypeORM query runner. */
export class ConnectionTx implements Tx {
  constructor(
    readonly role: DatabaseRole,
    readonly manager: EntityManager,
    private readonly client: PoolClient,
  ) {}

  async query<Row>(sql: string, params: readonly unknown[] = []): Promise<Row[]> {
    const result = await this.client.query(sql, params as unknown[]);
    return result.rows as Row[];
  }

  async prepared<Row>(sql: string, params: readonly unknown[] = []): Promise<Row[]> {
    const result = await this.client.query({ name: nameOf(sql), text: sql, values: params as unknown[] });
    return result.rows as Row[];
  }

  async execute(sql: string, params: readonly unknown[] = []): Promise<number> {
    const result = await this.client.query(sql, params as unknown[]);
    return result.rowCount ?? 0;
  }

  copyFrom(sql: string): Writable {
    return this.client.query(copyFrom(sql));
  }

  copyTo(sql: string): Readable {
    return this.client.query(copyTo(sql));
  }

  async actAs(partyId: string): Promise<void> {
    assert(isUuid(partyId), 'a party id is a UUID');
    await this.client.query(`select set_config('aceso.party', $1, true)`, [partyId]);
  }
}

/** Texts of statements that are prepared, at most: every connection keeps each of them. */
const PREPARED_MAX = 200;
const names = new Map<string, string>();

function nameOf(sql: string): string {
  const name = names.get(sql) ?? `aceso_${names.size + 1}`;
  names.set(sql, name);
  assert(names.size <= PREPARED_MAX, 'statements that are prepared have fixed texts');
  return name;
}
