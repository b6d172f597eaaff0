import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { createServer, type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { createLogger } from '@aceso/platform';
import { connectQueues, JobQueues, QueueConsumer, QueueWorkers } from '@aceso/platform/queue';

const isInstalled = spawnSync('redis-server', ['--version']).status === 0;
const WAIT_MS_MAX = 30_000;

class Counting extends QueueConsumer<{ id: string }> {
  readonly topic = 'alpha.run';
  readonly payload = z.strictObject({ id: z.string() });
  readonly seen = new Set<string>();

  async handle({ id }: { id: string }): Promise<void> {
    this.seen.add(id);
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe('a Redis that is killed and comes back empty', () => {
  it('is joined again by workers and producers; adding in between is refused soon', async () => {
    if (!isInstalled) {
      process.stderr.write('skipped: killing Redis, as no redis-server is installed\n');
      return;
    }
    const port = await freePort();
    const start = (): ChildProcess =>
      spawn('redis-server', ['--port', String(port), '--save', '', '--appendonly', 'no'], { stdio: 'ignore' });
    let redis = start();
    await sleep(500);
    const logger = createLogger({ process: 'test', level: 'silent', format: 'json' });
    const backend = connectQueues({ redisUrl: `redis://127.0.0.1:${port}`, workerUrl: '', logger });
    const queues = new JobQueues(backend);
    const consumer = new Counting();
    const workers = new QueueWorkers({ backend, consumers: [consumer], concurrency: 2, logger });
    workers.start();
    const add = (id: string): Promise<void> =>
      queues.addAll([{ topic: 'alpha.run', payload: { id }, id: `run-${id}` }]);
    const until = async (id: string): Promise<void> => {
      for (const end = Date.now() + WAIT_MS_MAX; !consumer.seen.has(id); await sleep(50)) {
        if (Date.now() > end) throw new Error(`${id} did not run in time`);
      }
    };
    try {
      await add('before');
      await until('before');
      redis.kill('SIGKILL');
      await sleep(500);
      const begun = Date.now();
      await expect(add('meanwhile')).rejects.toThrow();
      expect(Date.now() - begun).toBeLessThan(10_000); // the relay keeps its rows and tries again
      redis = start();
      await sleep(1_000);
      await add('after');
      await until('after');
    } finally {
      await workers.stop();
      await queues.close();
      await backend.close();
      redis.kill('SIGKILL');
    }
  }, 90_000);
});
