import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { hex, utf8, type LedgerEntryId } from '@aceso/kernel';
import { KeyCustody, PROCESS_SEEDS, sha256, verifyEd25519 } from '@aceso/platform';
import { startTestDatabase, type TestDatabase } from '@aceso/platform/testing';
import {
  parseCheckpoint,
  parseNote,
  parseTrustPolicy,
  verifyOpening,
  verifyReceipt,
  type CommittedEntry,
  type TrustPolicy,
} from './domain';
import type { Sequencer } from './jobs';
import type { Ledger } from './ledger';
import { createLedger, createSequencer, publishAll } from './testing';

jest.setTimeout(60_000);

let test: TestDatabase;
let ledger: Ledger;
let sequencer: Sequencer;
let policy: TrustPolicy;

beforeAll(async () => {
  test = await startTestDatabase();
  ledger = createLedger(test);
  sequencer = createSequencer(test);
  policy = parseTrustPolicy(`log ${ledger.verifierKey()}\nquorum none\n`, sha256);
  await ledger.onApplicationBootstrap();
}, 120_000);
afterAll(() => test.close());

const appendOne = (entry: Partial<Parameters<Ledger['append']>[1]> = {}): Promise<LedgerEntryId> =>
  test.database.transaction('api', (tx) => ledger.append(tx, { kind: 'person', code: 'consent.granted', ...entry }));

it('shows its verifier key without the seed that signs: the api does not hold it', () => {
  const custody = new KeyCustody(join(test.config.home, 'keys'), PROCESS_SEEDS.api);
  expect(createLedger({ ...test, custody }).verifierKey()).toBe(ledger.verifierKey());
  expect(() => custody.serviceSeed('ledger')).toThrow(expect.objectContaining({ code: 'KEY_NOT_HELD' }));
});

const count = async (sql: string, params: readonly unknown[] = []): Promise<number> =>
  Number((await test.ownerQuery<{ n: string }>(`select count(*) as n from ${sql}`, params))[0]?.n);

describe('a receipt', () => {
  it('exists once its entry is in a published checkpoint, and opens for its owner', async () => {
    const subjectId = randomUUID();
    const id = await appendOne({ subjectId, payload: { grant: 'abc' } });
    expect(await ledger.receipt(id)).toBeNull();
    await sequencer.integrateOnce();
    expect(await ledger.receipt(id)).toBeNull();
    await sequencer.publishOnce();
    const receipt = await ledger.receipt(id);
    const verified = verifyReceipt(
      { proof: utf8(receipt?.proof as string), entry: receipt?.entry as Uint8Array },
      policy,
      { sha256, verifyEd25519 },
    );
    expect(verified).toMatchObject({ operatorOnly: true, entry: { form: 'committed', kind: 'person' } });
    const opening = receipt?.opening;
    expect(JSON.parse(opening?.payload as string)).toMatchObject({ code: 'consent.granted', grant: 'abc' });
    verifyOpening(opening as NonNullable<typeof opening>, (verified.entry as CommittedEntry).commitment, sha256);
    expect(await ledger.standingOf(id, subjectId)).toBe('own');
    expect(await ledger.standingOf(id, randomUUID())).toBe('foreign');
  });

  it('is always for the size that its checkpoint names, while the tree grows on', async () => {
    const id = await appendOne();
    await publishAll(sequencer);
    const size = (await ledger.checkpoint())?.size;
    await appendOne();
    await sequencer.integrateOnce();
    const receipt = await ledger.proof(id);
    const verified = verifyReceipt(
      { proof: utf8(receipt?.proof as string), entry: receipt?.entry as Uint8Array },
      policy,
      { sha256, verifyEd25519 },
    );
    expect(verified.checkpoint.size).toBe(size);
  });

  it('leaves a trace each time it is opened', async () => {
    const subjectId = randomUUID();
    const id = await appendOne({ subjectId });
    await publishAll(sequencer);
    await ledger.receipt(id, subjectId);
    await ledger.receipt(id, subjectId);
    const events = "audit.access_event where act = 'ledger.receipt-opened' and subject_id = $1 and actor_id = $1";
    expect(await count(events, [subjectId])).toBe(2);
    expect(await count('platform.key_unwrap where key_owner = $1', [subjectId])).toBe(2);
  });

  it('does not open for another party, and the api sees openings of the acting party only', async () => {
    const subjectId = randomUUID();
    const id = await appendOne({ subjectId });
    await publishAll(sequencer);
    expect(await ledger.receipt(id, randomUUID())).toMatchObject({ opening: null });
    const seenBy = (partyId: string | null) =>
      test.database.transaction('api', async (tx) => {
        if (partyId !== null) await tx.actAs(partyId);
        return tx.query('select distinct subject_id as id from ledger.opening');
      });
    expect(await seenBy(null)).toEqual([]);
    expect(await seenBy(randomUUID())).toEqual([]);
    expect(await seenBy(subjectId)).toEqual([{ id: subjectId }]);
  });

  it('does not exist for an entry that was never made', async () => {
    const id = randomUUID() as LedgerEntryId;
    expect(await ledger.receipt(id)).toBeNull();
    expect(await ledger.proof(id)).toBeNull();
    expect(await ledger.standingOf(id, randomUUID())).toBe('unknown');
  });
});

describe('an entry', () => {
  it('commits and rolls back with its act', async () => {
    let id: LedgerEntryId | undefined;
    const act = test.database.transaction('api', async (tx) => {
      id = await ledger.append(tx, { kind: 'order', code: 'order.funded', subjectId: randomUUID() });
      throw new Error('the act failed');
    });
    await expect(act).rejects.toThrow('the act failed');
    await publishAll(sequencer);
    expect(await ledger.proof(id as LedgerEntryId)).toBeNull();
  });

  it('of nobody is sealed under the key of the instance', async () => {
    const id = await appendOne({ kind: 'administration', code: 'policy.changed' });
    await publishAll(sequencer);
    expect(await ledger.standingOf(id, randomUUID())).toBe('foreign');
    expect(JSON.parse((await ledger.receipt(id))?.opening?.payload as string)).toMatchObject({
      code: 'policy.changed',
    });
  });

  it('shares no eight bytes with another of the same person', async () => {
    const subjectId = randomUUID();
    const ids = await test.database.transaction('api', (tx) =>
      ledger.appendMany(
        tx,
        Array.from({ length: 20 }, () => ({ kind: 'person' as const, code: 'record.opened', subjectId })),
      ),
    );
    await publishAll(sequencer);
    const seen = new Set<string>();
    for (const id of ids) {
      const bytes = hex.encode((await ledger.proof(id))?.entry as Uint8Array).slice(4);
      for (let at = 0; at + 16 <= bytes.length; at += 2) {
        const piece = bytes.slice(at, at + 16);
        expect(seen.has(piece)).toBe(false);
        seen.add(piece);
      }
    }
  });

  it('says nothing in any column of what it commits to', async () => {
    const id = await appendOne({ subjectId: randomUUID(), payload: { secret: 'a-secret-word' } });
    const [row] = await test.ownerQuery<{ text: string }>(
      `select encode(entry, 'escape') || encode(sealed, 'escape') as text from ledger.pending where id = $1`,
      [id],
    );
    expect(row?.text).not.toContain('a-secret-word');
    expect(row?.text).not.toContain('consent');
  });

  it('cannot set the code and time that the ledger sets', async () => {
    await expect(appendOne({ payload: { at: '1970' } })).rejects.toThrow('not so');
    await expect(appendOne({ payload: { code: 'other' } })).rejects.toThrow('not so');
  });

  it('of a new subject is appended by many at once under one key', async () => {
    const subjectId = randomUUID();
    const ledgers = [ledger, createLedger(test), createLedger(test)];
    const ids = await Promise.all(
      Array.from({ length: 12 }, (_, n) =>
        test.database.transaction(n % 2 === 0 ? 'api' : 'worker', (tx) =>
          (ledgers[n % 3] as Ledger).append(tx, { kind: 'person', code: 'x.y', subjectId }),
        ),
      ),
    );
    await publishAll(sequencer);
    expect(await count('ledger.subject_key where subject_id = $1', [subjectId])).toBe(1);
    for (const id of ids) expect((await ledger.receipt(id))?.opening).not.toBeNull();
  });
});

it('the public checkpoint is a note that its verifier key verifies', async () => {
  await appendOne();
  await publishAll(sequencer);
  const checkpoint = await ledger.checkpoint();
  const { text } = parseNote(utf8(checkpoint?.text as string));
  expect(parseCheckpoint(text)).toMatchObject({ origin: test.config.origin, size: checkpoint?.size });
});

it('proofs hold although the database was brought back, below this process, to another history', async () => {
  const restored = await startTestDatabase();
  try {
    const other = createLedger(restored);
    const trust = parseTrustPolicy(`log ${other.verifierKey()}\nquorum none\n`, sha256);
    const crypto = { sha256, verifyEd25519 };
    const proveNew = async (): Promise<void> => {
      const entry = { kind: 'order' as const, code: 'x.y' };
      const ids = await restored.database.transaction('api', (tx) => other.appendMany(tx, [entry, entry, entry]));
      await publishAll(createSequencer(restored));
      for (const id of ids) {
        const receipt = await other.proof(id);
        const proof = utf8(receipt?.proof as string);
        const verified = verifyReceipt({ proof, entry: receipt?.entry as Uint8Array }, trust, crypto);
        expect(verified.checkpoint.size).toBe(4n);
      }
    };
    await proveNew();
    for (const table of ['publication', 'block_signature', 'block', 'tile_run', 'entry', 'opening']) {
      await restored.ownerQuery(`alter table ledger.${table} disable trigger user`);
      await restored.ownerQuery(`delete from ledger.${table}`);
    }
    rmSync(restored.config.signingRecord);
    await proveNew();
  } finally {
    await restored.close();
  }
});

it('proofs of a damaged store are refused, not invented', async () => {
  const damaged = await startTestDatabase();
  try {
    const other = createLedger(damaged);
    const id = await damaged.database.transaction('api', (tx) => other.append(tx, { kind: 'order', code: 'x.y' }));
    await publishAll(createSequencer(damaged));
    await damaged.ownerQuery('alter table ledger.tile_run disable trigger user');
    await damaged.ownerQuery('update ledger.tile_run set start = 3');
    await expect(other.proof(id)).rejects.toMatchObject({ code: 'LEDGER_STORAGE_DAMAGED' });
    await damaged.ownerQuery('delete from ledger.tile_run');
    await expect(other.proof(id)).rejects.toMatchObject({ code: 'LEDGER_STORAGE_DAMAGED' });
  } finally {
    await damaged.close();
  }
});
