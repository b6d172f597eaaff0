import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { bytesEqual, utf8, type LedgerEntryId } from '@aceso/kernel';
import { sha256, verifyEd25519 } from '@aceso/platform';
import { startTestDatabase, type TestDatabase } from '@aceso/platform/testing';
import {
  consistencyFromTiles,
  formatTilePath,
  inclusionFromTiles,
  leafHash,
  parseTrustPolicy,
  rootFromTiles,
  verifyCheckpoint,
  verifyConsistency,
  verifyInclusion,
  verifyReceipt,
  type Checkpoint,
  type TileSource,
  type TrustPolicy,
} from '../domain';
import type { Ledger } from '../ledger';
import { createLedger, createSequencer } from '../testing';
import { makeLedgerApp, type LedgerApp } from '../testing/ledger-app';

jest.setTimeout(120_000);

const WRITERS = 4;
const READERS = 3;
const ACTS_A_WRITER = 40;

let test: TestDatabase;
let served: LedgerApp;
let ledger: Ledger;
let policy: TrustPolicy;
let url: string;

beforeAll(async () => {
  test = await startTestDatabase({ environment: { ACESO_CHECKPOINT_INTERVAL_MS: '100' } });
  ledger = createLedger(test);
  await ledger.onApplicationBootstrap();
  policy = parseTrustPolicy(`log ${ledger.verifierKey()}\nquorum none\n`, sha256);
  served = await makeLedgerApp(test, {});
  await served.app.listen(0, '127.0.0.1');
  url = `http://127.0.0.1:${(served.app.getHttpServer().address() as AddressInfo).port}/ledger`;
}, 120_000);
afterAll(async () => {
  await served.app.close();
  await test.close();
});

const load = async (path: string): Promise<Uint8Array> => {
  const response = await fetch(`${url}/${path}`);
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
};
const source: TileSource = (name) => load(formatTilePath(name));
const checks = { sha256, verifyEd25519 };

const newestCheckpoint = async (): Promise<Checkpoint> =>
  verifyCheckpoint(await load('checkpoint'), policy, checks).checkpoint;

/** One after the other, each in a transaction of its own; returns what was acknowledged. */
async function write(): Promise<LedgerEntryId[]> {
  const ids: LedgerEntryId[] = [];
  for (let act = 0; act < ACTS_A_WRITER; act += 1) {
    const entries = Array.from({ length: 1 + (act % 5) }, () => ({ kind: 'person' as const, code: 'record.opened' }));
    ids.push(...(await test.database.transaction('worker', (tx) => ledger.appendMany(tx, entries))));
  }
  return ids;
}

/** Follows the log from checkpoint to checkpoint as a monitor does; returns those that it saw. */
async function follow(writing: { done: boolean }): Promise<Checkpoint[]> {
  const seen: Checkpoint[] = [];
  while (!writing.done) {
    const next = await newestCheckpoint().catch(() => undefined); // before the first there is none
    const last = seen.at(-1);
    if (next === undefined || next.size === last?.size) {
      await sleep(20);
      continue;
    }
    expect(bytesEqual(await rootFromTiles({ size: next.size, source, sha256 }), next.root)).toBe(true);
    if (last) await requireContinuation(last, next);
    seen.push(next);
  }
  return seen;
}

async function requireContinuation(from: Checkpoint, to: Checkpoint): Promise<void> {
  const proof = await consistencyFromTiles({ size: to.size, source, sha256 }, from.size);
  const claim = { oldSize: from.size, oldRoot: from.root, newSize: to.size, newRoot: to.root, proof };
  verifyConsistency(claim, sha256);
}

it('under writers and readers every receipt verifies, then and against every later checkpoint', async () => {
  const sequencer = createSequencer(test);
  sequencer.start();
  const writing = { done: false };
  const following = Promise.all(Array.from({ length: READERS }, () => follow(writing)));
  const ids = (await Promise.all(Array.from({ length: WRITERS }, write))).flat();
  const receipts = await Promise.all(
    ids
      .filter((_, at) => at % 7 === 0)
      .map(async (id) => {
        for (;;) {
          const proof = await ledger.proof(id);
          if (proof) return proof;
          await sleep(50);
        }
      }),
  );
  while (await isMissingSome(ids)) await sleep(50);
  writing.done = true;
  const seen = await following;
  await sequencer.stop();
  await sequencer.publishOnce();

  const last = await newestCheckpoint();
  expect(new Set(ids).size).toBe(ids.length);
  for (const checkpoints of seen) expect(checkpoints.length).toBeGreaterThan(0);
  for (const { index, entry, proof } of receipts) {
    const { checkpoint } = verifyReceipt({ proof: utf8(proof), entry }, policy, checks);
    await requireContinuation(checkpoint, last);
    const { size, root } = last;
    const path = await inclusionFromTiles({ size, source, sha256 }, index);
    verifyInclusion({ index, size, leaf: leafHash(entry, sha256), proof: path, root }, sha256);
  }
});

async function isMissingSome(ids: readonly LedgerEntryId[]): Promise<boolean> {
  const [row] = await test.ownerQuery<{ logged: string }>(
    'select count(*) as logged from ledger.entry where id = any($1::uuid[])',
    [ids],
  );
  return Number(row?.logged) < ids.length;
}
