import type { RequestListener } from 'node:http';
import { createAudit } from '@aceso/audit/testing';
import { utf8 } from '@aceso/kernel';
import { configuredWitnesses, ledgerStatus, type Ledger, type WitnessReport } from '@aceso/ledger';
import { parseNote, parseVerifierKey, verifyNote } from '@aceso/ledger/domain';
import { createSequencer } from '@aceso/ledger/testing';
import { sha256, verifyEd25519 } from '@aceso/platform';
import { startTestDatabase, type TestDatabase } from '@aceso/platform/testing';
import { WitnessKit, type NamedWitness } from './testing/witness-kit';

jest.setTimeout(60_000);

let test: TestDatabase;
let restored: TestDatabase;
let ledger: Ledger;
let kit: WitnessKit;
let w1: NamedWitness;

/** A log of two publications that w1 cosigned, and another database under the same origin and key. */
beforeAll(async () => {
  [test, restored] = await Promise.all([startTestDatabase(), startTestDatabase()]);
  for (const database of [test, restored]) await createAudit(database).ledger.onApplicationBootstrap();
  ({ ledger } = createAudit(test));
  kit = new WitnessKit(ledger.verifierKey());
  w1 = await kit.true('w1');
  await grow(test, 20, kit.policy(1, w1));
}, 120_000);
afterAll(async () => {
  await kit.close();
  await Promise.all([test.close(), restored.close()]);
});

async function grow(on: TestDatabase, count: number, witnessPolicy?: string): Promise<void> {
  await on.database.transaction('api', (tx) =>
    createAudit(on).ledger.appendMany(
      tx,
      Array.from({ length: count }, () => ({ kind: 'administration' as const, code: 'key.added' })),
    ),
  );
  const config = { ...on.config, ...(witnessPolicy === undefined ? {} : { witnessPolicy }) };
  const sequencer = createSequencer({ ...on, custody: test.custody, config });
  await sequencer.integrateOnce();
  if (witnessPolicy !== undefined) expect(await sequencer.publishOnce()).toBe(true);
}

const reports = async (on: TestDatabase, witnessPolicy: string): Promise<readonly WitnessReport[]> => {
  const { witnesses } = await on.database.transaction('worker', (tx) =>
    ledgerStatus(tx, {
      ...on.config,
      publicKey: test.custody.ledgerPublicKey(),
      witnesses: configuredWitnesses({ ...on.config, witnessPolicy }),
    }),
  );
  return witnesses;
};
const size = async (on: TestDatabase): Promise<string> =>
  (await on.ownerQuery<{ size: string }>('select max(size) as size from ledger.block'))[0]?.size as string;
const showing =
  (status: number, body: string): RequestListener =>
  (_, response) =>
    void response.writeHead(status).end(body);

it('shows what each witness cosigned last, and why another shows nothing', async () => {
  const genuine = (await ledger.checkpoint())?.text as string;
  const cosigned = await size(test);
  await grow(test, 3); // signed inside and shown to nobody: no reason for an alarm
  const policy = kit.policy(
    1,
    w1,
    await kit.true('w2'),
    kit.dead('w3'),
    { ...kit.dead('w4'), url: 'ftp://w4.example.net' },
    await kit.other('w5', showing(200, 'not a note')),
    await kit.other('w6', showing(200, genuine)),
    await kit.other('w7', showing(500, '')),
  );
  expect(await reports(test, policy)).toMatchObject(
    [
      { witness: 'w1.example.net', url: w1.url, state: 'agrees', size: cosigned, cosignedAt: /^2\d{3}-/ },
      { state: 'shows nothing' },
      { state: 'not reached', code: /./ },
      { state: 'has no address' },
      { state: 'proves nothing', code: 'NOTE_NOT_SIGNED' },
      { state: 'proves nothing', code: 'NOTE_NOT_SIGNED' },
      { state: 'not reached', code: 'HTTP_500' },
    ].map((one) => matching(one)),
  );
});

/** Patterns in place of texts. */
function matching(expected: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(expected).map(([key, value]) => [
      key,
      value instanceof RegExp ? expect.stringMatching(value) : value,
    ]),
  );
}

it('shows both signed checkpoints when the database is an older backup, and when it was forked', async () => {
  const policy = kit.policy(1, w1);
  const theirs = await size(test);
  const expectContradiction = async (kind: string): Promise<string | null> => {
    const [report, ...more] = await reports(restored, policy);
    expect([report, more]).toMatchObject([{ state: 'contradicts', kind }, []]);
    const { theirNote, ownNote } = report as Extract<WitnessReport, { state: 'contradicts' }>;
    const key = parseVerifierKey(ledger.verifierKey(), sha256);
    for (const note of [theirNote, ...(ownNote === null ? [] : [ownNote])]) {
      expect(verifyNote(parseNote(utf8(note)), [key], { verifyEd25519 })).toHaveLength(1);
    }
    return ownNote;
  };
  expect(await expectContradiction('larger tree')).toBeNull(); // nothing is left of it
  await grow(restored, 2);
  expect(await expectContradiction('larger tree')).not.toBeNull();
  await grow(restored, 30);
  expect(BigInt(await size(restored))).toBeGreaterThan(BigInt(theirs));
  await expectContradiction('other tree');
});

it('asks the local witnesses of an instance that names no others, and nobody where none were ever started', () => {
  expect(configuredWitnesses({ home: kit.file('nowhere'), witnessPolicy: undefined })).toEqual([]);
});
