import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { environment } from '@aceso/platform';
import { forgetHome } from '@aceso/platform/supervisor';
import { Client } from 'pg';

/** The built command: `npm test` builds before it runs this. */
const COMMAND = join(__dirname, '../../dist/apps/cli/src/main.js');
const API = join(__dirname, '../../dist/apps/api/src/main.js');

const isBuilt = existsSync(COMMAND) && existsSync(API) && readFileSync(API, 'utf8').includes('runService');
const whenBuilt = isBuilt ? describe : describe.skip;
if (!isBuilt) process.stderr.write('skipped: aceso serve after a kill -9 (not built: npm run build)\n');

const seconds = (count: number): number => count * 1000;

interface Running {
  readonly child: ChildProcess;
  readonly said: () => string;
  readonly exit: Promise<number | null>;
}

const run = (file: string, args: string[], env: Record<string, string>): Running => {
  const child = spawn(process.execPath, [file, ...args], {
    env: { PATH: environment().PATH, LOG_LEVEL: 'info', LOG_FORMAT: 'text', ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString('utf8')));
  const exit = new Promise<number | null>((resolve) => child.once('exit', resolve));
  return { child, said: () => said, exit };
};

const serving = async ({ said, child }: Running): Promise<string> => {
  for (let waited = 0; waited < seconds(60); waited += 100) {
    const address = /serves at (http:\S+)/.exec(said())?.[1];
    if (address) return address;
    if (child.exitCode !== null) break;
    await sleep(100);
  }
  throw new Error(`aceso serve did not start: ${said()}`);
};

const answers = async (url: string): Promise<boolean> => {
  try {
    return (await fetch(url)).ok;
  } catch {
    return false;
  }
};

whenBuilt('aceso serve', () => {
  let folder: string;
  let env: Record<string, string>;
  const started: Running[] = [];
  const serve = (): Running => {
    const running = run(COMMAND, ['serve'], env);
    started.push(running);
    return running;
  };

  const ownerUrl = (): string => {
    const file = join(folder, 'home/secrets/database-owner.json');
    const owner = JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>;
    return `postgres://aceso_owner:${owner.password}@127.0.0.1:${owner.port}/aceso`;
  };

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'aceso serve '));
    env = { ACESO_HOME: join(folder, 'home'), PORT: '0' };
  });

  afterAll(async () => {
    for (const { child, exit } of started) {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGTERM');
        await exit;
      }
    }
    await forgetHome(join(folder, 'home'));
    rmSync(folder, { recursive: true, force: true });
  }, seconds(60));

  it(
    'recovers from a kill -9: its services end by themselves, the next start takes the database over',
    async () => {
      const killed = serve();
      const address = await serving(killed);
      await expect(answers(`${address}/readyz`)).resolves.toBe(true);
      const key = readFileSync(join(folder, 'home/keys/ledger.seed'));
      killed.child.kill('SIGKILL');
      await killed.exit;
      for (let waited = 0; waited < seconds(25) && (await answers(`${address}/healthz`)); waited += 100)
        await sleep(100);
      await expect(answers(`${address}/healthz`)).resolves.toBe(false);

      const next = serve();
      await expect(answers(`${await serving(next)}/readyz`)).resolves.toBe(true);
      expect(next.said()).toContain('PostgreSQL of an earlier run was still running and has been stopped');
      expect(readFileSync(join(folder, 'home/keys/ledger.seed'))).toEqual(key);
    },
    seconds(150),
  );

  it(
    'has an api that refuses to work as the owner',
    async () => {
      const home = join(folder, 'as owner');
      cpSync(join(folder, 'home/keys'), join(home, 'keys'), { recursive: true });
      cpSync(join(folder, 'home/secrets'), join(home, 'secrets'), { recursive: true });
      const url = ownerUrl();
      writeFileSync(join(home, 'secrets/database-api.json'), JSON.stringify({ api: url, vault: url, index: url }));
      const api = run(API, [], { ...env, ACESO_HOME: home });
      await expect(api.exit).resolves.toBe(1);
      expect(api.said()).toContain('DATABASE_ROLE_TOO_POWERFUL');
    },
    seconds(30),
  );

  it(
    'stops on SIGTERM with exit code 0 and leaves no PostgreSQL behind',
    async () => {
      const connect = async (): Promise<void> => {
        const client = new Client({ connectionString: ownerUrl() });
        await client.connect();
        await client.end();
      };
      await connect();
      const last = started.at(-1) as Running;
      last.child.kill('SIGTERM');
      await expect(last.exit).resolves.toBe(0);
      await expect(connect()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    },
    seconds(60),
  );
});
