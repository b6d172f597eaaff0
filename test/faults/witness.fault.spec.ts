import { fork, type ChildProcess } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createAudit } from '@aceso/audit/testing';
import { utf8, type LedgerEntryId } from '@aceso/kernel';
import type { Ledger } from '@aceso/ledger';
import { cosignedPath, parseCheckpoint, parseNote, parseTrustPolicy, verifyReceipt } from '@aceso/ledger/domain';
import { createSequencer } from '@aceso/ledger/testing';
import { environment, sha256, verifyEd25519 } from '@aceso/platform';
import { startTestDatabase, type TestDatabase } from '@aceso/platform/testing';
import { WitnessKit } from './testing/witness-kit';
import type { WitnessOrder } from './witness-child';

/** The built process that is killed: `npm test` builds before it runs this. */
const CHILD = join(__dirname, '../../dist/test/faults/witness-child.js');
const whenBuilt = existsSync(CHILD) ? describe : describe.skip;
if (!existsSync(CHILD)) process.stderr.write('skipped: kill -9 of a witness (not built: npm run build)\n');

jest.setTimeout(120_000);

whenBuilt('a witness under kill -9', () => {
  let test: TestDatabase;
  let ledger: Ledger;
  let kit: WitnessKit;

  beforeAll(async () => {
    test = await startTestDatabase();
    ({ ledger } = createAudit(test));
    await ledger.onApplicationBootstrap();
    kit = new WitnessKit(ledger.verifierKey());
  }, 120_000);
  afterAll(async () => {
    await kit.close();
    await test.close();
  });

  const freePort = async (): Promise<number> => {
    const probe = createServer();
    await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
    const { port } = probe.address() as AddressInfo;
    await new Promise((resolve) => probe.close(resolve));
    return port;
  };

  const start = async (order: WitnessOrder): Promise<{ child: ChildProcess; ended: Promise<string | null> }> => {
    const child = fork(CHILD, [JSON.stringify(order)], { env: { PATH: environment().PATH }, execArgv: [] });
    const ended = new Promise<string | null>((resolve) => child.once('exit', (_code, signal) => resolve(signal)));
    await new Promise((resolve) => child.once('message', resolve));
    return { child, ended };
  };

  it('between its state and its answer: it remembers, and the log learns so from its 409', async () => {
    const order: WitnessOrder = {
      home: kit.file('w1'),
      logKey: ledger.verifierKey(),
      port: await freePort(),
      times: 2,
    };
    const { ended } = await start(order);
    const named = {
      name: 'w1',
      verifierKey: readFileSync(kit.file('w1/witness.vkey'), 'utf8').trim(),
      url: `http://127.0.0.1:${order.port}`,
    };
    const witnessPolicy = kit.policy(1, named);
    const sequencer = createSequencer({ ...test, config: { ...test.config, witnessPolicy } });
    const publish = async (): Promise<[LedgerEntryId, boolean]> => {
      const id = await test.database.transaction('api', (tx) =>
        ledger.append(tx, { kind: 'administration', code: 'key.added' }),
      );
      await sequencer.integrateOnce();
      return [id, await sequencer.publishOnce()];
    };
    const [first, published] = await publish();
    expect(published).toBe(true);
    const [second, lost] = await publish();
    expect([lost, await ended]).toEqual([false, 'SIGKILL']);
    expect(await ledger.proof(second)).toBeNull(); // signed and persisted there, but nobody was answered
    const state = readFileSync(kit.file(`w1/${cosignedPath(test.config.origin, sha256)}`));
    const [newest] = await test.ownerQuery<{ size: string }>('select max(size) as size from ledger.block');
    expect(parseCheckpoint(parseNote(state).text).size).toBe(BigInt(newest?.size as string));

    const again = await start({ ...order, times: 0 });
    try {
      expect(await sequencer.publishOnce()).toBe(true);
      const [third, later] = await publish();
      expect(later).toBe(true);
      const policy = parseTrustPolicy(kit.policyText(1, [named]), sha256);
      for (const id of [first, second, third]) {
        const receipt = await ledger.proof(id);
        const proof = { proof: utf8(receipt?.proof as string), entry: receipt?.entry as Uint8Array };
        expect(verifyReceipt(proof, policy, { sha256, verifyEd25519 }).operatorOnly).toBe(false);
      }
      expect(await test.ownerQuery('select from ledger.fork_evidence')).toEqual([]);
    } finally {
      again.child.kill('SIGKILL');
      await again.ended;
    }
  });
});
