import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createLogger, Database, readConfig, readRoleUrls, type Config } from '@aceso/platform';
import { isAlive } from '@aceso/platform/testing';
import { forgetHome, startServices, type Services } from '@aceso/platform/supervisor';
import { Client } from 'pg';

/** A service that is ready at once, notes its stop, and ends when the launcher is gone. */
const STAND_IN = `
const { appendFileSync } = require('node:fs');
const alive = setInterval(() => undefined, 1000);
const end = (why) => { appendFileSync(process.env.ACESO_HOME + '/../stops', __filename.slice(-6, -3) + ' '); clearInterval(alive); process.exit(0); };
process.on('SIGTERM', end);
process.on('disconnect', end);
process.send({ type: 'usage', maxRssKiB: 10 * 1024 });
process.send({ type: 'ready' }); // only now: whoever is ready may be told to end at once
`;

const logger = createLogger({ process: 'test', level: 'silent', format: 'json' });
const seconds = (count: number): number => count * 1000;

let folder: string;
let config: Config;
let files: { api: string; worker: string };
let running: Services | undefined;

const start = async (changes: Partial<Config> = {}): Promise<Services> => {
  running = await startServices({ ...config, ...changes }, { logger, files });
  return running;
};

/** One that ended and was not reaped yet does not run. */
const alive = (pid: number | undefined): boolean => pid !== undefined && isAlive(pid);

const until = async (fact: () => boolean | Promise<boolean>): Promise<void> => {
  for (let waited = 0; waited < seconds(20); waited += 50) {
    if (await fact()) return;
    await sleep(50);
  }
  throw new Error('it did not come to that in time');
};

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'aceso launcher '));
  files = { api: join(folder, 'api.js'), worker: join(folder, 'worker-wrk.js') };
  for (const file of Object.values(files)) writeFileSync(file, STAND_IN);
  config = readConfig({ ACESO_HOME: join(folder, 'home'), PORT: '0', LOG_LEVEL: 'silent' });
});

afterEach(async () => {
  await running?.stop();
  running = undefined;
}, seconds(60));

afterAll(async () => {
  for (const home of ['home', 'other']) await forgetHome(join(folder, home));
  rmSync(folder, { recursive: true, force: true });
}, seconds(60));

it(
  'starts PostgreSQL, migrates, and keeps keys and secrets to itself',
  async () => {
    const services = await start();
    const database = new Database({ urls: readRoleUrls(config.home, 'worker'), poolSize: 2 });
    await expect(database.query('worker', 'select 1 as one')).resolves.toEqual([{ one: 1 }]);
    await database.close();
    expect(services.peakRssMiB()).toBe(10);
    for (const file of [
      'keys/ledger.seed',
      'keys/epoch-1.key',
      'secrets/database-owner.json',
      'secrets/database-api.json',
    ]) {
      expect(statSync(join(config.home, file)).mode & 0o777).toBe(0o600);
    }
    expect(readFileSync(join(config.home, 'secrets/database-api.json'), 'utf8')).not.toContain('aceso_owner');
  },
  seconds(90),
);

it(
  'stops api, worker and PostgreSQL in this order',
  async () => {
    writeFileSync(join(folder, 'stops'), '');
    const services = await start();
    const { postgres, api, worker } = services.pids;
    await services.stop();
    expect([postgres, api, worker].map(alive)).toEqual([false, false, false]);
    expect(readFileSync(join(folder, 'stops'), 'utf8')).toBe('api wrk ');
  },
  seconds(60),
);

it(
  'starts a killed service and a killed PostgreSQL again, with the same data and address',
  async () => {
    const services = await start();
    const before = services.pids;
    process.kill(before.worker as number, 'SIGKILL');
    await until(() => services.pids.worker !== before.worker && alive(services.pids.worker));
    process.kill(before.postgres as number, 'SIGKILL');
    await until(() => services.pids.postgres !== before.postgres);
    await until(async () => {
      const client = new Client({ connectionString: services.ownerUrl });
      client.on('error', () => undefined);
      try {
        await client.connect();
        return true;
      } catch {
        return false;
      } finally {
        await client.end().catch(() => undefined);
      }
    });
  },
  seconds(90),
);

it(
  'refuses a second launcher on one home, and a port that is taken',
  async () => {
    await start();
    await expect(startServices(config, { logger, files })).rejects.toMatchObject({ code: 'HOME_IN_USE' });
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const address = other.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    const elsewhere = { ...config, home: join(folder, 'other'), port };
    await expect(startServices(elsewhere, { logger, files })).rejects.toMatchObject({
      code: 'PORT_IN_USE',
      message: expect.stringContaining(`PORT=${port + 1}`),
    });
    await new Promise((resolve) => other.close(resolve));
  },
  seconds(60),
);

it(
  'leaves nothing running when a service refuses to start',
  async () => {
    const refusing = join(folder, 'refusing.js');
    writeFileSync(refusing, `process.send({ type: 'refused', code: 'KEY_MISSING', message: 'a key is missing' });`);
    const failed = startServices(config, { logger, files: { ...files, api: refusing } });
    await expect(failed).rejects.toMatchObject({
      code: 'SERVICE_FAILED',
      message: 'api: KEY_MISSING: a key is missing',
    });
    await start(); // the home is free again, and the server was stopped
  },
  seconds(90),
);

it(
  'ends a service that does not listen when it is told to end at once',
  async () => {
    const stubborn = join(folder, 'stubborn.js');
    writeFileSync(
      stubborn,
      `process.on('SIGTERM', () => undefined); setInterval(() => undefined, 1000); process.send({ type: 'ready' });`,
    );
    running = await startServices(config, { logger, files: { ...files, worker: stubborn } });
    const { postgres, api, worker } = running.pids;
    void running.stop();
    await running.kill();
    await until(() => ![postgres, api, worker].some(alive));
  },
  seconds(60),
);
