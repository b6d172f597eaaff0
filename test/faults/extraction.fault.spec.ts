import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openExtractionKit, type Contributor, type ExtractionKit, type FundedSale } from '@aceso/extraction/testing';
import { environment } from '@aceso/platform';
import { migrateQueue } from '@aceso/platform/queue';

const seconds = (count: number): number => count * 1000;
jest.setTimeout(seconds(300));

/** The built worker: `npm test` builds before it runs this. */
const WORKER = join(__dirname, '../../dist/apps/worker/src/main.js');
const isBuilt = existsSync(WORKER) && readFileSync(WORKER, 'utf8').includes('runService');
const whenBuilt = isBuilt ? describe : describe.skip;
if (!isBuilt) process.stderr.write('skipped: extraction under kill -9 (not built: npm run build)\n');

const PERSONS = 12;
/** Longer than a lost job stays locked, plus the look for lost jobs. */
const TAKEN_OVER_WITHIN = seconds(120);

whenBuilt('extraction while workers are killed', () => {
  let kit: ExtractionKit;
  let persons: Contributor[];
  let faults: string;
  const workers: ChildProcess[] = [];

  beforeAll(async () => {
    kit = await openExtractionKit();
    const provider = await kit.market.consent.identity.member('provider');
    persons = await kit.contributors(provider, PERSONS);
    await migrateQueue(kit.test.ownerUrl);
    const { worker, sequencer, index } = kit.test.roleUrls;
    const secrets = join(kit.test.config.home, 'secrets');
    mkdirSync(secrets, { recursive: true, mode: 0o700 });
    writeFileSync(join(secrets, 'database-worker.json'), JSON.stringify({ worker, sequencer, index }), { mode: 0o600 });
    faults = mkdtempSync(join(tmpdir(), 'aceso-faults-'));
  }, seconds(120));

  afterAll(async () => {
    for (const worker of workers) await end(worker, 'SIGKILL');
    rmSync(faults, { recursive: true, force: true });
    await kit.test.close();
  });

  const start = (): ChildProcess => {
    const worker = spawn(process.execPath, [WORKER], {
      env: {
        PATH: environment().PATH,
        ACESO_HOME: kit.test.config.home,
        ACESO_FAULT_FOLDER: faults,
        ACESO_CHECKPOINT_INTERVAL_MS: '200',
        ACESO_WORKER_CONCURRENCY: '6',
        LOG_LEVEL: 'error',
      },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    workers.push(worker);
    return worker;
  };
  const hold = (point: string): void => writeFileSync(join(faults, point), '');
  const letGo = (point: string): void => rmSync(join(faults, point), { force: true });
  const reached = (point: string): Promise<void> =>
    until(`a worker is at ${point}`, async () => existsSync(join(faults, `${point}.reached`)));
  const delivered = ({ orderId }: FundedSale): Promise<void> =>
    until('the order is delivered', async () => (await kit.orderState(orderId)).state === 'delivered');

  const expectSoldOnce = async ({ orderId }: FundedSale): Promise<void> => {
    const [row] = await kit.test.ownerQuery<Record<string, string>>(
      `select (select count(*) from extraction.package where order_id = $1) as packages,
              (select count(*) from settlement.transfer where order_id = $1 and kind = 'release') as releases,
              (select count(*) from settlement.posting p join settlement.transfer t on t.id = p.transfer_id
                 join settlement.account a on a.id = p.account_id
                where t.order_id = $1 and a.kind = 'patient') as earnings`,
      [orderId],
    );
    expect(row).toEqual({ packages: '1', releases: '1', earnings: String(PERSONS) });
    const { content } = await kit.downloads.open((await buyerOf(orderId))!, orderId);
    expect((await content.toArray()).length).toBeGreaterThan(0);
  };
  const buyerOf = async (orderId: string): Promise<never | undefined> =>
    (
      await kit.test.ownerQuery<{ buyer: never }>(`select buyer_id as buyer from marketplace."order" where id = $1`, [
        orderId,
      ])
    )[0]?.buyer;

  it('completes every sale once: killed while reading, between files and release, and after packing', async () => {
    const killed = start();
    const sales: FundedSale[] = [];
    for (const point of ['package-written', 'release-files-written', 'shard-reading']) {
      hold(point);
      sales.push(await kit.sale(persons));
      await reached(point);
    }
    await end(killed, 'SIGKILL');
    for (const point of ['package-written', 'release-files-written', 'shard-reading']) letGo(point);
    start();
    for (const sale of sales) await delivered(sale);
    for (const sale of sales) await expectSoldOnce(sale);
  });

  it('refuses the commit of a worker that slept while another one finished', async () => {
    for (const worker of workers) await end(worker, 'SIGTERM');
    rmSync(join(faults, 'shard-reading.reached'), { force: true });
    hold('shard-reading');
    const sleeper = start();
    const sale = await kit.sale(persons);
    await reached('shard-reading');
    sleeper.kill('SIGSTOP');
    letGo('shard-reading');
    start();
    // The sleeper still holds the lock of the ledger's sequencer: nothing is published before it wakes up.
    await until('the order is released', async () => (await kit.orderState(sale.orderId)).state === 'released');
    sleeper.kill('SIGCONT');
    await delivered(sale);
    await sleep(seconds(3));
    await expectSoldOnce(sale);
  });
});

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (let waited = 0; waited < TAKEN_OVER_WITHIN; waited += 100) {
    if (await holds()) return;
    await sleep(100);
  }
  throw new Error(`not within ${TAKEN_OVER_WITHIN / 1000} s: ${what}`);
}

async function end(worker: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (worker.exitCode !== null || worker.signalCode !== null) return;
  const exit = new Promise((resolve) => worker.once('exit', resolve));
  worker.kill(signal);
  if (signal !== 'SIGKILL') worker.kill('SIGCONT');
  await exit;
}
