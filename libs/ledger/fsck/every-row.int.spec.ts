import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { ed25519PublicKey, ed25519Signer, sha256 } from '@aceso/platform';
import { startTestDatabase, type TestDatabase } from '@aceso/platform/testing';
import { cosign, formatSignatureLine, formatVerifierKey, KEY_TYPE, parseAddCheckpoint, verifierKey } from '../domain';
import { Erasures } from '../erasures';
import { createLedger, createSequencer, PlainKeyUseLog, publishAll } from '../testing';
import { fsckLedger, openingsCheck } from '.';

jest.setTimeout(120_000);

/** What nothing in the database vouches for, and why no promise of the ledger hangs on it. */
const NOT_COMMITTED: Readonly<Record<string, readonly string[]>> = {
  'times of rows: blocks have their own, in their headers (ADR 12)': [
    'anchor.sent_at',
    'anchor_outcome.decided_at',
    'awaiting_erasure.since',
    'block.written_at',
    'block_signature.signed_at',
    'cosignature.received_at',
    'erasure.erased_at',
    'fork_evidence.seen_at',
    'publication.published_at',
    'subject_key.created_at',
  ],
  'only the chain knows: `aceso anchor verify`': [
    'anchor.after_block',
    'anchor.transaction',
    'anchor_outcome row',
    'anchor_outcome.block_hash',
    'anchor_outcome.block_number',
    'anchor_outcome.transaction',
  ],
  'wishes, not acts: their deletion is the entry of an erasure': [
    'awaiting_erasure row',
    'awaiting_erasure.subject_id',
  ],
  'what is held against the log: the witness has its own copy, and without it there is its word only': [
    'fork_evidence row',
    'fork_evidence.their_size',
    'fork_evidence.witness',
  ],
  'looked at within its transaction only': ['erasure.transaction_id'],
  'not in the log yet: who acted holds the id of the entry': ['pending row'],
};

interface Column {
  readonly table: string;
  readonly column: string;
  readonly type: string;
}

let test: TestDatabase;
let witness: Server;
let columns: Column[];

/** A log with a row in every table: witnessed, contradicted, anchored, with one subject erased and one who waits for it. */
beforeAll(async () => {
  test = await startTestDatabase();
  const ledger = createLedger(test);
  await ledger.onApplicationBootstrap();
  const sequencer = createSequencer({ ...test, config: { ...test.config, witnessPolicy: await startWitness() } });
  const erasures = new Erasures(test.database, ledger, test.runtime);
  const subjects = [randomUUID(), randomUUID(), randomUUID()] as const;
  for (let round = 0; round < 3; round += 1) {
    await test.database.transaction('worker', (tx) =>
      ledger.appendMany(
        tx,
        [...subjects, undefined].map((subjectId) => ({ kind: 'person', code: 'a.b', ...(subjectId && { subjectId }) })),
      ),
    );
    if (round < 2) await publishAll(sequencer);
    if (round === 0) {
      await test.database.transaction('worker', (tx) =>
        erasures.erase(tx, [{ subjectId: subjects[0], basis: 'gdpr-17-1-b' }]),
      );
    }
  }
  await test.database.transaction('worker', (tx) =>
    erasures.request(tx, [{ subjectId: subjects[1], basis: 'gdpr-17-1-b' }]),
  );
  await test.ownerQuery(`insert into ledger.anchor (chain_id, contract, number, height, size, root, checkpoint_hash,
      transaction, after_block, sent_at)
    select 1, decode(repeat('ab', 20), 'hex'), row_number() over (order by height) - 1, height, size, root,
      sha256(convert_to(text, 'UTF8')), sha256(root), 7, now() from ledger.block join ledger.publication using (height)`);
  await test.ownerQuery(`insert into ledger.anchor_outcome (chain_id, contract, number, outcome, transaction,
      block_number, block_hash)
    select chain_id, contract, number, 'final', transaction, 9, sha256(transaction) from ledger.anchor`);
  columns = await test.ownerQuery<Column>(
    `select table_name as table, column_name as column, data_type as type from information_schema.columns
      join information_schema.tables using (table_schema, table_name)
     where table_schema = 'ledger' and table_type = 'BASE TABLE' order by table_name, ordinal_position`,
  );
  for (const table of tables()) {
    await test.ownerQuery(`alter table ledger.${table} disable trigger all`);
    await test.ownerQuery(`create table public.kept_${table} as table ledger.${table}`);
    expect([table, (await test.ownerQuery(`select from ledger.${table}`)).length > 0]).toEqual([table, true]);
  }
}, 120_000);
afterAll(async () => {
  await test.close();
  await new Promise((resolve) => witness.close(resolve));
});

const tables = (): string[] => [...new Set(columns.map(({ table }) => table))];

/** One that cosigns whatever it is sent, and one that claims what nobody has seen; the path of their policy. */
async function startWitness(): Promise<string> {
  const seed = new Uint8Array(32).fill(3);
  const keyOf = (name: string, from: Uint8Array) =>
    verifierKey({ name, type: KEY_TYPE.cosignature, publicKey: ed25519PublicKey(from) }, sha256);
  const key = keyOf('w1.example.net', seed);
  witness = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    if (request.method !== 'POST') return void response.writeHead(404).end();
    if (request.url?.startsWith('/w2')) return void response.writeHead(409).end('1000000\n');
    const { text } = parseAddCheckpoint(Buffer.concat(chunks)).note;
    response.end(formatSignatureLine({ ...key, signature: cosign(text, 1_700_000_000n, ed25519Signer(seed)) }));
  });
  await new Promise<void>((resolve) => witness.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(witness.address() as AddressInfo).port}`;
  const file = join(test.config.home, 'two.policy');
  const liar = formatVerifierKey(keyOf('w2.example.net', new Uint8Array(32).fill(4)));
  writeFileSync(file, `witness w1 ${formatVerifierKey(key)} ${url}/w1\nwitness w2 ${liar} ${url}/w2\nquorum w1\n`);
  return file;
}

async function findings(): Promise<string[]> {
  const { database, runtime, custody, config } = test;
  const { findings: found } = await database.transaction('worker', (tx) =>
    fsckLedger(tx, {
      origin: config.origin,
      publicKey: custody.ledgerPublicKey(),
      signingRecord: config.signingRecord,
      checks: [openingsCheck({ database, runtime, custody, keyUseLog: new PlainKeyUseLog() })],
    }),
  );
  return found.map(({ table }) => table);
}

/** Another value of the type, from the old one. */
function changed({ column, type }: Column): string {
  const name = `"${column}"`;
  switch (type) {
    case 'bytea':
      return `set_byte(${name}, octet_length(${name}) / 2, get_byte(${name}, octet_length(${name}) / 2) # 1)`;
    case 'uuid':
      return 'gen_random_uuid()';
    case 'text':
      return `${name} || 'x'`;
    case 'date':
      return `${name} + 1`;
    case 'timestamp with time zone':
      return `${name} + interval '1 day'`;
    case 'xid8':
      return `'1'::xid8`;
    default:
      return `${name} + 1`;
  }
}

/** True when an edit is found, or changes nothing, or cannot even be made. */
async function isFound(table: string, sql: string): Promise<boolean> {
  const made = await test.ownerQuery(`${sql} returning 1`).catch(() => []);
  if (made.length === 0) return true;
  try {
    return (await findings()).length > 0;
  } finally {
    await test.ownerQuery(`delete from ledger.${table}`);
    await test.ownerQuery(`insert into ledger.${table} overriding system value select * from public.kept_${table}`);
  }
}

it('finds nothing wrong before anything is touched', async () => expect(await findings()).toEqual([]));

it('names every table of which a superuser changes any column of a row, or deletes a row', async () => {
  const missed: string[] = [];
  for (const table of tables()) {
    // The newest row, which the fewest others hang on; of an entry without opening nothing tells the id.
    const which = table === 'entry' ? 'index in (select index from ledger.opening)' : 'true';
    const last = `(select max(ctid) from ledger.${table} where ${which})`;
    if (!(await isFound(table, `delete from ledger.${table} where ctid = ${last}`))) missed.push(`${table} row`);
    for (const column of columns.filter((one) => one.table === table)) {
      const name = `"${column.column}"`;
      const row = `(select max(ctid) from ledger.${table} where ${name} is not null and ${which})`;
      const sql = `update ledger.${table} set ${name} = ${changed(column)} where ctid = ${row}`;
      if (!(await isFound(table, sql))) missed.push(`${table}.${column.column}`);
    }
  }
  expect(missed.sort()).toEqual(Object.values(NOT_COMMITTED).flat().sort());
});
