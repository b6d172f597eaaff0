import { setTimeout as sleep } from 'node:timers/promises';
import { assert } from '@aceso/kernel';
import { Client } from 'pg';
import type { TestDatabase } from './test-database';

const POLL_MS = 5;
const POLLS_MAX = 6_000;

/** Locks that a test holds, to stop a transaction of the program at the statement that needs them. */
export interface HeldLock {
  /** Returns once so many transactions of the database wait for a lock of any other one. */
  waiters(count: number): Promise<void>;
  letGo(): Promise<void>;
}

/** Runs a statement as the owner in a transaction that stays open. */
export async function holdLock({ ownerUrl, ownerQuery }: TestDatabase, sql: string): Promise<HeldLock> {
  const client = new Client({ connectionString: ownerUrl });
  await client.connect();
  await client.query('begin');
  await client.query(sql);
  return {
    waiters: (count) => untilWaiting({ ownerQuery }, count),
    async letGo() {
      await client.query('rollback');
      await client.end();
    },
  };
}

/** Returns once so many transactions of the database wait for a lock. */
export async function untilWaiting(test: Pick<TestDatabase, 'ownerQuery'>, count: number): Promise<void> {
  for (let poll = 0; (await waitingTransactions(test)) < count; poll += 1) {
    assert(poll < POLLS_MAX, 'as many transactions as expected come to wait for a lock');
    await sleep(POLL_MS);
  }
}

/** How many transactions of the database wait for a lock at this moment. */
export async function waitingTransactions({ ownerQuery }: Pick<TestDatabase, 'ownerQuery'>): Promise<number> {
  const [row] = await ownerQuery<{ count: number }>(
    `select count(*)::integer as count from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock'`,
  );
  return row?.count ?? 0;
}
