import { rmSync, writeFileSync } from 'node:fs';
import type { RequestListener, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { createAudit } from '@aceso/audit/testing';
import { utf8, type LedgerEntryId } from '@aceso/kernel';
import type { Ledger } from '@aceso/ledger';
import {
  cosign,
  formatSignatureLine,
  parseAddCheckpoint,
  parseCheckpoint,
  parseNote,
  parseTrustPolicy,
  parseVerifierKey,
  verifyNote,
  verifyReceipt,
} from '@aceso/ledger/domain';
import { Sequencer, type SequencerStep } from '@aceso/ledger/jobs';

import { createSequencer, publishAll } from '@aceso/ledger/testing';
import { ed25519Signer, sha256, verifyEd25519 } from '@aceso/platform';
import { startTestDatabase, type TestDatabase } from '@aceso/platform/testing';
import { seedOf, WitnessKit, type NamedWitness } from './testing/witness-kit';

jest.setTimeout(120_000);

let test: TestDatabase;
let ledger: Ledger;
let kit: WitnessKit;

beforeEach(async () => {
  test = await startTestDatabase();
  ({ ledger } = createAudit(test));
  await ledger.onApplicationBootstrap();
  kit = new WitnessKit(ledger.verifierKey());
}, 120_000);
afterEach(async () => {
  await kit.close();
  await test.close();
});

const under = (witnessPolicy: string, changes: Partial<TestDatabase['config']> = {}): TestDatabase => ({
  ...test,
  config: { ...test.config, ...changes, witnessPolicy },
});
const append = (count: number, database = test.database): Promise<LedgerEntryId[]> =>
  database.transaction('api', (tx) =>
    ledger.appendMany(
      tx,
      Array.from({ length: count }, () => ({ kind: 'administration' as const, code: 'key.added' })),
    ),
  );
/** Adds a block and tries to publish it. */
const publish = async (sequencer: Sequencer, database = test.database): Promise<boolean> => {
  await append(1, database);
  await sequencer.integrateOnce();
  return sequencer.publishOnce();
};
const cosigners = async (): Promise<string[]> =>
  parseNote(utf8((await ledger.checkpoint())?.text as string))
    .signatures.slice(1)
    .map(({ name }) => name);
const evidence = (database = test): Promise<Record<string, string | null>[]> =>
  database.ownerQuery(
    'select witness, kind, own_size, own_note, their_size, their_note from ledger.fork_evidence order by id',
  );
const until = async (fact: () => Promise<boolean>): Promise<void> => {
  for (let waited = 0; waited < 30_000; waited += 50) {
    if (await fact()) return;
    await sleep(50);
  }
  throw new Error('it did not come to that in time');
};

describe('a checkpoint', () => {
  it('is published with the cosignatures of its witnesses, which are kept', async () => {
    const witnesses = [await kit.true('w1'), await kit.true('w2')];
    const sequencer = createSequencer(under(kit.policy(2, ...witnesses)));
    const [id] = await append(1);
    for (let round = 0; round < 3; round += 1) expect(await publish(sequencer)).toBe(true);
    expect(await sequencer.publishOnce()).toBe(false);
    expect((await cosigners()).sort()).toEqual(['w1.example.net', 'w2.example.net']);
    const policy = parseTrustPolicy(kit.policyText(2, witnesses), sha256);
    const receipt = await ledger.proof(id as LedgerEntryId);
    const verified = verifyReceipt(
      { proof: utf8(receipt?.proof as string), entry: receipt?.entry as Uint8Array },
      policy,
      { sha256, verifyEd25519 },
    );
    expect([verified.operatorOnly, verified.witnessedAt.length]).toEqual([false, 2]);
    expect(await test.ownerQuery('select height from ledger.cosignature')).toHaveLength(6);
    expect(await evidence()).toEqual([]);
  });

  it('stays inside until enough of them cosign, and then the newest is published', async () => {
    const [here, later] = [await kit.true('w1'), await kit.true('w2')];
    await later.close();
    const away = createSequencer(under(kit.policy(2, here, later)));
    await append(3);
    expect(await publish(away)).toBe(false);
    expect(await publish(away)).toBe(false);
    expect(await ledger.checkpoint()).toBeNull();
    const back = await kit.true('w2');
    const sequencer = createSequencer(under(kit.policy(2, here, back)));
    // What w1 cosigned is kept: it is not asked again.
    await here.close();
    expect(await sequencer.publishOnce()).toBe(true);
    expect((await cosigners()).sort()).toEqual(['w1.example.net', 'w2.example.net']);
  });

  it('is published without witnesses under quorum none, and where no policy is given', async () => {
    writeFileSync(kit.file('none'), 'quorum none\n');
    expect(await publish(createSequencer(under(kit.file('none'))))).toBe(true);
    expect(await publish(createSequencer(test))).toBe(true);
    expect(await cosigners()).toEqual([]);
  });

  it.each([
    ['is not there', 'WITNESS_POLICY_UNREADABLE', () => kit.file('nowhere')],
    ['is malformed', 'TRUST_POLICY_MALFORMED', () => (writeFileSync(kit.file('bad'), 'quorum'), kit.file('bad'))],
    [
      'names too few witnesses with an address',
      'TRUST_POLICY_MALFORMED',
      () => kit.policy(2, kit.dead('w1'), { ...kit.dead('w2'), url: 'ftp://w2.example.net' }),
    ],
  ])('stays inside when the policy %s', async (_, code, policy) => {
    await expect(publish(createSequencer(under(policy())))).rejects.toMatchObject({ code });
    expect(await ledger.checkpoint()).toBeNull();
  });
});

describe('beside a true witness, one that', () => {
  const text = (status: number, body: string, type = 'text/plain'): RequestListener => {
    return (request, response) => {
      request.resume();
      response.writeHead(status, { 'content-type': type }).end(body);
    };
  };
  /** Reads the request and signs what it is told to. */
  const signing =
    (name: string, seed: Uint8Array, sign: (text: string) => string): RequestListener =>
    async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      if (request.method !== 'POST') return void response.writeHead(404).end();
      const { note } = parseAddCheckpoint(Buffer.concat(chunks));
      const key = parseVerifierKey(kit.dead(name).verifierKey, sha256);
      const signature = cosign(sign(note.text), 1_700_000_000n, ed25519Signer(seed));
      response.end(formatSignatureLine({ name: key.name, keyId: key.keyId, signature }));
    };
  const endless: RequestListener = (request, response) => {
    request.resume();
    const more = (to: ServerResponse): void =>
      void (to.write('x'.repeat(10_000)) ? setImmediate(more, to) : to.once('drain', () => more(to)));
    response.on('error', () => undefined);
    more(response);
  };

  it.each([
    ['answers 429', () => text(429, '')],
    ['answers 500', () => text(500, 'no')],
    ['answers 404', () => text(404, '')],
    ['answers 403', () => text(403, '')],
    ['sends elsewhere', () => ((_, response) => response.writeHead(302, { location: '/' }).end()) as RequestListener],
    ['answers 200 with nothing', () => text(200, '')],
    ['answers 200 with something else', () => text(200, 'ok\n')],
    ['answers without end', () => endless],
    ['answers 409 without a size', () => text(409, '')],
    ['hangs up', () => ((request) => request.destroy()) as RequestListener],
    ['signs another text', () => signing('w2', seedOf('w2.example.net'), (note) => `${note}more\n`)],
    ['signs with another key', () => signing('w2', seedOf('x'), (note) => note)],
    ['answers with the line of a stranger', () => signing('w3', seedOf('w3.example.net'), (note) => note)],
  ])('%s changes nothing', async (_, listener) => {
    const policy = kit.policy(1, await kit.true('w1'), await kit.other('w2', listener()));
    const sequencer = createSequencer(under(policy));
    expect(await publish(sequencer)).toBe(true);
    expect(await publish(sequencer)).toBe(true);
    expect(await cosigners()).toEqual(['w1.example.net']);
    expect(await evidence()).toEqual([]);
    const both = kit.policy(2, await kit.true('w1', 'w1b'), await kit.other('w2', listener()));
    expect(await publish(createSequencer(under(both)))).toBe(false);
  });

  it('signs rightly is counted', async () => {
    const listener = signing('w2', seedOf('w2.example.net'), (note) => note);
    const policy = kit.policy(2, await kit.true('w1'), await kit.other('w2', listener));
    expect(await publish(createSequencer(under(policy)))).toBe(true);
    expect(await cosigners()).toHaveLength(2);
  });

  it('is dead changes nothing', async () => {
    const sequencer = createSequencer(under(kit.policy(1, kit.dead('w2'), await kit.true('w1'))));
    expect(await publish(sequencer)).toBe(true);
  });

  it.each([
    ['claims a larger tree', 'larger tree', () => text(409, '1000000\n', 'text/x.tlog.size')],
    ['refuses a proof that is right', 'refused proof', () => text(422, '')],
  ])('%s without showing it is noted once, and no reason to stop', async (_, kind, listener) => {
    const sequencer = createSequencer(under(kit.policy(1, await kit.true('w1'), await kit.other('w2', listener()))));
    for (let round = 0; round < 3; round += 1) expect(await publish(sequencer)).toBe(true);
    const [row, ...more] = await evidence();
    expect(row).toMatchObject({ witness: 'w2.example.net', kind, their_note: null });
    expect(more).toEqual([]);
  });

  it('is slow holds up neither the batches nor, for long, the publication', async () => {
    const silent = await kit.other('w2', (request) => void request.resume());
    const fast = under(kit.policy(1, silent, await kit.true('w1')), { checkpointIntervalMs: 100 });
    const sequencer = createSequencer(fast);
    const blocks = async (): Promise<number> => (await test.ownerQuery('select from ledger.block')).length;
    sequencer.start();
    try {
      await until(async () => (await blocks()) > 0);
      for (let batch = 0; batch < 4; batch += 1) {
        const before = await blocks();
        await append(1);
        await until(async () => (await blocks()) > before);
      }
      expect(await ledger.checkpoint()).toBeNull(); // still being witnessed, while five blocks were written
      await until(async () => (await ledger.checkpoint()) !== null);
      expect(await cosigners()).toEqual(['w1.example.net']);
    } finally {
      await sequencer.stop();
    }
  });
});

describe('a witness that is behind', () => {
  it('gets the proof that it needs, however far behind it is', async () => {
    const first = await kit.true('w1');
    for (let round = 0; round < 3; round += 1) {
      await append(100);
      expect(await publish(createSequencer(under(kit.policy(1, first))))).toBe(true);
    }
    await first.close();
    // It lost its memory, and then the one who asks loses its own: both are told by 409.
    rmSync(kit.file('w1/witness.lock'), { force: true });
    const [folder] = await test.ownerQuery<{ origin: string }>(
      `select encode(sha256(convert_to($1, 'utf8')), 'hex') as origin`,
      [test.config.origin],
    );
    rmSync(kit.file(`w1/${folder?.origin}`), { recursive: true });
    const again = await kit.true('w1');
    const sequencer = createSequencer(under(kit.policy(1, again)));
    expect(await publish(sequencer)).toBe(true);
    expect(await publish(sequencer)).toBe(true);
  });

  it('was asked by another sequencer meanwhile: no reason for an alarm', async () => {
    const policy = kit.policy(1, await kit.true('w1'));
    const one = createSequencer(under(policy));
    await publish(one);
    for (let round = 0; round < 3; round += 1) {
      await append(2);
      await publishAll(createSequencer(under(policy)));
      await append(2);
      await createSequencer(test).integrateOnce();
      expect(await one.publishOnce()).toBe(true);
    }
    expect(await evidence()).toEqual([]);
  });
});

describe('a log with a second history', () => {
  let restored: TestDatabase;
  beforeEach(async () => {
    restored = await startTestDatabase(); // another database under the same origin and key: what a restore leaves
    await createAudit(restored).ledger.onApplicationBootstrap();
  }, 120_000);
  afterEach(() => restored.close());

  it.each(['w1 alone', 'w1 beside a witness that forgot'])('is found out by %s, with both checkpoints', async (who) => {
    const w1 = await kit.true('w1');
    await append(20);
    expect(await publish(createSequencer(under(kit.policy(1, w1))))).toBe(true);
    const genuine = (await ledger.checkpoint())?.text as string;

    const forgetful = who === 'w1 alone' ? [] : [await kit.true('w2')];
    const config = { ...restored.config, witnessPolicy: kit.policy(1, w1, ...forgetful) };
    const sequencer = createSequencer({ ...restored, custody: test.custody, config });
    // Smaller than what the witness knows: an older backup.
    await expect(publish(sequencer, restored.database)).rejects.toMatchObject({
      code: 'LEDGER_ROLLED_BACK',
      message: expect.stringContaining('Restore the newest database backup'),
    });
    // Grown beyond it: a fork.
    await append(30, restored.database);
    await expect(publish(sequencer, restored.database)).rejects.toMatchObject({ code: 'LEDGER_FORKED' });
    await expect(publish(sequencer, restored.database)).rejects.toMatchObject({ code: 'LEDGER_FORKED' });
    expect(await restored.ownerQuery('select from ledger.publication')).toEqual([]);

    const found = await evidence(restored);
    expect(found.map(({ kind, witness }) => [kind, witness])).toEqual([
      ['larger tree', 'w1.example.net'],
      ['other tree', 'w1.example.net'],
    ]);
    const key = parseVerifierKey(ledger.verifierKey(), sha256);
    for (const { own_note, their_note, their_size } of found) {
      const notes = [own_note, their_note].map((note) => parseNote(utf8(note as string)));
      for (const note of notes) expect(verifyNote(note, [key], { verifyEd25519 })).toHaveLength(1);
      expect(parseCheckpoint(notes[1]?.text as string).size).toBe(BigInt(their_size as string));
      expect(notes[1]?.text).toBe(parseNote(utf8(genuine)).text);
    }
  });

  it('keeps cosignatures and evidence where nobody changes them', async () => {
    await publish(createSequencer(under(kit.policy(1, await kit.true('w1')))));
    for (const table of ['cosignature', 'fork_evidence']) {
      await expect(test.ownerQuery(`truncate ledger.${table}`)).rejects.toThrow('append-only');
      for (const role of ['sequencer', 'worker', 'api'] as const) {
        await expect(test.database.query(role, `delete from ledger.${table}`)).rejects.toThrow('permission denied');
      }
      await expect(test.database.query('vault', `select from ledger.${table}`)).rejects.toThrow('permission denied');
    }
    await expect(test.ownerQuery('delete from ledger.cosignature')).rejects.toThrow('append-only');
  });
});

it('a crash behind the cosignatures loses none of them', async () => {
  class Crashing extends Sequencer {
    protected override reached(step: SequencerStep): void {
      if (step === 'witnessed') throw new Error('crashed behind witnessed');
    }
  }
  const witnesses: (NamedWitness & { close(): Promise<void> })[] = [await kit.true('w1'), await kit.true('w2')];
  const { database, runtime, custody, config, logger } = under(kit.policy(2, ...witnesses));
  const crashing = new Crashing(database, runtime, custody, config, logger);
  await expect(publish(crashing)).rejects.toThrow('crashed behind witnessed');
  expect(await ledger.checkpoint()).toBeNull();
  for (const witness of witnesses) await witness.close();
  expect(await createSequencer({ ...test, config }).publishOnce()).toBe(true);
  expect(await cosigners()).toHaveLength(2);
});
