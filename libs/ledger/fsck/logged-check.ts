import type { FsckCheck, FsckContext, FsckFinding } from './check';
import { firstOf } from './row-checks';

/** Rows of another context, each of which names the ledger entry that it was written with; all of it names of SQL. */
export interface LoggedRows {
  readonly table: string;
  /** Column that names a row. */
  readonly key: string;
  /** Column of its entry, a UUID; null where the act made none. */
  readonly entry: string;
}

/**
 * Every entry that such a row names is in the log or on its way. An entry that was deleted before its block has left no
 * other trace: the act that it belongs to is what tells of it.
 */
export function loggedCheck(name: string, rows: readonly LoggedRows[]): FsckCheck {
  return {
    name,
    async *run({ reader }: FsckContext): AsyncGenerator<FsckFinding> {
      for (const { table, key, entry } of rows) {
        yield* firstOf(
          reader,
          { table, problem: 'has no entry, neither in the log nor on its way there' },
          `select '${key} ' || r.${key} as key from ${table} r
           where r.${entry} is not null and not exists (select from ledger.entry e where e.id = r.${entry})
             and not exists (select from ledger.pending p where p.id = r.${entry})
           order by r.${key} limit 1`,
        );
      }
    },
  };
}
