import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createAudit } from '@aceso/audit/testing';
import { utf8, type LedgerEntryId } from '@aceso/kernel';
import { fsckLedger, type Ledger } from '@aceso/ledger';
import { parseTrustPolicy, verifyReceipt } from '@aceso/ledger/domain';
import type { SequencerStep } from '@aceso/ledger/jobs';
import { environment, sha256, verifyEd25519 } from '@aceso/platform';
import { startTestDatabase, type TestDatabase } from '@aceso/platform/testing';
import type { SequencerOrder } from './sequencer-child';
import { WitnessKit, type NamedWitness } from './testing/witness-kit';

/** The built process that is killed: `npm test` builds before it runs this. */
const CHILD = join(__dirname, '../../dist/test/faults/sequencer-child.js');
const whenBuilt = existsSync(CHILD) ? describe : describe.skip;
if (!existsSync(CHILD)) process.stderr.write('skipped: kill -9 of the sequencer (not built: npm run build)\n');

jest.setTimeout(300_000);

/** Entries of which a proof is verified. */
const PROOFS = 25;

whenBuilt('the sequencer under kill -9', () => {
  let test: TestDatabase;
  let ledger: Ledger;
  let kit: WitnessKit;
  let witnesses: readonly NamedWitness[];
  const appended: LedgerEntryId[] = [];
  let appending = true;

  beforeAll(async () => {
    test = await startTestDatabase();
    ({ ledger } = createAudit(test));
    await ledger.onApplicationBootstrap();
    kit = new WitnessKit(ledger.verifierKey());
    witnesses = [await kit.true('w1'), await kit.true('w2')];
  }, 120_000);
  afterAll(async () => {
    await kit.close();
    await test.close();
  });

  const order = (step: SequencerStep, times: number): SequencerOrder => ({
    home: test.config.home,
    urls: { sequencer: test.roleUrls.sequencer },
    step,
    times,
    witnessPolicy: kit.policy(2, ...witnesses),
  });

  const startChild = (what: SequencerOrder): ChildProcess =>
    spawn(process.execPath, [CHILD, JSON.stringify(what)], { env: { PATH: environment().PATH }, stdio: 'ignore' });

  const killedBy = (child: ChildProcess): Promise<string | null> =>
    new Promise((resolve) => child.once('exit', (_code, signal) => resolve(signal)));

  /** Writers that know nothing of the sequencer's fate. */
  async function keepAppending(): Promise<void> {
    while (appending) {
      const id = await test.database.transaction('api', (tx) =>
        ledger.append(tx, { kind: 'administration', code: 'key.added' }),
      );
      appended.push(id);
      await sleep(60);
    }
  }

  it('loses no entry and signs no second root, whichever step it dies behind', async () => {
    const writers = [keepAppending(), keepAppending(), keepAppending()];
    const steps = ['persisted', 'recorded', 'signed', 'witnessed', 'published'] as const;
    for (const [at, step] of steps.entries()) {
      const signal = await killedBy(startChild(order(step, 1 + at)));
      expect([step, signal]).toEqual([step, 'SIGKILL']);
    }
    appending = false;
    await Promise.all(writers);
    // Two at once, both alive: one leads, the other waits for it.
    const last = [startChild(order('persisted', 1_000_000)), startChild(order('persisted', 1_000_000))];
    try {
      await expectAllProven();
    } finally {
      await Promise.all(last.map((child) => (child.kill('SIGKILL'), killedBy(child))));
    }
    await expectOneHistory();
  });

  async function expectAllProven(): Promise<void> {
    const policy = parseTrustPolicy(kit.policyText(2, witnesses), sha256);
    // That each of them is in the log the end of this test counts; some proofs, the oldest and the newest among them, are enough.
    const step = Math.ceil(appended.length / PROOFS);
    for (const id of appended.filter((_, at) => at % step === 0 || at === appended.length - 1)) {
      let receipt = await ledger.proof(id);
      for (let waited = 0; receipt === null && waited < 20_000; waited += 100) {
        await sleep(100);
        receipt = await ledger.proof(id);
      }
      if (receipt === null) throw new Error('an acknowledged entry is not in the log');
      verifyReceipt({ proof: utf8(receipt.proof), entry: receipt.entry }, policy, { sha256, verifyEd25519 });
    }
    expect(appended.length).toBeGreaterThan(50);
  }

  async function expectOneHistory(): Promise<void> {
    const { origin, signingRecord } = test.config;
    const { findings } = await test.database.transaction('worker', (tx) =>
      fsckLedger(tx, { origin, signingRecord, publicKey: test.custody.ledgerPublicKey() }),
    );
    expect(findings).toEqual([]);
    const logged = await test.ownerQuery<{ id: string }>('select id from ledger.entry where id is not null');
    expect(logged.map(({ id }) => id).sort()).toEqual([...appended].sort());
    const unsigned = 'select from ledger.block where height not in (select height from ledger.block_signature)';
    expect(await test.ownerQuery(unsigned)).toEqual([]);
    expect(await test.ownerQuery('select from ledger.fork_evidence')).toEqual([]);
  }
});
