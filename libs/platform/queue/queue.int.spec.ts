import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { DomainError } from '@aceso/kernel';
import { z, type ZodType } from 'zod';
import { startTestDatabase, type TestDatabase } from '../testing';
import { QueueConsumer, UnfinishedWork, type JobRun, type UnfinishedItem } from './consumer';
import { Housekeeping } from './housekeeping';
import { JobQueues } from './job-queues';
import { migrateQueue } from './migrate-queue';
import { OutboxRelay } from './outbox-relay';
import { connectQueues, type QueueBackend } from './queue-backend';
import { QueueWorkers } from './queue-workers';
import { Reconciler } from './reconciler';
import { testRedisUrl } from './testing/backends';
import { IdempotencyService } from '../idempotency';

const WAIT_MS_MAX = 15_000;

async function until(fact: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + WAIT_MS_MAX; Date.now() < end; await sleep(20)) if (await fact()) return;
  throw new Error('did not happen in time');
}

class Handler extends QueueConsumer<{ id: string }> {
  readonly payload: ZodType<{ id: string }> = z.strictObject({ id: z.string() });
  readonly seen: string[] = [];

  constructor(
    readonly topic: string,
    private readonly work: (id: string, job: JobRun) => Promise<void> | void = () => undefined,
  ) {
    super();
  }

  async handle({ id }: { id: string }, job: JobRun): Promise<void> {
    this.seen.push(id);
    await this.work(id, job);
  }
}

class FailedOnPurpose extends DomainError<'FAILED_ON_PURPOSE'> {}

describe.each(['postgres', 'redis'] as const)('the queue on %s', (kind) => {
  let platform: TestDatabase;
  let redisUrl: string | undefined;
  let backend: QueueBackend;
  let queues: JobQueues;
  let running: { stop(): Promise<void> }[] = [];
  const prefix = `{test-${randomUUID()}}`;
  let absent = false;

  beforeAll(async () => {
    redisUrl = kind === 'redis' ? await testRedisUrl() : undefined;
    absent = kind === 'redis' && redisUrl === undefined;
    if (absent) return;
    platform = await startTestDatabase();
    await migrateQueue(platform.ownerUrl);
    await migrateQueue(platform.ownerUrl);
    backend = connect();
  }, 120_000);

  beforeEach(() => {
    if (!absent) queues = new JobQueues(backend);
  });

  afterEach(async () => {
    for (const service of running) await service.stop();
    running = [];
    if (absent) return;
    for (const name of ['alpha', 'beta']) await queues.queue(name).obliterate({ force: true });
    await queues.close();
    await platform.ownerQuery('delete from platform.outbox');
  });

  afterAll(async () => {
    if (absent) return;
    await backend.close();
    await platform.close();
  });

  const connect = (): QueueBackend =>
    connectQueues({ redisUrl, workerUrl: platform.roleUrls.worker, logger: platform.logger, prefix });

  const story = (name: string, tell: () => Promise<void>): void =>
    it(name, async () => (absent ? undefined : tell()), 60_000);

  function work(...consumers: Handler[]): void {
    start(
      new QueueWorkers({
        backend,
        consumers,
        concurrency: 4,
        logger: platform.logger,
        lockMs: 1_000,
        stalledCheckMs: 300,
      }),
    );
  }

  function start(service: { start(): void; stop(): Promise<void> }): void {
    service.start();
    running.push(service);
  }

  const relay = (): OutboxRelay =>
    new OutboxRelay({
      database: platform.database,
      queues,
      workerUrl: platform.roleUrls.worker,
      logger: platform.logger,
    });

  const publish = (topic: string, id: string): Promise<void> =>
    platform.database.transaction('api', (tx) => platform.outbox.publish(tx, { topic, payload: { id } }));

  story('runs what was committed, once, soon after the commit', async () => {
    const handler = new Handler('alpha.run');
    work(handler);
    start(relay());
    await sleep(300); // the relay is listening now
    const refused = platform.database.transaction('api', async (tx) => {
      await platform.outbox.publish(tx, { topic: 'alpha.run', payload: { id: 'rolled back' } });
      throw new FailedOnPurpose('FAILED_ON_PURPOSE', 'rolls back');
    });
    await expect(refused).rejects.toThrow('rolls back');
    const begun = Date.now();
    await publish('alpha.run', 'one');
    await until(() => handler.seen.length > 0);
    expect(Date.now() - begun).toBeLessThan(900); // woken by the notification, before the next poll
    for (let at = 0; at < 150; at++) await publish('alpha.run', `n${at}`);
    await until(() => handler.seen.length >= 151);
    await sleep(200);
    expect(new Set(handler.seen).size).toBe(151);
    expect(handler.seen).toHaveLength(151);
    expect(handler.seen).not.toContain('rolled back');
    const [left] = await platform.ownerQuery<{ count: string }>(
      'select count(*) from platform.outbox where sent_at is null',
    );
    expect(left?.count).toBe('0');
  });

  story('adds an event once, though two relays send it and one forgets', async () => {
    await publish('alpha.run', 'twice');
    const sent = await Promise.all([relay().sendBatch(), relay().sendBatch()]);
    expect(sent.sort()).toEqual([0, 1]);
    await platform.ownerQuery('update platform.outbox set sent_at = null'); // the crash between adding and marking
    expect(await relay().sendBatch()).toBe(1);
    expect(await queues.queue('alpha').getJobCounts('waiting')).toEqual({ waiting: 1 });
  });

  story('tries again, and says in the queue no more than a code', async () => {
    const handler = new Handler('alpha.run', (_id, job) => {
      if (job.attempt === 1) throw new FailedOnPurpose('FAILED_ON_PURPOSE', 'says Amina Yusuf');
      if (job.attempt === 2) throw new TypeError('duplicate key (name)=(Amina Yusuf)');
    });
    work(handler);
    await queues.addAll([{ topic: 'alpha.run', payload: { id: 'x' }, id: 'job-x' }]);
    await until(() => handler.seen.length === 2);
    const job = await queues.queue('alpha').getJob('job-x');
    expect(JSON.stringify(job)).not.toContain('Amina');
    expect(job?.failedReason).toMatch(/FAILED_ON_PURPOSE|TypeError/);
    await until(async () => (await queues.stateOf('alpha.run', 'job-x')) === 'completed');
    expect(handler.seen).toHaveLength(3);
  });

  story('refuses a payload that does not fit and a topic that nobody handles', async () => {
    const handler = new Handler('alpha.run');
    work(handler);
    await queues.addAll([
      { topic: 'alpha.run', payload: { id: 'x', name: 'Amina' }, id: 'bad-payload' },
      { topic: 'alpha.walk', payload: { id: 'x' }, id: 'bad-topic' },
    ]);
    await until(async () => (await queues.stateOf('alpha.run', 'bad-payload')) === 'failed');
    const job = await queues.queue('alpha').getJob('bad-payload');
    expect([job?.failedReason, job?.attemptsMade, handler.seen]).toEqual(['QUEUE_PAYLOAD_INVALID', 1, []]);
  });

  story('runs a flow: the last step after all its parts, over two contexts', async () => {
    const order: string[] = [];
    const part = new Handler('beta.part', async (id) => {
      await sleep(20);
      order.push(id);
    });
    const end = new Handler('alpha.end', (id) => void order.push(id));
    work(part, end);
    const children = Array.from({ length: 6 }, (_, at) => ({
      topic: 'beta.part',
      payload: { id: `part ${at}` },
      id: `part-${at}-1`,
    }));
    const flow = { topic: 'alpha.end', payload: { id: 'end' }, id: 'end-1', children };
    await queues.addFlow(flow);
    await queues.addFlow(flow); // the same ids change nothing
    await until(() => order.includes('end'));
    await sleep(100);
    expect(order).toHaveLength(7);
    expect(order.at(-1)).toBe('end');
  });

  story('fails the last step when a part fails for good', async () => {
    const part = new Handler('beta.part', (id) => {
      if (id === 'bad') throw new FailedOnPurpose('FAILED_ON_PURPOSE', 'no');
    });
    const end = new Handler('alpha.end');
    work(part, end);
    const children = ['good', 'bad'].map((id) => ({
      topic: 'beta.part',
      payload: { id, extra: id },
      id: `part-${id}`,
    }));
    await queues.addFlow({ topic: 'alpha.end', payload: { id: 'end' }, id: 'end-2', children }); // `extra` does not fit
    await until(async () => (await queues.stateOf('alpha.end', 'end-2')) === 'failed');
    expect(end.seen).toEqual([]);
  });

  story('gives the job of a lost worker to another one', async () => {
    const lost = new Handler('alpha.run', () => new Promise<void>(() => undefined)); // never comes back
    const other = connect();
    const dead = other.worker('alpha', () => lost.handle({ id: 'held' }, { id: '', attempt: 1, isLast: false }), {
      lockDuration: 1_000,
      skipLockRenewal: true,
      skipStalledCheck: true,
    });
    await queues.addAll([{ topic: 'alpha.run', payload: { id: 'held' }, id: 'held-1' }]);
    await until(() => lost.seen.length === 1);
    const handler = new Handler('alpha.run');
    work(handler);
    await until(() => handler.seen.length === 1);
    await until(async () => (await queues.stateOf('alpha.run', 'held-1')) === 'completed');
    await dead.close(true);
    await other.close();
  });

  describe('reconciling', () => {
    const unfinished = new Set<string>();

    class Open extends UnfinishedWork {
      readonly name = 'alpha';
      find(): Promise<UnfinishedItem[]> {
        return Promise.resolve(
          [...unfinished].map((id) => ({
            topic: 'alpha.run',
            payload: { id },
            key: `run-${id}`,
            jobIds: [`own-${id}`],
          })),
        );
      }
    }

    class Broken extends UnfinishedWork {
      readonly name = 'broken';
      find(): Promise<UnfinishedItem[]> {
        return Promise.reject(new Error('no'));
      }
    }

    const reconciler = (): Reconciler =>
      new Reconciler({
        database: platform.database,
        queues,
        work: [new Broken(), new Open()],
        logger: platform.logger,
      });

    beforeEach(() => unfinished.clear());

    story('refills a wiped queue from rows', async () => {
      for (const id of ['a', 'b', 'c']) {
        unfinished.add(id);
        await publish('alpha.run', id);
      }
      await relay().sendBatch();
      expect(await reconciler().runOnce()).toBe(0); // their jobs wait
      await queues.queue('alpha').obliterate({ force: true });
      expect(await reconciler().runOnce()).toBe(3);
      expect(await reconciler().runOnce()).toBe(0);
      const handler = new Handler('alpha.run', (id) => void unfinished.delete(id));
      work(handler);
      await until(() => unfinished.size === 0);
      expect(await reconciler().runOnce()).toBe(0);
      expect(handler.seen.sort()).toEqual(['a', 'b', 'c']);
    });

    story('brings back work whose job ended without finishing it, each time under a new id', async () => {
      unfinished.add('a');
      expect(await reconciler().runOnce()).toBe(1);
      work(new Handler('alpha.run'));
      await until(async () => (await queues.stateOf('alpha.run', 'run-a-1')) === 'completed');
      expect(await reconciler().runOnce()).toBe(1);
      expect(await queues.stateOf('alpha.run', 'run-a-2')).toBe('delayed');
      expect(await reconciler().runOnce()).toBe(0);
    });

    story('leaves alone what waits in the outbox or runs under an id of its own', async () => {
      unfinished.add('a').add('b');
      await publish('alpha.run', 'a');
      await queues.addAll([{ topic: 'alpha.part', payload: { id: 'b' }, id: 'own-b' }]);
      expect(await reconciler().runOnce()).toBe(0);
    });
  });

  story('forgets sent events after some days', async () => {
    await publish('alpha.run', 'old');
    await publish('alpha.run', 'new');
    await platform.ownerQuery(
      `update platform.outbox set sent_at = now() - case when payload->>'id' = 'old' then interval '8 days' else interval '1 hour' end`,
    );
    const { database, logger } = platform;
    const housekeeping = new Housekeeping({ database, logger, idempotency: new IdempotencyService() });
    expect(await housekeeping.runOnce()).toBe(1);
    expect(await platform.ownerQuery('select payload from platform.outbox')).toEqual([{ payload: { id: 'new' } }]);
  });
});
