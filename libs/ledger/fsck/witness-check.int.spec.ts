import { writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { ed25519PublicKey, ed25519Signer, sha256 } from '@aceso/platform';
import { startTestDatabase, type TestDatabase } from '@aceso/platform/testing';
import { Client } from 'pg';
import {
  cosign,
  formatSignatureLine,
  formatVerifierKey,
  KEY_TYPE,
  parseAddCheckpoint,
  verifierKey,
  type VerifierKey,
} from '../domain';
import { createSequencer } from '../testing';
import { fsckLedger } from '.';

jest.setTimeout(120_000);

const SEED = new Uint8Array(32).fill(3);
const keyOf = (name: string, seed: Uint8Array): VerifierKey =>
  verifierKey({ name, type: KEY_TYPE.cosignature, publicKey: ed25519PublicKey(seed) }, sha256);
const W1 = keyOf('w1.example.net', SEED);
const W2 = keyOf('w2.example.net', new Uint8Array(32).fill(4));

let test: TestDatabase;
let witnesses: Server;
let owner: Client;

/** Three publications: one witness cosigns whatever it is sent, the other claims a tree that nobody has seen. */
beforeAll(async () => {
  witnesses = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    if (request.method !== 'POST') return void response.writeHead(404).end();
    if (request.url?.startsWith('/w2')) return void response.writeHead(409).end('1000000\n');
    const { text } = parseAddCheckpoint(Buffer.concat(chunks)).note;
    response.end(formatSignatureLine({ ...W1, signature: cosign(text, 1_700_000_000n, ed25519Signer(SEED)) }));
  });
  await new Promise<void>((resolve) => witnesses.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(witnesses.address() as AddressInfo).port}`;
  test = await startTestDatabase();
  const witnessPolicy = join(test.config.home, 'witness.policy');
  const lines = [W1, W2].map((key, at) => `witness w${at + 1} ${formatVerifierKey(key)} ${url}/w${at + 1}\n`);
  writeFileSync(witnessPolicy, `${lines.join('')}quorum w1\n`);
  const sequencer = createSequencer({ ...test, config: { ...test.config, witnessPolicy } });
  await sequencer.integrateOnce();
  for (let round = 0; round < 3; round += 1) {
    await test.ownerQuery(`insert into ledger.pending (id, entry, subject_id, sealed) values
      (gen_random_uuid(), decode(repeat('0102', 41), 'hex'), '00000000-0000-0000-0000-000000000000', '\\x00')`);
    await sequencer.integrateOnce();
    await sequencer.publishOnce();
  }
  owner = new Client({ connectionString: test.ownerUrl });
  await owner.connect();
}, 120_000);
afterAll(async () => {
  await owner.end();
  await test.close();
  await new Promise((resolve) => witnesses.close(resolve));
});

/** What fsck finds after a superuser's edit, which is taken back. */
async function findingsAfter(edit: string): Promise<string[]> {
  await owner.query("begin; set local session_replication_role = 'replica'");
  try {
    await owner.query(edit);
    const reader = {
      query: async <Row>(sql: string, params: readonly unknown[] = []) =>
        (await owner.query(sql, [...params])).rows as Row[],
    };
    const { origin } = test.config;
    const report = await fsckLedger(reader, { origin, publicKey: test.custody.ledgerPublicKey() });
    return report.findings.map(({ table, key }) => `${table} ${key}`);
  } finally {
    await owner.query('rollback');
  }
}

const COSIGNATURE = ['ledger.cosignature height 2, w1.example.net'];
const EVIDENCE = ['ledger.fork_evidence id 1'];
it.each([
  ['nothing', 'select 1', []],
  [
    'a cosignature that was changed',
    'update ledger.cosignature set signature = set_byte(signature, 30, get_byte(signature, 30) # 1) where height = 2',
    COSIGNATURE,
  ],
  ['a cosignature that was deleted', 'delete from ledger.cosignature where height = 2', COSIGNATURE],
  ['all cosignatures deleted', 'delete from ledger.cosignature where height >= 2', COSIGNATURE],
  ['evidence with another size', 'update ledger.fork_evidence set own_size = own_size + 1', EVIDENCE],
  ['evidence with another text', `update ledger.fork_evidence set own_note = 'x'`, EVIDENCE],
  ['evidence that was invented', 'update ledger.fork_evidence set their_note = own_note', EVIDENCE],
])('fsck finds %s', async (_, edit, expected) => expect(await findingsAfter(edit)).toEqual(expected));

it('reads what witnesses said under the role of the worker', async () => {
  const { origin } = test.config;
  const publicKey = test.custody.ledgerPublicKey();
  const report = await test.database.transaction('worker', (tx) => fsckLedger(tx, { origin, publicKey }));
  expect(report.findings).toEqual([]);
  expect(report.checks).toContain('witnesses');
});
