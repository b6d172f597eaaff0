import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { startTestDatabase, type TestDatabase } from '../testing';
import type { TransactionOptions } from './database';
import type { DatabaseRole } from './roles';

let kit: TestDatabase;

beforeAll(async () => {
  kit = await startTestDatabase();
  await kit.ownerQuery(
    'create table public.tally (name text primary key, count integer not null, day date, big bigint)',
  );
  await kit.ownerQuery('grant usage on schema public to aceso_api, aceso_worker');
  await kit.ownerQuery('grant select, insert, update, delete on public.tally to aceso_api, aceso_worker');
  await kit.ownerQuery(
    `insert into public.tally values ('a', 0, '2020-02-29', 9007199254740993), ('b', 0, null, null)`,
  );
}, 90_000);

afterAll(() => kit.close());

const count = async (name: string): Promise<number> => {
  const [row] = await kit.ownerQuery<{ count: number }>('select count from public.tally where name = $1', [name]);
  return row?.count ?? Number.NaN;
};
const add = 'update public.tally set count = count + 1 where name = $1';

describe('a transaction', () => {
  it('commits what a use case did and gives its result back', async () => {
    await expect(kit.database.transaction('api', (tx) => tx.execute(add, ['a']))).resolves.toBe(1);
    await expect(count('a')).resolves.toBe(1);
  });

  it('rolls back when the use case throws, through query and manager alike', async () => {
    const refused = kit.database.transaction('api', async (tx) => {
      await tx.execute(add, ['a']);
      await tx.manager.query(add, ['a']);
      throw new Error('refused');
    });
    await expect(refused).rejects.toThrow('refused');
    await expect(count('a')).resolves.toBe(1);
  });

  it('runs a deadlocked use case again as a whole', async () => {
    let runs = 0;
    let bothHoldOne!: () => void;
    const deadlocked = new Promise<void>((resolve) => (bothHoldOne = resolve));
    const both = (first: string, second: string): Promise<void> =>
      kit.database.transaction('api', async (tx) => {
        runs += 1;
        await tx.execute(add, [first]);
        if (runs === 2) bothHoldOne();
        await deadlocked;
        await tx.execute(add, [second]);
      });
    const before = [await count('a'), await count('b')];
    await Promise.all([both('a', 'b'), both('b', 'a')]);
    expect(runs).toBe(3);
    await expect(count('a')).resolves.toBe((before[0] ?? 0) + 2);
    await expect(count('b')).resolves.toBe((before[1] ?? 0) + 2);
  });

  it('gives up after three runs', async () => {
    let runs = 0;
    const failing = kit.database.transaction('api', async (tx) => {
      runs += 1;
      await tx.query(`do $$ begin raise exception using errcode = '40001'; end $$`);
    });
    await expect(failing).rejects.toMatchObject({ code: '40001' });
    expect(runs).toBe(3);
  });

  it('ends two concurrent increments at two', async () => {
    const before = await count('a');
    const increment = (): Promise<number> => kit.database.transaction('worker', (tx) => tx.execute(add, ['a']));
    await Promise.all([increment(), increment()]);
    await expect(count('a')).resolves.toBe(before + 2);
  });

  it('refuses writes when it is read-only', async () => {
    const writing = kit.database.transaction('api', (tx) => tx.execute(add, ['a']), { readOnly: true });
    await expect(writing).rejects.toMatchObject({ code: '25006' });
  });

  it('begins as it was asked to, and leaves nothing of that behind', async () => {
    const read = `select current_setting('transaction_isolation') as isolation, current_setting('transaction_read_only') as only,
                         current_setting('statement_timeout') as ms`;
    const seen = (options?: TransactionOptions) =>
      kit.database.transaction('sequencer', (tx) => tx.query(read), options).then(([row]) => row);
    const usual = { isolation: 'read committed', only: 'off', ms: '0' };
    await expect(seen()).resolves.toEqual(usual);
    await expect(seen({ isolation: 'SERIALIZABLE' })).resolves.toEqual({ ...usual, isolation: 'serializable' });
    await expect(seen({ readOnly: true })).resolves.toEqual({ ...usual, only: 'on' });
    const all: TransactionOptions = { isolation: 'REPEATABLE READ', readOnly: true, statementMsMax: 12_345 };
    const begun = { isolation: 'repeatable read', only: 'on', ms: '12345ms' };
    await expect(seen(all)).resolves.toEqual(begun);
    await expect(seen()).resolves.toEqual(usual);
  });

  it('is not begun as nothing that it may be, and its connection is free again', async () => {
    const nothing = async (): Promise<void> => undefined;
    for (let round = 0; round < 20; round += 1) {
      for (const options of [{ isolation: 'SERIALIZABLE; select 1' as never }, { statementMsMax: 0.5 }]) {
        await expect(kit.database.transaction('api', nothing, options)).rejects.toThrow();
      }
    }
    await expect(kit.database.transaction('api', (tx) => tx.execute(add, ['a']))).resolves.toBe(1);
  });

  it('refuses a statement that takes longer than it may', async () => {
    const slow = kit.database.transaction('api', (tx) => tx.query('select pg_sleep(5)'), { statementMsMax: 20 });
    await expect(slow).rejects.toMatchObject({ code: '57014' });
  });

  it('holds what is nested in it as a savepoint', async () => {
    const before = await count('a');
    await kit.database.transaction('api', async (tx) => {
      await tx.execute(add, ['a']);
      const nested = tx.manager.transaction(async (manager) => {
        await manager.query(add, ['a']);
        throw new Error('nested');
      });
      await expect(nested).rejects.toThrow('nested');
      await expect(count('a')).resolves.toBe(before);
    });
    await expect(count('a')).resolves.toBe(before + 1);
  });

  it('parses what is prepared once, and asks it with other parameters', async () => {
    const read = 'select $1::integer * 2 as twice';
    const seen = await kit.database.transaction('api', async (tx) => {
      const rows = [];
      for (let nth = 0; nth < 8; nth += 1) rows.push(...(await tx.prepared<{ twice: number }>(read, [nth])));
      const held = await tx.query('select name from pg_prepared_statements where statement = $1', [read]);
      return { rows, held };
    });
    expect(seen.rows).toEqual([0, 2, 4, 6, 8, 10, 12, 14].map((twice) => ({ twice })));
    expect(seen.held).toHaveLength(1);
  });

  it('acts as a party until its end only', async () => {
    const party = kit.runtime.uuid();
    const read = `select current_setting('aceso.party', true) as party`;
    const seen = await kit.database.transaction('api', async (tx) => {
      await tx.actAs(party);
      return tx.query<{ party: string }>(read);
    });
    expect(seen).toEqual([{ party }]);
    const [later] = await kit.database.query<{ party: string | null }>('api', read);
    expect(later?.party || null).toBeNull();
  });
});

describe('rows', () => {
  it('keep 64-bit numbers and calendar dates exact', async () => {
    const rows = await kit.database.query('api', `select day, big from public.tally where name = 'a'`);
    expect(rows).toEqual([{ day: '2020-02-29', big: '9007199254740993' }]);
  });

  it('are copied in and streamed out in batches', async () => {
    const total = 2500;
    const lines = Array.from({ length: total }, (_, index) => `copied-${index}\t${index}\n`);
    await kit.database.transaction('worker', (tx) =>
      pipeline(Readable.from(lines), tx.copyFrom('copy public.tally (name, count) from stdin')),
    );
    const seen: number[] = [];
    const sql = `select count from public.tally where name like $1 order by count`;
    for await (const row of kit.database.stream<{ count: number }>('api', sql, ['copied-%'])) seen.push(row.count);
    expect(seen).toEqual(Array.from({ length: total }, (_, index) => index));
  });

  it('stop streaming when the reader stops, and the connection is free again', async () => {
    for (let round = 0; round < 20; round += 1) {
      for await (const row of kit.database.stream('api', 'select generate_series(1, 5000) as n')) {
        expect(row).toEqual({ n: 1 });
        break;
      }
    }
  });
});

it('refuses a role that the process does not hold', async () => {
  const role = 'owner' as DatabaseRole;
  await expect(kit.database.query(role, 'select 1')).rejects.toMatchObject({ code: 'DATABASE_ROLE_UNKNOWN' });
});
