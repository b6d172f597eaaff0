import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Runtime, type Finality } from '@aceso/platform';
import { startTestDatabase, type TestDatabase } from '@aceso/platform/testing';
import { AnchorChain } from '../anchor/anchor-chain';
import { checkAnchors } from '../anchor/check-anchors';
import { deployAnchor } from '../anchor/deploy';
import { newestAnchors } from '../data/anchor';
import type { Reader } from '../data/reader';
import { LOST_AFTER_MS, type LedgerError } from '../domain';
import { anvilMissing, createLedger, createSequencer, publishAll, startAnvil, type Anvil } from '../testing';
import { Anchoring, type AnchoringStep } from './anchoring';

const START_MS_MAX = 120_000;
jest.setTimeout(60_000);

/** Behind `finalized`, which is 64 blocks behind the newest one. */
const FINAL_BLOCKS = 70;
const HOUR_MS = 3_600_000;
/** Account of the node's first key. */
const OWNER = '0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266';

const whereThereIsANode = anvilMissing('anchoring in a real chain') ? describe.skip : describe;

whereThereIsANode('anchoring in a real chain', () => {
  let node: Anvil;
  let contract: string;
  let test: TestDatabase;
  let nowMs: number;

  beforeEach(async () => {
    node = await startAnvil();
    ({ contract } = await deployAnchor(node.url, node.key));
    test = await startTestDatabase();
    nowMs = Date.now();
    await grow();
  }, START_MS_MAX);
  afterEach(async () => {
    await node.stop();
    await test.close();
  });

  class Crashing extends Anchoring {
    at: AnchoringStep | undefined;
    protected override reached(step: AnchoringStep): void {
      if (step === this.at) throw new Error(`crashed behind ${step}`);
    }
  }

  /** An anchoring on the test's clock; each one is like another process, or the same one restarted. */
  const anchoring = (
    options: { finality?: Finality; key?: string; chainId?: number; at?: AnchoringStep } = {},
  ): Anchoring => {
    const keyFile = join(test.config.home, 'anchor.key');
    writeFileSync(keyFile, `${options.key ?? node.key}\n`);
    chmodSync(keyFile, 0o600);
    const anchor = {
      rpcUrl: node.url,
      contract,
      keyFile,
      intervalMinutes: 60,
      finality: options.finality ?? 'finalized',
      chainId: options.chainId ?? 31_337,
    };
    const runtime = new Runtime({ clock: () => nowMs });
    const made = new Crashing(test.database, runtime, { ...test.config, anchor }, test.logger);
    made.at = options.at;
    return made;
  };

  /** Makes the log larger and publishes it. */
  async function grow(): Promise<void> {
    await test.database.transaction('api', (tx) =>
      createLedger(test).append(tx, { kind: 'administration', code: 'key.added' }),
    );
    await publishAll(createSequencer(test));
  }

  const later = (milliseconds: number): void => void (nowMs += milliseconds);
  const mine = (blocks: number): Promise<unknown> => node.request('anvil_mine', `0x${blocks.toString(16)}`);
  const reader: Reader = { query: (sql, params) => test.ownerQuery(sql, params) };
  /** Sizes and states, oldest first. */
  const rows = async (): Promise<string[]> => {
    const all = await newestAnchors(reader);
    return all.sort((a, b) => Number(a.number - b.number)).map(({ size, state }) => `${size} ${state}`);
  };
  /** The contract's last size, as the chain answers. */
  const lastSize = async (): Promise<bigint> => {
    const chain = await AnchorChain.open({ rpcUrl: node.url, contract, finality: 0 });
    return (await chain.last()).lastSize;
  };
  async function findings(): Promise<string[]> {
    const found: string[] = [];
    for await (const { table, key, problem } of checkAnchors(reader)) found.push(`${table} ${key}: ${problem}`);
    return found;
  }

  it('sends the newest public checkpoint, and calls it final once the chain does', async () => {
    const worker = anchoring();
    expect(await worker.roundOnce()).toBe('pending');
    expect(await lastSize()).toBe(2n);
    expect(await worker.roundOnce()).toBe('pending');
    await mine(FINAL_BLOCKS);
    expect(await worker.roundOnce()).toBe('final');
    // Nothing before the interval has passed, nothing without a larger checkpoint.
    await grow();
    expect(await worker.roundOnce()).toBe('idle');
    later(HOUR_MS);
    expect(await worker.roundOnce()).toBe('pending');
    await mine(FINAL_BLOCKS);
    expect(await worker.roundOnce()).toBe('final');
    later(HOUR_MS);
    expect(await worker.roundOnce()).toBe('idle');
    expect(await rows()).toEqual(['2 final', '4 final']);
    expect(await findings()).toEqual([]);
  });

  it('sends the same again after a reorganisation took it away', async () => {
    const worker = anchoring();
    await worker.roundOnce();
    await node.request('anvil_reorg', 1, []);
    expect(await lastSize()).toBe(0n);
    await grow();
    expect(await worker.roundOnce()).toBe('pending');
    later(HOUR_MS);
    expect(await worker.roundOnce()).toBe('pending');
    expect(await rows()).toEqual(['2 lost', '2 pending']);
    expect(await lastSize()).toBe(2n);
    await mine(FINAL_BLOCKS);
    expect(await worker.roundOnce()).toBe('final');
    later(HOUR_MS);
    expect(await worker.roundOnce()).toBe('pending');
    expect(await rows()).toEqual(['2 lost', '2 final', '4 pending']);
    expect(await findings()).toEqual([]);
  });

  it('waits for confirmations where the chain names no finalized block', async () => {
    const worker = anchoring({ finality: 2 });
    await worker.roundOnce();
    await mine(1);
    expect(await worker.roundOnce()).toBe('pending');
    await mine(1);
    expect(await worker.roundOnce()).toBe('final');
  });

  it.each(['recorded', 'sent'] as const)('sends nothing twice after a crash behind %s', async (at) => {
    await expect(anchoring({ at }).roundOnce()).rejects.toThrow(`crashed behind ${at}`);
    expect(await lastSize()).toBe(at === 'sent' ? 2n : 0n);
    // Another process finds the row. What left is found in the chain; what did not is lost after a while, and sent again.
    expect(await anchoring().roundOnce()).toBe('pending');
    later(LOST_AFTER_MS);
    expect(await anchoring().roundOnce()).toBe('pending');
    expect(await lastSize()).toBe(2n);
    expect(await rows()).toEqual(at === 'sent' ? ['2 pending'] : ['2 lost', '2 pending']);
    await mine(FINAL_BLOCKS);
    expect(await anchoring().roundOnce()).toBe('final');
  });

  it('lets one of two processes send', async () => {
    const results = await Promise.all([anchoring(), anchoring(), anchoring()].map((worker) => worker.roundOnce()));
    expect(results).toContain('pending');
    expect(await rows()).toEqual(['2 pending']);
    expect(await lastSize()).toBe(2n);
  });

  it('goes on when the node comes back', async () => {
    const { port } = node;
    const worker = anchoring();
    const state = (await node.request('anvil_dumpState')) as string;
    await node.stop();
    await expect(worker.roundOnce()).rejects.toMatchObject({ code: 'ANCHOR_NODE_UNREACHABLE' });
    await grow(); // the ledger does not care
    node = await startAnvil({ port });
    await expect(worker.roundOnce()).rejects.toMatchObject({ code: 'ANCHOR_CONTRACT_UNKNOWN' });
    await node.request('anvil_loadState', state);
    expect(await worker.roundOnce()).toBe('pending');
    expect(await rows()).toEqual(['4 pending']);
  });

  it('leaves a queued transaction alone, and replaces it once blocks cost more than it offers', async () => {
    await node.request('evm_setAutomine', false);
    const worker = anchoring();
    await worker.roundOnce();
    later(HOUR_MS);
    expect(await worker.roundOnce()).toBe('pending');
    expect(await rows()).toEqual(['2 pending']);
    await node.request('anvil_setNextBlockBaseFeePerGas', `0x${(50n * 10n ** 9n).toString(16)}`);
    await mine(1);
    expect(await lastSize()).toBe(0n);
    expect(await worker.roundOnce()).toBe('pending');
    expect(await rows()).toEqual(['2 lost', '2 pending']);
    await mine(FINAL_BLOCKS);
    expect(await worker.roundOnce()).toBe('final');
  });

  it('enters an anchor that the contract holds and an older backup lacks', async () => {
    await anchoring().roundOnce();
    await forgetAnchors();
    expect(await anchoring().roundOnce()).toBe('pending');
    await mine(FINAL_BLOCKS);
    expect(await anchoring().roundOnce()).toBe('final');
    expect(await lastSize()).toBe(2n);
    expect(await findings()).toEqual([]);
  });

  it('sends nothing to a contract that remembers another log', async () => {
    const chain = await AnchorChain.open({ rpcUrl: node.url, contract, finality: 0 });
    const foreign = { size: 1n, root: new Uint8Array(32).fill(7), checkpointHash: new Uint8Array(32) };
    await (await chain.prepare(foreign, node.key)).send();
    await expect(anchoring().roundOnce()).rejects.toMatchObject({ code: 'ANCHOR_CONTRADICTED' });
    expect(await rows()).toEqual([]);
  });

  it('refuses before anything is recorded: another owner, an empty account, another chain, another contract', async () => {
    const code = (worker: Anchoring): Promise<unknown> => worker.roundOnce().catch((error: LedgerError) => error.code);
    expect(await code(anchoring({ key: node.otherKey }))).toBe('ANCHOR_NOT_OWNER');
    await node.request('anvil_setBalance', OWNER, '0x1');
    expect(await code(anchoring())).toBe('ANCHOR_FUNDS_INSUFFICIENT');
    expect(await code(anchoring({ chainId: 1 }))).toBe('ANCHOR_CHAIN_WRONG');
    contract = OWNER;
    expect(await code(anchoring())).toBe('ANCHOR_CONTRACT_UNKNOWN');
    expect(await rows()).toEqual([]);
  });

  it('is started with a private key only, and does nothing where it is not configured', async () => {
    const exposed = anchoring();
    chmodSync(join(test.config.home, 'anchor.key'), 0o640);
    expect(() => exposed.start()).toThrow(expect.objectContaining({ code: 'KEY_READABLE_BY_OTHERS' }));
    expect(() => anchoring({ key: 'no key' }).start()).toThrow(expect.objectContaining({ code: 'ANCHOR_KEY_INVALID' }));
    const off = new Anchoring(test.database, test.runtime, test.config, test.logger);
    off.start();
    expect(await off.roundOnce()).toBe('idle');
    await off.stop();
  });

  it('runs until it is stopped', async () => {
    const worker = anchoring();
    worker.start();
    while ((await rows()).length === 0) await new Promise((resolve) => setTimeout(resolve, 50));
    await worker.stop();
    expect(await rows()).toEqual(['2 pending']);
  });

  it('keeps its rows as they are, and `fsck` names what a superuser changes', async () => {
    await anchoring().roundOnce();
    for (const table of ['anchor', 'anchor_outcome']) {
      await expect(test.ownerQuery(`truncate ledger.${table} cascade`)).rejects.toThrow('append-only');
      await expect(test.database.query('sequencer', `delete from ledger.${table}`)).rejects.toThrow(
        'permission denied',
      );
      await expect(test.database.query('worker', `insert into ledger.${table} default values`)).rejects.toThrow(
        'permission denied',
      );
    }
    const key = `chain 31337, contract ${contract}, number`;
    await test.ownerQuery('alter table ledger.anchor disable trigger user');
    const changed: [string, string][] = [
      ['size = 3', '0: its size is not that of its block'],
      ['size = 2, root = set_byte(root, 0, get_byte(root, 0) # 1)', '0: its root is not that of its block'],
      [
        'root = set_byte(root, 0, get_byte(root, 0) # 1), checkpoint_hash = root',
        '0: its hash is not that of the checkpoint',
      ],
    ];
    for (const [change, problem] of changed) {
      await test.ownerQuery(`update ledger.anchor set ${change}`);
      expect(await findings()).toEqual([`ledger.anchor ${key} ${problem}`]);
    }
    await test.ownerQuery(`update ledger.anchor set number = 4,
      checkpoint_hash = (select sha256(convert_to(text, 'UTF8')) from ledger.block b where b.height = anchor.height)`);
    expect(await findings()).toEqual([`ledger.anchor ${key} 4: the sending before it is missing`]);
    await test.ownerQuery(
      'insert into ledger.anchor select chain_id, contract, 5, height, size, root, checkpoint_hash, transaction, after_block, sent_at from ledger.anchor',
    );
    expect((await findings())[1]).toBe(`ledger.anchor ${key} 5: it was sent while the one before it was pending`);
  });

  async function forgetAnchors(): Promise<void> {
    await test.ownerQuery('alter table ledger.anchor disable trigger user');
    await test.ownerQuery('delete from ledger.anchor');
  }
});
