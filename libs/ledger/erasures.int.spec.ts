import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { base64, hex, utf8, type LedgerEntryId } from '@aceso/kernel';
import { hmacSha256, Runtime, sha256, verifyEd25519, type Tx } from '@aceso/platform';
import { startTestDatabase, type TestDatabase } from '@aceso/platform/testing';
import {
  commitmentOf,
  consistencyRanges,
  decodeEntry,
  judgeReceipt,
  parseCheckpoint,
  parseNote,
  parseTrustPolicy,
  proofHashes,
  rangeNodes,
  verifyConsistency,
  wasErased,
  withExtra,
  type CommittedEntry,
  type LegalBasis,
  type Opening,
  type TrustPolicy,
} from './domain';
import { loadNodes } from './data/hashes';
import { ERASURE_SUBJECTS_MIN, ERASURE_WAIT_MS_MAX, Erasures } from './erasures';
import { DueErasures, type Sequencer } from './jobs';
import { writeBatch } from './jobs/batch';
import { loadTip } from './jobs/tip';
import type { Ledger, Receipt } from './ledger';
import { createLedger, createSequencer, publishAll } from './testing';

jest.setTimeout(60_000);

const CONSENT: LegalBasis = 'gdpr-17-1-b';

let test: TestDatabase;
let ledger: Ledger;
let sequencer: Sequencer;
let erasures: Erasures;
let policy: TrustPolicy;

beforeAll(async () => {
  test = await startTestDatabase();
  ledger = createLedger(test);
  sequencer = createSequencer(test);
  erasures = new Erasures(test.database, ledger, test.runtime);
  policy = parseTrustPolicy(`log ${ledger.verifierKey()}\nquorum none\n`, sha256);
  await ledger.onApplicationBootstrap();
}, 120_000);
afterAll(() => test.close());

const append = (subjectId: string, count = 1, by = ledger): Promise<LedgerEntryId[]> =>
  test.database.transaction('api', (tx) =>
    by.appendMany(
      tx,
      Array.from({ length: count }, () => ({ kind: 'person' as const, code: 'consent.answered', subjectId })),
    ),
  );
const erase = (...subjectIds: string[]): Promise<LedgerEntryId | null> =>
  test.database.transaction('worker', (tx) =>
    erasures.erase(
      tx,
      subjectIds.map((subjectId) => ({ subjectId, basis: CONSENT })),
    ),
  );
const count = async (sql: string, params: readonly unknown[] = []): Promise<number> =>
  Number((await test.ownerQuery<{ n: string }>(`select count(*) as n from ${sql}`, params))[0]?.n);
const rowsOf = async (subjectId: string): Promise<number[]> => [
  await count('ledger.opening where subject_id = $1', [subjectId]),
  await count('ledger.subject_key where subject_id = $1', [subjectId]),
];
const receiptOf = async (id: LedgerEntryId): Promise<Receipt> => (await ledger.receipt(id)) as Receipt;
const fileOf = ({ proof, entry, opening }: Receipt): Uint8Array =>
  utf8(withExtra(proof, { entry, ...(opening && { opening }) }));
const judge = (receipt: Uint8Array) => judgeReceipt({ receipt, policy }, { sha256, verifyEd25519 });

/** Tables with a row that shows any of these texts: byte strings read as hexadecimal there. */
async function tablesShowing(texts: readonly string[]): Promise<string[]> {
  const tables = await test.ownerQuery<{ name: string }>(
    `select format('%I.%I', schemaname, tablename) as name from pg_tables
      where schemaname not in ('pg_catalog', 'information_schema')`,
  );
  const found: string[] = [];
  for (const { name } of tables) {
    const hits = await count(`${name} t where exists (select from unnest($1::text[]) s where strpos(t::text, s) > 0)`, [
      texts,
    ]);
    if (hits > 0) found.push(name);
  }
  return found;
}

describe('after an erasure', () => {
  it('no table holds salt, payload or key, and what was proven stays proven', async () => {
    const subject = randomUUID();
    const [id] = (await append(subject)) as [LedgerEntryId];
    await publishAll(sequencer);
    const before = await receiptOf(id);
    const { salt, payload } = before.opening as Opening;
    const [stored] = await test.ownerQuery<{ sealed: Buffer; wrapped: Buffer }>(
      'select sealed, wrapped from ledger.opening join ledger.subject_key using (subject_id) where subject_id = $1',
      [subject],
    );
    const secrets = [stored?.sealed, stored?.wrapped].map((bytes) => hex.encode(bytes as Buffer));
    expect((await tablesShowing(secrets)).sort()).toEqual(['ledger.opening', 'ledger.subject_key']);

    const erasure = (await erase(subject)) as LedgerEntryId;
    const plain = [hex.encode(salt), base64.encode(salt), payload, hex.encode(utf8(payload))];
    expect(await tablesShowing([...secrets, ...plain])).toEqual([]);

    expect(judge(fileOf(before))).toMatchObject({ verdict: 'verified', payload });
    expect(await ledger.receipt(id)).toMatchObject({ opening: null });
    expect(await ledger.standingOf(id, subject)).toBe('foreign');
    expect(await ledger.ownReceipts(subject, { limit: 5, opened: true })).toEqual([]);
    await publishAll(sequencer);
    expect(judge(fileOf({ ...before, ...(await ledger.proof(id)) }))).toMatchObject({ verdict: 'verified', payload });
    expect(judge(fileOf(await receiptOf(erasure)))).toMatchObject({ verdict: 'verified', kind: 'erasure' });
  });

  it('a payload of two values is found by trying, with the salt and not without', async () => {
    const subject = randomUUID();
    const [id] = (await append(subject)) as [LedgerEntryId];
    await publishAll(sequencer);
    const { entry, opening } = await receiptOf(id);
    const { salt, payload } = opening as Opening;
    const { commitment } = decodeEntry(entry) as CommittedEntry;
    const guesses = [payload, payload.replace('answered', 'revoked')];
    const found = (saltTried: Uint8Array): string[] =>
      guesses.filter(
        (guess) => hex.encode(commitmentOf({ salt: saltTried, payload: guess }, sha256)) === hex.encode(commitment),
      );
    expect(found(salt)).toEqual([payload]);
    for (const other of [new Uint8Array(32), sha256(utf8(subject)), entry.slice(-32)]) expect(found(other)).toEqual([]);
  });

  it('every older checkpoint is a prefix of every later one', async () => {
    const seen: { size: bigint; root: Uint8Array }[] = [];
    for (let round = 0; round < 4; round += 1) {
      const subject = randomUUID();
      await append(subject, 3 + round);
      await publishAll(sequencer);
      if (round % 2 === 1) await erase(subject);
      await publishAll(sequencer);
      const note = (await ledger.checkpoint())?.text as string;
      seen.push(parseCheckpoint(parseNote(utf8(note)).text));
    }
    const reader = { query: <Row>(sql: string, params?: readonly unknown[]) => test.ownerQuery<Row>(sql, params) };
    for (const [at, from] of seen.entries()) {
      for (const to of seen.slice(at + 1)) {
        const ranges = consistencyRanges(from.size, to.size);
        const proof = proofHashes(ranges, await loadNodes(reader, ranges.flatMap(rangeNodes), sha256), sha256);
        const claim = { oldSize: from.size, oldRoot: from.root, newSize: to.size, newRoot: to.root, proof };
        expect(() => verifyConsistency(claim, sha256)).not.toThrow();
      }
    }
  });

  it('a process that remembers the key makes nothing that could be read', async () => {
    const subject = randomUUID();
    const elsewhere = createLedger(test);
    await append(subject, 1, elsewhere);
    await append(subject, 1, elsewhere); // the key is opened, and kept in memory there
    const waiting = await append(subject, 2, elsewhere);
    await erase(subject);
    const late = [...(await append(subject, 2, elsewhere)), ...(await append(subject, 2)), ...waiting];
    await publishAll(sequencer);
    for (const id of late) expect(await receiptOf(id)).toMatchObject({ opening: null });
    expect(await rowsOf(subject)).toEqual([0, 0]);
  });

  it.each([
    ['a batch is held open while its subject is erased', eraseBesideBatch],
    ['an erasure is held open while a batch begins', batchBesideErasure],
  ])('nothing is left where %s, and old proofs stay valid', async (_, race) => {
    const subject = randomUUID();
    const [old] = (await append(subject)) as [LedgerEntryId];
    await publishAll(sequencer);
    const before = await receiptOf(old);
    const waiting = await append(subject, 3);
    const secrets = await secretsOf(subject);
    expect(secrets).toHaveLength(5); // a key, an opening in the log, and three on their way
    await race(subject);
    expect(await rowsOf(subject)).toEqual([0, 0]);
    sequencer = createSequencer(test); // another one wrote meanwhile
    await publishAll(sequencer);
    expect(await tablesShowing(secrets)).toEqual([]);
    for (const id of [old, ...waiting]) {
      expect(await receiptOf(id)).toMatchObject({ opening: null });
      expect(judge(fileOf(await receiptOf(id)))).toMatchObject({ verdict: 'verified' });
    }
    const { payload } = before.opening as Opening;
    expect(judge(fileOf(before))).toMatchObject({ verdict: 'verified', payload });
    expect(judge(fileOf({ ...before, ...(await ledger.proof(old)) }))).toMatchObject({ verdict: 'verified', payload });
  });

  /** The bytes that must go, hexadecimal. */
  async function secretsOf(subject: string): Promise<string[]> {
    const rows = await test.ownerQuery<{ bytes: Buffer }>(
      `select wrapped as bytes from ledger.subject_key where subject_id = $1 union all
       select sealed from ledger.opening where subject_id = $1 union all
       select sealed from ledger.pending where subject_id = $1`,
      [subject],
    );
    return rows.map(({ bytes }) => hex.encode(bytes));
  }

  /** Holds a transaction open until the other one waits for it, or went by. */
  async function untilWaiting(other: Promise<unknown>): Promise<void> {
    let wentBy = false;
    void other.finally(() => (wentBy = true)).catch(() => undefined);
    while (
      !wentBy &&
      (await count(`pg_locks where not granted and database = (
      select oid from pg_database where datname = current_database())`)) === 0
    ) {
      await sleep(5);
    }
  }

  async function eraseBesideBatch(subject: string): Promise<void> {
    const { runtime, config } = test;
    const tip = await loadTip({ query: (sql, params) => test.ownerQuery(sql, params) }, config.origin);
    let erased: Promise<unknown> = Promise.resolve();
    await test.database.transaction('sequencer', async (batch) => {
      await writeBatch(batch, tip, { origin: config.origin, runtime, afterSeq: 0n });
      erased = erase(subject);
      await untilWaiting(erased);
    });
    expect(await erased).not.toBeNull();
  }

  async function batchBesideErasure(subject: string): Promise<void> {
    let written: Promise<number> = Promise.resolve(0);
    await test.database.transaction('worker', async (tx) => {
      await erasures.erase(tx, [{ subjectId: subject, basis: CONSENT }]);
      written = createSequencer(test).integrateOnce();
      await untilWaiting(written);
    });
    expect(await written).toBeGreaterThanOrEqual(3);
  }

  it('a key that was made at the same moment goes with the next erasure', async () => {
    const subject = randomUUID();
    let erased: Promise<unknown> | undefined;
    await test.database.transaction('api', async (tx) => {
      await ledger.append(tx, { kind: 'person', code: 'x.y', subjectId: subject });
      erased = erase(subject);
      await erased;
    });
    await publishAll(sequencer);
    await erase(randomUUID());
    expect(await rowsOf(subject)).toEqual([0, 0]);
  });

  it('the officer who opens its entry learns what was erased and why, until its date', async () => {
    const [subject, other] = [randomUUID(), randomUUID()];
    const [mine, theirs] = [await append(subject, 3), await append(other, 3)];
    await publishAll(sequencer);
    const erasure = (await erase(subject)) as LedgerEntryId;
    await publishAll(sequencer);
    const said = JSON.parse((await receiptOf(erasure)).opening?.payload as string) as Record<string, string>;
    const [row] = await test.ownerQuery<{ leaves: Buffer; root: Buffer }>(
      'select leaves, root from ledger.erasure where id = $1',
      [said['erasure']],
    );
    expect(said).toMatchObject({ code: 'erasure.executed', bases: [CONSENT], entries: 3 });
    expect(base64.encode(row?.root as Buffer)).toBe(said['root']);
    const list = { leaves: row?.leaves as Uint8Array, seed: base64.decode(said['seed'] as string) };
    const basisOf = async (id: LedgerEntryId) => wasErased((await receiptOf(id)).index, list, { sha256, hmacSha256 });
    for (const id of mine) expect(await basisOf(id)).toBe(CONSENT);
    for (const id of theirs) expect(await basisOf(id)).toBeUndefined();

    await test.ownerQuery('alter table ledger.erasure disable trigger user');
    await test.ownerQuery('update ledger.erasure set open_until = current_date where id = $1', [said['erasure']]);
    await test.ownerQuery('alter table ledger.erasure enable trigger user');
    expect(await new DueErasures(erasures).find()).toMatchObject([{ topic: 'ledger.erase', payload: {} }]);
    const entries = await count('ledger.pending');
    await erasures.run();
    expect(await count('ledger.pending')).toBe(entries);
    expect(await receiptOf(erasure)).toMatchObject({ opening: null });
    expect(await rowsOf(said['erasure'] as string)).toEqual([0, 0]);
    expect(await new DueErasures(erasures).find()).toEqual([]);
  });
});

describe('an erasure', () => {
  it('again changes nothing, and says nothing', async () => {
    const subject = randomUUID();
    await append(subject);
    await publishAll(sequencer);
    expect(await erase(subject)).not.toBeNull();
    expect(await erase(subject)).toBeNull();
  });

  it('rolls back with its act', async () => {
    const subject = randomUUID();
    const [id] = (await append(subject)) as [LedgerEntryId];
    await publishAll(sequencer);
    const act = test.database.transaction('worker', async (tx) => {
      await erasures.erase(tx, [{ subjectId: subject, basis: CONSENT }]);
      throw new Error('the act failed');
    });
    await expect(act).rejects.toThrow('the act failed');
    expect((await receiptOf(id)).opening).not.toBeNull();
  });

  it('takes along what other contexts store, in its transaction', async () => {
    const own = new Erasures(test.database, ledger, test.runtime);
    const told: string[][] = [];
    own.alsoForget(async (tx, ids) => {
      expect(tx.role).toBe('worker');
      told.push([...ids]);
    });
    const subject = randomUUID();
    await test.database.transaction('worker', (tx) => own.erase(tx, [{ subjectId: subject, basis: CONSENT }]));
    expect(told).toEqual([[subject]]);
  });

  it('waits for others, or for a day, and comes as one entry', async () => {
    const clock = { ahead: 0 };
    const later = new Erasures(test.database, ledger, new Runtime({ clock: () => Date.now() + clock.ahead }));
    const subjects = Array.from({ length: ERASURE_SUBJECTS_MIN + 1 }, () => randomUUID());
    const [first, ...others] = subjects as [string, ...string[]];
    const request = (...ids: string[]): Promise<void> =>
      test.database.transaction('worker', (tx) =>
        later.request(
          tx,
          ids.map((subjectId, at) => ({ subjectId, basis: at % 2 === 0 ? CONSENT : 'gdpr-17-1-a' })),
        ),
      );
    const work = new DueErasures(later);
    const made = (): Promise<number> => count('ledger.erasure');
    const before = await made();
    for (const subject of subjects) await append(subject);
    await publishAll(sequencer);
    await request(first);
    await request(first);
    expect(await work.find()).toEqual([]);
    await later.run();
    expect(await rowsOf(first)).toEqual([1, 1]);
    clock.ahead = ERASURE_WAIT_MS_MAX;
    expect(await work.find()).toMatchObject([{ topic: 'ledger.erase' }]);
    await later.run();
    expect(await rowsOf(first)).toEqual([0, 0]);
    clock.ahead = 0;
    await request(...others);
    await Promise.all([later.run(), later.run()]);
    for (const subject of others) expect(await rowsOf(subject)).toEqual([0, 0]);
    expect(await made()).toBe(before + 2);
    expect(await count('ledger.awaiting_erasure')).toBe(0);
  });
});

describe('the database lets no opening go', () => {
  const tombstone = `insert into ledger.erased_subject (subject_id, erasure_id) values ($1, $2)`;
  const insertErasure = `insert into ledger.erasure (id, entry_id, leaves, root, open_until)
    values ($1, $2, '', sha256(''), current_date + 1)`;
  const asWorker = (use: (tx: Tx) => Promise<unknown>): Promise<unknown> => test.database.transaction('worker', use);

  it.each(['ledger.opening', 'ledger.subject_key'])('of %s without an erasure, whoever asks', async (table) => {
    const subject = randomUUID();
    await append(subject);
    await publishAll(sequencer);
    const sql = `delete from ${table} where subject_id = $1`;
    await expect(test.ownerQuery(sql, [subject])).rejects.toThrow('with an erasure only');
    await expect(test.ownerQuery(`truncate ${table}`)).rejects.toThrow('append-only');
    for (const role of ['api', 'sequencer', 'vault'] as const) {
      await expect(test.database.query(role, sql, [subject])).rejects.toThrow('permission denied');
    }
    await test.database.query('worker', sql, [subject]).catch(() => undefined);
    expect(await rowsOf(subject)).toEqual([1, 1]);
  });

  it('for an erasure that the log does not show', async () => {
    const subject = randomUUID();
    const act = asWorker(async (tx) => {
      const id = randomUUID();
      await tx.execute(tombstone, [subject, id]);
      await tx.execute(insertErasure, [id, randomUUID()]);
    });
    await expect(act).rejects.toThrow('an erasure is an entry of the log');
    await expect(asWorker((tx) => tx.execute(tombstone, [subject, randomUUID()]))).rejects.toThrow('foreign key');
  });

  it('for an erasure that was logged before', async () => {
    await erase(randomUUID());
    const [row] = await test.ownerQuery<{ id: string }>('select id from ledger.erasure limit 1');
    const of = (subject: string) => asWorker((tx) => tx.execute(tombstone, [subject, row?.id]));
    await expect(of(randomUUID())).rejects.toThrow('of the same transaction');
    await expect(of(row?.id as string)).rejects.toThrow('of the same transaction');
  });

  it('of the instance itself, ever', async () => {
    await expect(erase('00000000-0000-0000-0000-000000000000')).rejects.toThrow('erased_subject_subject_id_check');
  });

  it.each(['api', 'sequencer', 'vault'] as const)('through role %s', async (role) => {
    for (const sql of [tombstone, insertErasure]) {
      await expect(test.database.query(role, sql, [randomUUID(), randomUUID()])).rejects.toThrow('permission denied');
    }
  });
});
