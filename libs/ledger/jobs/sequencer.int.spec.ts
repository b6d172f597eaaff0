import { randomUUID } from 'node:crypto';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hex, utf8, type LedgerEntryId } from '@aceso/kernel';
import { Runtime, sha256, verifyEd25519 } from '@aceso/platform';
import { startTestDatabase, type TestDatabase } from '@aceso/platform/testing';
import {
  decodeEntry,
  leafHash,
  parseCheckpoint,
  parseNote,
  parseTrustPolicy,
  treeRoot,
  verifyReceipt,
  type LedgerEntry,
} from '../domain';
import type { Ledger } from '../ledger';
import { createLedger, createSequencer, publishAll } from '../testing';
import { Sequencer, type SequencerStep } from './sequencer';

const START_MS_MAX = 120_000;
jest.setTimeout(60_000);

let test: TestDatabase;
let ledger: Ledger;

beforeEach(async () => {
  test = await startTestDatabase();
  ledger = createLedger(test);
}, START_MS_MAX);
afterEach(() => test.close());

const append = (count: number): Promise<LedgerEntryId[]> =>
  test.database.transaction('api', (tx) =>
    ledger.appendMany(
      tx,
      Array.from({ length: count }, (_, n) => ({ kind: 'administration' as const, code: 'key.added', payload: { n } })),
    ),
  );

const recordFile = (): string => test.config.signingRecord;

interface Stored {
  readonly index: string;
  readonly id: string | null;
  readonly bytes: Uint8Array;
}
const entries = (): Promise<Stored[]> => test.ownerQuery('select index, id, bytes from ledger.entry order by index');
const number = async (sql: string): Promise<number> =>
  Number((await test.ownerQuery<{ n: string }>(`select count(*) as n from ${sql}`))[0]?.n);

/** Everything that must hold whatever happened: recomputed from the rows by the definition. */
async function expectWholeLog(): Promise<void> {
  const rows = await entries();
  const leaves = rows.map(({ bytes }) => leafHash(bytes, sha256));
  const blocks = await test.ownerQuery<{
    height: string;
    first: string;
    size: string;
    root: Uint8Array;
    text: string;
    signature: Uint8Array | null;
  }>('select b.*, s.signature from ledger.block b left join ledger.block_signature s using (height) order by height');
  let previous = new Uint8Array(32);
  let end = 0;
  blocks.forEach((block, height) => {
    expect([Number(block.height), Number(block.first)]).toEqual([height, end]);
    const header = decodeEntry(rows[end]?.bytes as Uint8Array) as Extract<LedgerEntry, { form: 'header' }>;
    const size = Number(block.size);
    expect(header).toMatchObject({ form: 'header', height: BigInt(height), first: BigInt(end), count: size - end - 1 });
    expect(header.time % 60n).toBe(0n);
    expect(hex.encode(header.previous)).toBe(hex.encode(previous));
    const root = treeRoot(leaves.slice(0, size), sha256);
    expect(hex.encode(block.root)).toBe(hex.encode(root));
    expect(parseCheckpoint(block.text)).toMatchObject({ origin: test.config.origin, size: BigInt(size) });
    expect(hex.encode(parseCheckpoint(block.text).root)).toBe(hex.encode(root));
    previous = new Uint8Array(sha256(utf8(block.text)));
    end = size;
  });
  expect(rows).toHaveLength(end);
  expect(rows.map(({ index }) => Number(index))).toEqual(rows.map((_, at) => at));
  const policy = parseTrustPolicy(`log ${ledger.verifierKey()}\nquorum none\n`, sha256);
  const key = policy.logs[0]?.publicKey as Uint8Array;
  for (const { text, signature } of blocks) {
    if (signature) expect(verifyEd25519(key, utf8(text), signature)).toBe(true);
  }
}

async function expectReceipts(ids: readonly LedgerEntryId[]): Promise<void> {
  const policy = parseTrustPolicy(`log ${ledger.verifierKey()}\nquorum none\n`, sha256);
  for (const id of ids) {
    const receipt = await ledger.proof(id);
    if (!receipt) throw new Error(`no receipt of ${id}`);
    verifyReceipt({ proof: utf8(receipt.proof), entry: receipt.entry }, policy, { sha256, verifyEd25519 });
  }
}

describe('a batch', () => {
  it('writes the first block empty, and signs it', async () => {
    const sequencer = createSequencer(test);
    expect(await sequencer.integrateOnce()).toBe(0);
    expect(await entries()).toHaveLength(1);
    expect(await ledger.checkpoint()).toBeNull();
    expect(await sequencer.publishOnce()).toBe(true);
    expect(await sequencer.publishOnce()).toBe(false);
    const checkpoint = await ledger.checkpoint();
    expect(checkpoint).toMatchObject({ origin: test.config.origin, size: 1n });
    expect(parseNote(utf8(checkpoint?.text as string)).signatures).toHaveLength(1);
    await expectWholeLog();
  });

  it('takes at most 256 entries, shuffled, and loses none', async () => {
    const sequencer = createSequencer(test);
    const ids = await append(600);
    expect(await sequencer.integrateOnce()).toBe(256);
    expect(await sequencer.integrateOnce()).toBe(256);
    expect(await sequencer.integrateOnce()).toBe(88);
    expect(await sequencer.integrateOnce()).toBe(0);
    const logged = (await entries()).flatMap(({ id }) => (id ? [id] : []));
    expect([...logged].sort()).toEqual([...ids].sort());
    expect(logged.slice(0, 256)).not.toEqual(ids.slice(0, 256));
    expect(await number('ledger.pending')).toBe(0);
    expect(await number('ledger.opening')).toBe(600);
    await expectWholeLog();
    await sequencer.publishOnce();
    await expectReceipts([...ids.slice(0, 5), ...ids.slice(-5)]);
  });

  it('grows tiles by runs that always give the same tree', async () => {
    const sequencer = createSequencer(test);
    let ids: LedgerEntryId[] = [];
    for (const count of [1, 2, 0, 253, 300, 1, 700]) {
      ids = [...ids, ...(await append(count))];
      await publishAll(sequencer);
      // Another process would read the same tree from the rows.
      expect(await createSequencer(test).integrateOnce()).toBe(0);
    }
    await expectWholeLog();
    await expectReceipts(ids.filter((_, n) => n % 97 === 0));
    expect(await number(`ledger.tile_run where level = 1`)).toBeGreaterThan(0);
  });

  it('leaves entries alone whose transaction is not committed', async () => {
    const sequencer = createSequencer(test);
    await append(1); // makes the instance's key, on whose row the others would wait
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    let early: LedgerEntryId | undefined;
    const slow = test.database.transaction('api', async (tx) => {
      early = await ledger.append(tx, { kind: 'administration', code: 'slow' });
      await held;
    });
    await append(3);
    await publishAll(sequencer);
    release();
    await slow;
    expect(await ledger.proof(early as LedgerEntryId)).toBeNull();
    await publishAll(sequencer);
    await expectReceipts([early as LedgerEntryId]);
  });
});

describe('after a crash', () => {
  class Crashing extends Sequencer {
    at: SequencerStep | undefined;
    protected override reached(step: SequencerStep): void {
      if (step === this.at) throw new Error(`crashed behind ${step}`);
    }
  }
  const crashing = (at: SequencerStep): Crashing => {
    const { database, runtime, custody, config, logger } = test;
    const sequencer = new Crashing(database, runtime, custody, config, logger);
    sequencer.at = at;
    return sequencer;
  };

  it.each(['persisted', 'recorded', 'signed', 'published'] as const)('behind %s nothing is lost', async (step) => {
    const before = await append(10);
    await publishAll(createSequencer(test));
    const during = await append(10);
    await expect(publishAll(crashing(step))).rejects.toThrow(`crashed behind ${step}`);
    const roots = await test.ownerQuery<{ size: string; root: Uint8Array }>('select size, root from ledger.block');
    const after = await append(10);
    await publishAll(createSequencer(test));
    await expectWholeLog();
    await expectReceipts([...before, ...during, ...after]);
    // No second root for a size, and every block is signed in the end.
    for (const { size, root } of roots) {
      const again = await test.ownerQuery<{ root: Uint8Array }>('select root from ledger.block where size = $1', [
        size,
      ]);
      expect(again.map((row) => hex.encode(row.root))).toEqual([hex.encode(root)]);
    }
    expect(await number('ledger.block')).toBe(await number('ledger.block_signature'));
    expect(await number('ledger.entry where id is not null')).toBe(30);
  });

  it('in the same process the sequencer goes on', async () => {
    const sequencer = crashing('persisted');
    await append(1);
    await expect(sequencer.integrateOnce()).rejects.toThrow('crashed');
    sequencer.at = undefined;
    await append(1);
    await publishAll(sequencer);
    expect(await number('ledger.block')).toBe(await number('ledger.block_signature'));
    await expectWholeLog();
  });
});

describe('after the restore of an older backup', () => {
  const forget = async (fromHeight: number): Promise<void> => {
    await test.ownerQuery('alter table ledger.entry disable trigger user');
    for (const table of ['publication', 'block_signature', 'block', 'tile_run', 'entry', 'opening']) {
      await test.ownerQuery(`alter table ledger.${table} disable trigger user`);
    }
    const [row] = await test.ownerQuery<{ first: string }>('select first from ledger.block where height = $1', [
      fromHeight,
    ]);
    const first = Number(row?.first);
    await test.ownerQuery('delete from ledger.publication where height >= $1', [fromHeight]);
    await test.ownerQuery('delete from ledger.block_signature where height >= $1', [fromHeight]);
    await test.ownerQuery('delete from ledger.block where height >= $1', [fromHeight]);
    await test.ownerQuery('delete from ledger.entry where index >= $1', [first]);
    await test.ownerQuery('delete from ledger.opening where index >= $1', [first]);
    await test.ownerQuery('delete from ledger.tile_run where level = 0 and tile * 256 + start >= $1', [first]);
  };

  it('it refuses to sign a smaller tree, and later a forked one', async () => {
    await append(3);
    await publishAll(createSequencer(test));
    await append(3);
    await publishAll(createSequencer(test));
    await forget(1);
    await append(1);
    await expect(createSequencer(test).integrateOnce()).rejects.toMatchObject({ code: 'LEDGER_ROLLED_BACK' });
    expect(await number('ledger.pending')).toBe(1);
    // Without the record nobody could know: then it refuses as well.
    copyFileSync(recordFile(), `${recordFile()}.kept`);
    rmSync(recordFile());
    await expect(createSequencer(test).integrateOnce()).rejects.toMatchObject({
      code: 'LEDGER_SIGNING_RECORD_MISSING',
    });
    // Somebody lets the restored database grow under another record: the real one still names the fork.
    writeFileSync(recordFile(), JSON.stringify({ v: 1, origin: test.config.origin, size: '0', root: '' }));
    await expect(createSequencer(test).integrateOnce()).rejects.toMatchObject({ code: 'LEDGER_FORKED' });
    const [block] = await test.ownerQuery<{ size: string; root: Uint8Array }>('select size, root from ledger.block');
    const root = hex.encode(block?.root as Uint8Array);
    writeFileSync(recordFile(), JSON.stringify({ v: 1, origin: test.config.origin, size: block?.size, root }));
    await append(20);
    await publishAll(createSequencer(test));
    copyFileSync(`${recordFile()}.kept`, recordFile());
    await append(1);
    await expect(createSequencer(test).integrateOnce()).rejects.toMatchObject({ code: 'LEDGER_FORKED' });
  });

  it('a sequencer that still runs refuses as well', async () => {
    await append(3);
    const running = createSequencer(test);
    await publishAll(running);
    const size = 1_000n;
    const root = '00'.repeat(32);
    writeFileSync(recordFile(), JSON.stringify({ v: 1, origin: test.config.origin, size: String(size), root }));
    await append(1);
    await expect(running.integrateOnce()).rejects.toMatchObject({ code: 'LEDGER_ROLLED_BACK' });
  });

  it('a sequencer that still runs signs no second root for a size that another database had signed', async () => {
    await append(3);
    const running = createSequencer(test);
    await publishAll(running);
    const record = JSON.parse(readFileSync(recordFile(), 'utf8')) as { size: string };
    const next = String(BigInt(record.size) + 2n); // a header and the entry
    writeFileSync(recordFile(), JSON.stringify({ ...record, size: next, root: '00'.repeat(32) }));
    await append(1);
    await expect(running.integrateOnce()).rejects.toMatchObject({ code: 'LEDGER_FORKED' });
    expect(await number(`ledger.block_signature join ledger.block using (height) where size = ${next}`)).toBe(0);
  });

  it.each([
    ['not JSON', 'x'],
    ['another version', '{"v":2}'],
    ['a size that is no decimal', '{"v":1,"origin":"o","size":"-1","root":""}'],
    ['a root that is no hexadecimal', '{"v":1,"origin":"o","size":"1","root":"XY"}'],
  ])('it refuses a record that is %s', async (_, text) => {
    await publishAll(createSequencer(test));
    writeFileSync(recordFile(), text);
    await expect(createSequencer(test).integrateOnce()).rejects.toMatchObject({
      code: 'LEDGER_SIGNING_RECORD_MALFORMED',
    });
  });

  it('it refuses to go on under another name', async () => {
    await publishAll(createSequencer(test));
    const renamed = { ...test, config: { ...test.config, origin: 'other.example.org/log' } };
    await expect(createSequencer(renamed).integrateOnce()).rejects.toMatchObject({ code: 'LEDGER_ORIGIN_CHANGED' });
    rmSync(recordFile());
    const elsewhere = { ...renamed, config: { ...renamed.config, signingRecord: `${recordFile()}.new` } };
    await expect(createSequencer(elsewhere).integrateOnce()).rejects.toMatchObject({
      code: 'LEDGER_SIGNING_RECORD_MISSING',
    });
  });

  it('it refuses a home folder that was restored as a whole, when its record stood elsewhere', async () => {
    const outside = mkdtempSync(join(tmpdir(), 'aceso-record-'));
    const instance = { ...test, config: { ...test.config, signingRecord: join(outside, 'kept', 'last-signed.json') } };
    await append(3);
    await publishAll(createSequencer(instance));
    await append(3);
    await publishAll(createSequencer(instance));
    expect(existsSync(recordFile())).toBe(false);
    await forget(1); // what the restored home holds: the older database, and no newer record
    await append(1);
    await expect(createSequencer(instance).integrateOnce()).rejects.toMatchObject({ code: 'LEDGER_ROLLED_BACK' });
    rmSync(outside, { recursive: true });
  });

  it('the record is readable by its owner only, and complete at any moment', async () => {
    await publishAll(createSequencer(test));
    expect(statSync(recordFile()).mode & 0o777).toBe(0o600);
    expect(existsSync(`${recordFile()}.part`)).toBe(false);
    expect(statSync(recordFile()).size).toBe(512);
    expect(JSON.parse(readFileSync(recordFile(), 'utf8'))).toMatchObject({ v: 1, size: '1' });
  });

  it('hashes that do not fit their block are found before anything is added', async () => {
    await append(3);
    await publishAll(createSequencer(test));
    await test.ownerQuery('alter table ledger.tile_run disable trigger user');
    await test.ownerQuery(`update ledger.tile_run set hashes = set_byte(hashes, 40, get_byte(hashes, 40) # 1)`);
    await expect(createSequencer(test).integrateOnce()).rejects.toMatchObject({ code: 'LEDGER_STORAGE_DAMAGED' });
    await test.ownerQuery('delete from ledger.tile_run');
    await expect(createSequencer(test).integrateOnce()).rejects.toMatchObject({ code: 'LEDGER_STORAGE_DAMAGED' });
  });
});

describe('two sequencers', () => {
  it('write one history, even when both believe to lead', async () => {
    const [one, two] = [createSequencer(test), createSequencer(test)];
    await one.integrateOnce();
    await two.integrateOnce();
    await append(2000);
    const results = await Promise.allSettled([drain(one), drain(two)]);
    const failed = results.filter((result) => result.status === 'rejected');
    await publishAll(createSequencer(test));
    await expectWholeLog();
    expect(await number('ledger.entry where id is not null')).toBe(2000);
    expect(failed.length).toBeLessThanOrEqual(2);
  });

  async function drain(sequencer: Sequencer): Promise<void> {
    while ((await sequencer.integrateOnce()) > 0);
  }

  it('take turns by the lock: the second takes over when the connection of the first dies', async () => {
    const fast = { ...test, config: { ...test.config, checkpointIntervalMs: 100 } };
    const [one, two] = [createSequencer(fast), createSequencer(fast)];
    one.start();
    await until(async () => (await ledger.checkpoint()) !== null);
    two.start();
    try {
      const ids = await append(5);
      await until(async () => (await ledger.proof(ids[0] as LedgerEntryId)) !== null);
      const killed = await test.ownerQuery(
        `select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and granted
         and database = (select oid from pg_database where datname = current_database())`,
      );
      expect(killed).toHaveLength(1);
      const later = await append(5);
      await until(async () => (await ledger.proof(later[4] as LedgerEntryId)) !== null);
      await expectReceipts([...ids, ...later]);
      await expectWholeLog();
    } finally {
      await Promise.all([one.stop(), two.stop()]);
    }
  });

  async function until(fact: () => Promise<boolean>): Promise<void> {
    for (let waited = 0; waited < 30_000; waited += 50) {
      if (await fact()) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error('did not happen in time');
  }
});

describe('the rows of the log', () => {
  it('are changed by nobody', async () => {
    await append(2);
    await publishAll(createSequencer(test));
    for (const table of ['entry', 'tile_run', 'block', 'block_signature', 'publication']) {
      await expect(test.ownerQuery(`delete from ledger.${table}`)).rejects.toThrow('append-only');
      await expect(test.ownerQuery(`truncate ledger.${table} cascade`)).rejects.toThrow('append-only');
      await expect(test.database.query('sequencer', `delete from ledger.${table}`)).rejects.toThrow(
        'permission denied',
      );
    }
  });

  it.each(['api', 'worker', 'vault', 'index'] as const)('are not written by the role %s', async (role) => {
    const id = randomUUID();
    for (const sql of [
      `insert into ledger.entry (index, id, bytes) values (0, '${id}', '\\x00')`,
      `insert into ledger.opening (index, subject_id, sealed) values (0, '${id}', '\\x00')`,
      // The worker checks the log (fsck), so it may look.
      ...(role === 'worker' ? [] : ['select * from ledger.pending']),
      'delete from ledger.pending',
    ]) {
      await expect(test.database.query(role, sql)).rejects.toThrow('permission denied');
    }
  });

  it('are appended to by the vault, which reads nothing of them', async () => {
    await test.database.transaction('vault', (tx) =>
      ledger.append(tx, { kind: 'person', code: 'contact.read', subjectId: randomUUID() }),
    );
    for (const table of ['entry', 'opening', 'block']) {
      await expect(test.database.query('vault', `select * from ledger.${table}`)).rejects.toThrow('permission denied');
    }
  });
});

it('writes no block that is older than the one before, whatever the clock says, also after a restart', async () => {
  let now = 1_700_000_040_000;
  const runtime = new Runtime({ clock: () => now });
  const sequencer = createSequencer({ ...test, runtime });
  for (const step of [0, -600_000, 120_000]) {
    now += step;
    await append(1);
    await sequencer.integrateOnce();
  }
  now -= 3_600_000;
  await append(1);
  await createSequencer({ ...test, runtime }).integrateOnce();
  const headers = (await entries()).map(({ bytes }) => decodeEntry(bytes)).filter(({ form }) => form === 'header');
  const times = headers.map((header) => Number((header as Extract<LedgerEntry, { form: 'header' }>).time));
  expect(times).toEqual([1_700_000_040, 1_700_000_040, 1_700_000_040, 1_700_000_040]);
});
