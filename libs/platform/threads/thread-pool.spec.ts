import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { aheadOf, inOrder } from './in-order';
import { ThreadPool, type ThreadJob } from './thread-pool';

const ENTRY = join(__dirname, 'testing/arithmetic.thread.ts');

describe('a pool of threads', () => {
  let pool: ThreadPool;
  let sum: ThreadJob<number | string, number>;
  beforeEach(() => {
    pool = new ThreadPool(ENTRY, 2);
    sum = pool.open({ base: 100 });
  });
  afterEach(() => pool.close());

  it('does tasks of several jobs, with what each job shares', async () => {
    const other = pool.open<unknown, number, number>({ base: 1000 });
    const results = await Promise.all([1, 2, 3, 4].flatMap((n) => [sum.run(n), other.run(n)]));
    expect(results).toEqual([101, 1001, 102, 1002, 103, 1003, 104, 1004]);
  });

  it('runs no more threads than it was given', async () => {
    const counts = await Promise.all(Array.from({ length: 40 }, () => sum.run('tasks')));
    expect(counts.filter((count) => count === 1).length).toBeLessThanOrEqual(2);
  });

  it('forgets what an ended job shared', async () => {
    await sum.run(1);
    sum.end();
    expect(await sum.run('tasks')).toBe(1);
  });

  it('hands on a refusal, and of a failure nothing that it may quote', async () => {
    await expect(sum.run('refuse')).rejects.toMatchObject({ code: 'SUM_REFUSED', message: 'numbers only' });
    const failure: unknown = await sum.run('fail').catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'THREAD_FAILED', message: 'a task failed in its thread (TypeError)' });
    expect((failure as Error).stack).toContain('arithmetic.thread');
    expect((failure as Error).stack).not.toContain('secret');
    expect(await sum.run(5)).toBe(105);
  });

  it.each(['die', 'exhaust'])('gives up the task of a thread that ends (%s), and only that', async (task) => {
    const results = await Promise.allSettled([sum.run(task), sum.run(1), sum.run(2), sum.run(3)]);
    expect(results[0]).toMatchObject({ status: 'rejected', reason: { code: 'THREAD_LOST' } });
    expect(results.slice(1)).toMatchObject([{ value: 101 }, { value: 102 }, { value: 103 }]);
    expect(await Promise.all([sum.run(1), sum.run(2)])).toEqual([101, 102]);
  });

  it('gives up a task for which nobody waits, be it endless, and what waits for its turn', async () => {
    const [gone, late] = [new AbortController(), new AbortController()];
    const endless = [sum.run('endless', [], gone.signal), sum.run('endless', [], gone.signal)];
    const waiting = [sum.run(1), sum.run(2, [], late.signal)];
    const results = Promise.allSettled([...endless, ...waiting]);
    late.abort();
    await setTimeout(20);
    gone.abort();
    expect(await results).toMatchObject([
      ...[{ reason: { code: 'THREAD_LOST' } }, { reason: { code: 'THREAD_LOST' } }],
      ...[{ value: 101 }, { reason: { code: 'THREAD_LOST' } }],
    ]);
    expect(await Promise.all([sum.run(1), sum.run(2, [], new AbortController().signal)])).toEqual([101, 102]);
  });

  it('loses what runs and what waits when it is closed, and takes nothing more', async () => {
    const tasks = [1, 2, 3, 4, 5].map((n) => sum.run(n));
    const results = Promise.allSettled(tasks);
    await pool.close();
    for (const result of await results) expect(result).toMatchObject({ reason: { code: 'THREAD_LOST' } });
    await expect(sum.run(1)).rejects.toMatchObject({ code: 'THREAD_LOST' });
  });

  it('refuses what cannot be sent and keeps the thread', async () => {
    const odd = pool.open<unknown, () => void, number>({ base: 0 });
    await expect(odd.run(() => undefined)).rejects.toThrow();
    expect(await Promise.all([1, 2, 3].map((n) => sum.run(n)))).toEqual([101, 102, 103]);
  });
});

describe('work in order', () => {
  it('gives results in the order of the items, with a bounded number at work', async () => {
    let [atWork, most] = [0, 0];
    const results: number[] = [];
    for await (const result of inOrder([5, 1, 4, 2, 3], { itemsMax: 2 }, async (n) => {
      most = Math.max(most, (atWork += 1));
      await setTimeout(n);
      atWork -= 1;
      return n * 10;
    }))
      results.push(result);
    expect(results).toEqual([50, 10, 40, 20, 30]);
    expect(most).toBe(2);
  });

  it('runs far ahead while there is memory, and no further than it must where there is none', async () => {
    const mostAhead = async (heldMax: number): Promise<number> => {
      let [held, most] = [0, 0];
      const ahead = aheadOf(2, () => held > heldMax);
      const work = async (n: number): Promise<number> => {
        most = Math.max(most, (held += 1));
        return n;
      };
      const results: number[] = [];
      for await (const n of inOrder(Array.from({ length: 40 }).keys(), ahead, work)) {
        held -= 1;
        results.push(n);
      }
      expect(results).toEqual([...Array.from({ length: 40 }).keys()]);
      return most;
    };
    expect([await mostAhead(Infinity), await mostAhead(5), await mostAhead(0)]).toEqual([9, 6, 3]);
  });

  it('fails with the first item that failed, after those at work have ended', async () => {
    const [begun, ended]: [number[], number[]] = [[], []];
    const work = async (n: number): Promise<number> => {
      begun.push(n);
      await setTimeout(1);
      ended.push(n);
      if (n === 2) throw new Error('two');
      return n;
    };
    const read = async () => {
      for await (const result of inOrder([1, 2, 3, 4, 5, 6], { itemsMax: 2 }, work)) expect(result).toBe(1);
    };
    await expect(read()).rejects.toThrow('two');
    expect(begun).toEqual([1, 2, 3]);
    expect(ended).toEqual(begun);
  });
});
