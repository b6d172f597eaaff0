import { setTimeout } from 'node:timers/promises';
import type { BlockTask } from './domain/evaluation/evaluate';
import type { Plan } from './domain/evaluation/plan';
import { EvaluationThreads, looksOf, type Turn } from './evaluation-threads';

const task = (size: number): BlockTask => ({
  plan: { all: [] },
  block: { size, found: new Uint8Array(size).fill(1), persons: [], facts: new Map() },
});

/** One block that takes a minute within one column: each of many facts is an entry, and compared with each of its person. */
function long(): BlockTask {
  const n = 1_000_000;
  const columns = {
    n,
    form: -1,
    slots: new Uint16Array(n),
    days: Int32Array.from({ length: n }, (_, at) => at),
    values: null,
  };
  const scan = { codes: [1], within: { min: 0, max: 1 } };
  return {
    plan: { entry: { pick: 'any', scans: [scan] }, all: [{ event: scan }] },
    block: { ...task(1).block, facts: new Map([[1, [columns]]]) },
  };
}

/** A promise and what ends it. */
function held() {
  let end = (): void => undefined;
  const promise = new Promise<void>((resolve) => (end = resolve));
  return { promise, end };
}

describe('questions to the threads', () => {
  it('come in the order in which they were asked, so many at once', async () => {
    const threads = new EvaluationThreads({ atOnceMax: 2, waitingMax: 3 });
    const [begun, ends] = [[] as number[], [0, 1, 2, 3, 4].map(held)];
    const all = ends.map(({ promise }, at) =>
      threads.question(async () => {
        begun.push(at);
        await promise;
        return at;
      }),
    );
    await expect(threads.question(async () => 5)).rejects.toMatchObject({ code: 'COUNT_BUSY' });
    expect(begun).toEqual([0, 1]);
    for (const at of [1, 0, 2, 3, 4]) {
      ends[at]!.end();
      expect(await all[at]).toBe(at);
    }
    expect(begun).toEqual([0, 1, 2, 3, 4]);
    expect(await threads.question(async () => 6)).toBe(6);
  });

  it('leave their turn to the next one when they fail', async () => {
    const threads = new EvaluationThreads({ atOnceMax: 1 });
    const failing = threads.question(() => Promise.reject(new Error('no')));
    const next = threads.question(async () => 'next');
    await expect(failing).rejects.toThrow('no');
    expect(await next).toBe('next');
  });

  it('end when they take too long or nobody waits any more', async () => {
    const slow = new EvaluationThreads({ msMax: -1 });
    await expect(slow.question(async () => 0)).rejects.toMatchObject({ code: 'COUNT_TOO_LONG' });
    const threads = new EvaluationThreads();
    await expect(threads.question(async () => 0, AbortSignal.abort(new Error('gone')))).rejects.toThrow('gone');
    const gone = new AbortController();
    const question = threads.question((turn: Turn) => {
      gone.abort(new Error('gone'));
      return threads.evaluate([task(1)], turn);
    }, gone.signal);
    await expect(question).rejects.toThrow('gone');
  });

  it('end within a block, and leave no thread at it', async () => {
    const threads = new EvaluationThreads({ threads: 1, looksInPlaceMax: -1, msMax: 3_000 });
    const short = () => threads.question((turn) => threads.evaluate([task(1)], turn));
    await short();
    const gone = new AbortController();
    const question = threads.question((turn) => threads.evaluate([long(), long()], turn), gone.signal);
    await setTimeout(300);
    const cancelledAt = performance.now();
    gone.abort(new Error('gone'));
    await expect(question).rejects.toThrow('gone');
    expect(performance.now() - cancelledAt).toBeLessThan(1_000);
    expect(await short()).toHaveLength(1);
    const late = threads.question((turn) => threads.evaluate([long()], turn));
    await expect(late).rejects.toMatchObject({ code: 'COUNT_TOO_LONG' });
    await threads.close();
  }, 15_000);

  it('are answered block by block, in their order', async () => {
    const threads = new EvaluationThreads({ threads: 2 });
    const answers = await threads.question((turn) => threads.evaluate([3, 1, 2].map(task), turn));
    expect(answers.map(({ slots, steps }) => [[...slots], steps])).toEqual([
      [[0, 1, 2], [3]],
      [[0], [1]],
      [[0, 1], [2]],
    ]);
  });
});

describe('the looks at facts', () => {
  const columns = { n: 10, form: -1, slots: new Uint16Array(10), days: new Int32Array(10), values: null };
  const block = { size: 10, found: new Uint8Array(10), persons: [], facts: new Map([[1, [columns, columns]]]) };
  const once = { event: { codes: [1] } };

  it.each<[string, Plan, number]>([
    ['are one a fact and scan', { all: [once, { join: 'none', rules: [once] }] }, 40],
    ['are more where days are counted', { all: [{ event: { codes: [1], times: { min: 2, max: 100 } } }] }, 2_000],
    ['count the entry', { entry: { pick: 'first', scans: [{ codes: [1, 2] }] }, all: [once] }, 40],
    [
      'may be of each with each where any event is an entry',
      { entry: { pick: 'any', scans: [{ codes: [1] }] }, all: [once] },
      1_600,
    ],
  ])('%s', (_, plan, looks) => {
    expect(looksOf({ plan, block })).toBe(looks);
  });
});
