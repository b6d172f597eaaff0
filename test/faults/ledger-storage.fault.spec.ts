import { randomUUID } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createAudit } from '@aceso/audit/testing';
import { hex, utf8, type LedgerEntryId } from '@aceso/kernel';
import { fsckLedger, type Ledger } from '@aceso/ledger';
import { parseTrustPolicy, verifyReceipt } from '@aceso/ledger/domain';
import { createSequencer, publishAll } from '@aceso/ledger/testing';
import {
  createKeys,
  Database,
  KeyCustody,
  migrate,
  provideRoles,
  sha256,
  startEmbeddedPostgres,
  verifyEd25519,
  type EmbeddedPostgres,
} from '@aceso/platform';
import { startTestDatabase, testRunFolder, type TestDatabase } from '@aceso/platform/testing';
import { CheckpointStore } from '../../apps/witness/src/checkpoint-store';
import { startWitness } from '../../apps/witness/src/server';
import { Witness } from '../../apps/witness/src/witness';
import { WitnessKit } from './testing/witness-kit';

jest.setTimeout(60_000);

const FULL_DEVICE = '/dev/full';

type Parts = Pick<TestDatabase, 'database' | 'custody' | 'config'>;

const append = ({ database }: Pick<Parts, 'database'>, ledger: Ledger, count = 1): Promise<LedgerEntryId[]> =>
  database.transaction('api', (tx) =>
    ledger.appendMany(
      tx,
      Array.from({ length: count }, () => ({ kind: 'administration' as const, code: 'key.added' })),
    ),
  );

/** Every acknowledged entry is proven by the newest checkpoint, and every row is as it was logged. */
async function expectWhole(
  { database, custody, config }: Parts,
  ledger: Ledger,
  ids: readonly string[],
): Promise<void> {
  const policy = parseTrustPolicy(`log ${ledger.verifierKey()}\nquorum none\n`, sha256);
  for (const id of ids) {
    const receipt = await ledger.proof(id as LedgerEntryId);
    if (!receipt) throw new Error('an acknowledged entry is not in the log');
    verifyReceipt({ proof: utf8(receipt.proof), entry: receipt.entry }, policy, { sha256, verifyEd25519 });
  }
  const { findings } = await database.transaction(
    'worker',
    (tx) => fsckLedger(tx, { ...config, publicKey: custody.ledgerPublicKey() }),
    { isolation: 'REPEATABLE READ', readOnly: true },
  );
  expect(findings).toEqual([]);
}

describe('a disk that is full', () => {
  let test: TestDatabase;
  let ledger: Ledger;
  let kit: WitnessKit;
  const acknowledged: LedgerEntryId[] = [];

  beforeAll(async () => {
    test = await startTestDatabase();
    ({ ledger } = createAudit(test));
    await ledger.onApplicationBootstrap();
    kit = new WitnessKit(ledger.verifierKey());
    // What PostgreSQL says when it cannot write: the statement fails with class 53, and the transaction with it.
    await test.ownerQuery(`create function public.full() returns trigger language plpgsql as $$ begin
      raise exception 'could not extend file' using errcode = 'disk_full'; end $$`);
  }, 120_000);
  afterAll(async () => {
    await kit.close();
    await test.close();
  });

  const roots = async (): Promise<Map<string, string>> => {
    const rows = await test.ownerQuery<{ size: string; root: Uint8Array }>('select size, root from ledger.block');
    return new Map(rows.map(({ size, root }) => [size, hex.encode(root)]));
  };
  const expectNoSecondRoot = async (before: Map<string, string>): Promise<void> => {
    const after = await roots();
    for (const [size, root] of before) expect([size, after.get(size)]).toEqual([size, root]);
  };

  it.each(['entry', 'tile_run', 'opening', 'block', 'block_signature', 'cosignature', 'publication'])(
    'under ledger.%s: the sequencer goes on where it was once there is room',
    async (table) => {
      const witnessPolicy = kit.policy(1, await kit.true(`w-${table.replace('_', '-')}`));
      const sequencer = createSequencer({ ...test, config: { ...test.config, witnessPolicy } });
      acknowledged.push(...(await append(test, ledger, 5)));
      await test.ownerQuery(
        `create trigger full_disk before insert on ledger.${table} for each statement execute function public.full()`,
      );
      await expect(publishAll(sequencer)).rejects.toMatchObject({ code: '53100' });
      acknowledged.push(...(await append(test, ledger, 5)));
      await expect(publishAll(sequencer)).rejects.toMatchObject({ code: '53100' });
      const before = await roots();
      await test.ownerQuery(`drop trigger full_disk on ledger.${table}`);
      await publishAll(sequencer);
      await expectNoSecondRoot(before);
      await expectWhole(test, ledger, acknowledged);
    },
  );

  it('under the pending table: the act fails with its entry, and later ones do not', async () => {
    await test.ownerQuery(
      'create trigger full_disk before insert on ledger.pending for each statement execute function public.full()',
    );
    await expect(append(test, ledger)).rejects.toMatchObject({ code: '53100' });
    await test.ownerQuery('drop trigger full_disk on ledger.pending');
    acknowledged.push(...(await append(test, ledger)));
    await publishAll(createSequencer(test));
    await expectWhole(test, ledger, acknowledged);
  });

  const whereFull = existsSync(FULL_DEVICE) ? it : it.skip;

  whereFull('under the first record of what was signed: nothing is signed before it is there', async () => {
    const fresh = await startTestDatabase();
    try {
      const own = createAudit(fresh).ledger;
      const file = fresh.config.signingRecord;
      mkdirSync(dirname(file), { recursive: true });
      symlinkSync(FULL_DEVICE, `${file}.part`);
      const sequencer = createSequencer(fresh);
      await expect(sequencer.integrateOnce()).rejects.toMatchObject({ code: 'ENOSPC' });
      expect([existsSync(file), await fresh.ownerQuery('select from ledger.block_signature')]).toEqual([false, []]);
      rmSync(`${file}.part`);
      const ids = await append(fresh, own, 2);
      await publishAll(sequencer);
      await expectWhole(fresh, own, ids);
    } finally {
      await fresh.close();
    }
  });

  whereFull('a record without end is refused, and nothing is signed beside it', async () => {
    const file = test.config.signingRecord;
    const sequencer = createSequencer(test);
    await publishAll(sequencer);
    renameSync(file, `${file}.kept`);
    symlinkSync(FULL_DEVICE, file);
    acknowledged.push(...(await append(test, ledger, 5)));
    await expect(sequencer.integrateOnce()).rejects.toMatchObject({ code: 'LEDGER_SIGNING_RECORD_MALFORMED' });
    renameSync(`${file}.kept`, file);
    await publishAll(sequencer);
    await expectWhole(test, ledger, acknowledged);
  });

  it('under a witness: it answers 500, still holds what it cosigned, and goes on later', async () => {
    let isFull = false;
    class FullStore extends CheckpointStore {
      override async write(origin: string, note: string): Promise<void> {
        if (!isFull) return super.write(origin, note);
        writeFileSync(kit.file(`full/${origin}/checkpoint.part`), note.slice(0, 20));
        throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
      }
    }
    const said: string[] = [];
    const witness = await startWitness({
      home: kit.file('full'),
      name: 'full.example.net',
      logs: parseTrustPolicy(`log ${ledger.verifierKey()}\nquorum none\n`, sha256).logs,
      host: '127.0.0.1',
      port: 0,
      now: Date.now,
      warn: (text) => said.push(text),
      make: (parts) => new Witness({ ...parts, store: new FullStore(kit.file('full')) }),
    });
    try {
      const witnessPolicy = kit.policy(1, { name: 'full', ...witness });
      const sequencer = createSequencer({ ...test, config: { ...test.config, witnessPolicy } });
      const publish = async (): Promise<boolean> => {
        acknowledged.push(...(await append(test, ledger)));
        await sequencer.integrateOnce();
        return sequencer.publishOnce();
      };
      expect(await publish()).toBe(true);
      const origin = hex.encode(sha256(utf8(test.config.origin)));
      const state = readFileSync(kit.file(`full/${origin}/checkpoint`), 'utf8');
      isFull = true;
      expect(await publish()).toBe(false);
      expect(readFileSync(kit.file(`full/${origin}/checkpoint`), 'utf8')).toBe(state);
      expect(said).toEqual(['a request could not be answered (ENOSPC)']);
      isFull = false;
      expect(await publish()).toBe(true);
      await expectWhole(test, ledger, acknowledged);
    } finally {
      await witness.close();
    }
  });
});

describe('a database that is restarted', () => {
  let server: EmbeddedPostgres | undefined;
  afterAll(async () => {
    await server?.stop();
    if (server) rmSync(server.data, { recursive: true, force: true });
  });

  it('in the middle of its writes, without a warning: no acknowledged entry is lost, and no size has two roots', async () => {
    const test = await startTestDatabase(); // for what a ledger is made of beside its database
    const home = join(testRunFolder(), `restarted-${randomUUID()}`);
    mkdirSync(home);
    chmodSync(home, 0o711);
    createKeys(join(home, 'keys'));
    server = await startEmbeddedPostgres({ home });
    await migrate(server.ownerUrl);
    const database = new Database({ urls: await provideRoles(home, server.ownerUrl), poolSize: 4 });
    const config = { ...test.config, signingRecord: join(home, 'last-signed.json'), checkpointIntervalMs: 100 };
    const parts = { ...test, database, config, custody: new KeyCustody(join(home, 'keys')) };
    const { ledger } = createAudit(parts);
    await ledger.onApplicationBootstrap();
    const sequencer = createSequencer(parts);
    sequencer.start();
    const acknowledged: LedgerEntryId[] = [];
    let refused = 0;
    let writing = true;
    const write = async (): Promise<void> => {
      while (writing) {
        await append(parts, ledger).then(
          (ids) => acknowledged.push(...ids),
          () => (refused += 1),
        );
        await sleep(5);
      }
    };
    const writers = [write(), write(), write()];
    const until = async (fact: () => boolean | Promise<boolean>): Promise<void> => {
      for (let waited = 0; !(await fact()); waited += 20) {
        if (waited > 30_000) throw new Error('it did not come to that in time');
        await sleep(20);
      }
    };
    const isProven = (id: LedgerEntryId): Promise<boolean> => ledger.proof(id).then((proof) => proof !== null);
    try {
      await until(() => acknowledged.length > 0 && isProven(acknowledged[0] as LedgerEntryId));
      process.kill(server.pid, 'SIGQUIT'); // immediate shutdown: nothing is flushed, recovery at the next start
      await server.ended;
      const before = acknowledged.length;
      server = await startEmbeddedPostgres({ home });
      await until(() => acknowledged.length > before + 20);
      writing = false;
      await Promise.all(writers);
      await until(() => isProven(acknowledged.at(-1) as LedgerEntryId));
      await sequencer.stop();
      expect(refused).toBeGreaterThan(0);
      await expectWhole(parts, ledger, acknowledged);
    } finally {
      writing = false;
      await Promise.all(writers);
      await sequencer.stop();
      await database.close();
      await test.close();
    }
  });
});
