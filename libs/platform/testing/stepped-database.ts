import type { Database, TransactionOptions } from '../database/database';
import type { DatabaseRole } from '../database/roles';
import type { Tx } from '../database/tx';

/** What a transaction is about to send. */
export interface Step {
  readonly role: DatabaseRole;
  /** The statement; `commit` after the last one. */
  readonly sql: string;
}

/**
 * A database whose transactions ask before each statement and before their commit, so that a test can let something else happen
 * exactly there. What goes through TypeORM's manager or `actAs` is no step.
 */
export function steppedDatabase(database: Database, before: (step: Step) => Promise<void>): Database {
  const stepped = (tx: Tx): Tx => {
    const { role } = tx;
    const ask = (sql: string): Promise<void> => before({ role, sql });
    return {
      role,
      manager: tx.manager,
      actAs: (partyId) => tx.actAs(partyId),
      copyFrom: (sql) => tx.copyFrom(sql),
      copyTo: (sql) => tx.copyTo(sql),
      query: async (sql, params) => ask(sql).then(() => tx.query(sql, params)),
      prepared: async (sql, params) => ask(sql).then(() => tx.prepared(sql, params)),
      execute: async (sql, params) => ask(sql).then(() => tx.execute(sql, params)),
    };
  };
  const transaction = <T>(role: DatabaseRole, use: (tx: Tx) => Promise<T>, options?: TransactionOptions): Promise<T> =>
    database.transaction(
      role,
      async (tx) => {
        const result = await use(stepped(tx));
        await before({ role, sql: 'commit' });
        return result;
      },
      options,
    );
  return new Proxy(database, {
    get: (target, name) => {
      if (name === 'transaction') return transaction;
      const member: unknown = Reflect.get(target, name, target);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
}
