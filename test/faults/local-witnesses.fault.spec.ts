import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { utf8 } from '@aceso/kernel';
import { parseNote, parseTrustPolicy, trustsOperatorOnly, verifyCheckpoint } from '@aceso/ledger/domain';
import { createLogger, readConfig, sha256, verifyEd25519, type Config } from '@aceso/platform';
import type { Services } from '@aceso/platform/supervisor';
import { startInstance } from '../../apps/cli/src/instance';
import { WitnessKit } from './testing/witness-kit';

/** Built processes are started: `npm test` builds before it runs this. */
const isBuilt = ['api', 'worker', 'witness'].every((name) =>
  existsSync(join(__dirname, '../../dist/apps', name, 'src/main.js')),
);
const whenBuilt = isBuilt ? describe : describe.skip;
if (!isBuilt) process.stderr.write('skipped: an instance with its witnesses (not built: npm run build)\n');

jest.setTimeout(180_000);

whenBuilt('an instance', () => {
  const logger = createLogger({ process: 'test', level: 'silent', format: 'json' });
  let folder: string;
  let running: Services | undefined;
  const notices: string[] = [];

  const start = async (change: Partial<Config> = {}): Promise<Services> => {
    const settings = { ACESO_HOME: join(folder, 'home'), PORT: '0', ACESO_CHECKPOINT_INTERVAL_MS: '200' };
    const config = { ...readConfig({ ...settings, LOG_LEVEL: 'silent' }), ...change };
    running = await startInstance(config, { logger, notice: (text) => notices.push(text) });
    return running;
  };
  const stop = async (): Promise<void> => {
    await running?.stop();
    running = undefined;
  };
  const until = async <Value>(find: () => Promise<Value | undefined> | Value | undefined): Promise<Value> => {
    for (let waited = 0; waited < 60_000; waited += 100) {
      const found = await find();
      if (found !== undefined) return found;
      await sleep(100);
    }
    throw new Error('it did not come to that in time');
  };
  const checkpoint = ({ baseUrl }: Services): Promise<string> =>
    until(async () => {
      const response = await fetch(`${baseUrl}/ledger/checkpoint`);
      return response.ok ? response.text() : undefined;
    });
  const alive = (pid: number | undefined): boolean => {
    try {
      return pid !== undefined && process.kill(pid, 0);
    } catch {
      return false;
    }
  };
  const policyOf = (): string => readFileSync(join(folder, 'home/trust.policy'), 'utf8');

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'aceso-local-'));
    chmodSync(folder, 0o711);
  });
  afterEach(stop, 60_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('runs two witnesses of its own, says so, and hands out a policy that says so too', async () => {
    const services = await start();
    const text = await checkpoint(services);
    const policy = parseTrustPolicy(policyOf(), sha256);
    expect(trustsOperatorOnly(policy)).toBe(true);
    expect([...policy.witnesses.keys()]).toEqual(['witness-1', 'witness-2']);
    expect(verifyCheckpoint(utf8(text), policy, { verifyEd25519 }).witnessedAt.length).toBeGreaterThanOrEqual(1);
    expect(notices.join()).toContain('prove nothing against it');

    const before = services.pids.witnesses;
    expect(before.map(alive)).toEqual([true, true]);
    process.kill(before[0] as number, 'SIGKILL');
    await until(() => (alive(services.pids.witnesses[0]) && services.pids.witnesses[0] !== before[0]) || undefined);
    const last = services.pids.witnesses;
    await stop();
    expect(last.map(alive)).toEqual([false, false]);
  });

  it('keeps its witnesses over a restart: their keys and what they cosigned', async () => {
    const before = policyOf();
    const text = await checkpoint(await start());
    expect(policyOf()).toBe(before);
    verifyCheckpoint(utf8(text), parseTrustPolicy(before, sha256), { verifyEd25519 });
  });

  it('asks others when it is told to, and starts none then', async () => {
    const log = /^log (\S+)/m.exec(policyOf())?.[1] as string;
    const kit = new WitnessKit(log);
    try {
      const witnesses = [await kit.true('w1'), await kit.true('w2')];
      const services = await start({ witnessPolicy: kit.policy(2, ...witnesses) });
      expect(services.pids.witnesses).toEqual([]);
      const policy = parseTrustPolicy(policyOf(), sha256);
      expect([trustsOperatorOnly(policy), [...policy.witnesses.keys()]]).toEqual([false, ['w1', 'w2']]);
      expect(parseNote(utf8(await checkpoint(services))).text).toContain(policy.logs[0]?.name);
    } finally {
      await stop();
      await kit.close();
    }
  });

  it('does not start on a policy that cannot be met, and leaves nothing running', async () => {
    const file = join(folder, 'bad.policy');
    writeFileSync(file, 'quorum w1\n');
    await expect(start({ witnessPolicy: file })).rejects.toMatchObject({ code: 'TRUST_POLICY_MALFORMED' });
    await expect(start({ witnessPolicy: join(folder, 'none') })).rejects.toMatchObject({
      code: 'WITNESS_POLICY_UNREADABLE',
    });
    await start(); // the home is free again
  });
});
