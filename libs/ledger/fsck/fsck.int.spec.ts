import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { Client } from 'pg';
import { startTestDatabase, type TestDatabase } from '@aceso/platform/testing';
import type { Reader } from '../data/reader';
import type { Ledger } from '../ledger';
import { createLedger, createSequencer } from '../testing';
import { fsckLedger, type FsckReport } from '.';

jest.setTimeout(120_000);

let test: TestDatabase;
let ledger: Ledger;
let owner: Client;

const append = (count: number): Promise<unknown> => {
  const entries = Array.from({ length: count }, () => ({ kind: 'person' as const, code: 'consent.granted' }));
  return test.database.transaction('worker', (tx) => ledger.appendMany(tx, entries));
};

/** Three publications over some dozen blocks; the tree has more than two tiles, so that there is one above the leaves. */
beforeAll(async () => {
  test = await startTestDatabase();
  ledger = createLedger(test);
  await ledger.onApplicationBootstrap();
  const sequencer = createSequencer(test);
  for (const counts of [[0, 3, 256], [1, 250, 90], [7]]) {
    for (const count of counts) {
      await append(count);
      await sequencer.integrateOnce();
    }
    await sequencer.publishOnce();
  }
  await append(2);
  await test.database.transaction('worker', (tx) =>
    ledger.append(tx, { kind: 'person', code: 'consent.granted', subjectId: randomUUID() }),
  );
  owner = new Client({ connectionString: test.ownerUrl });
  await owner.connect();
}, 120_000);
afterAll(async () => {
  await owner.end();
  await test.close();
});

const options = (): Parameters<typeof fsckLedger>[1] => ({
  origin: test.config.origin,
  publicKey: test.custody.ledgerPublicKey(),
  signingRecord: test.config.signingRecord,
});

/** What fsck finds after a superuser's edit, which is taken back at the end. */
async function findingsAfter(...edits: readonly string[]): Promise<string[]> {
  const reader: Reader = {
    query: async <Row>(sql: string, params: readonly unknown[] = []) =>
      (await owner.query(sql, [...params])).rows as Row[],
  };
  await owner.query("begin; set local session_replication_role = 'replica'");
  try {
    for (const edit of edits) expect((await owner.query(edit)).rowCount).toBeGreaterThan(0);
    return named(await fsckLedger(reader, options()));
  } finally {
    await owner.query('rollback');
  }
}

const named = ({ findings }: FsckReport): string[] => findings.map(({ table, key }) => `${table} ${key}`);

it('finds nothing wrong with a log as it was written, and reads it under the role of the worker', async () => {
  const seen: bigint[] = [];
  const report = await test.database.transaction(
    'worker',
    (tx) => fsckLedger(tx, { ...options(), onProgress: (entries) => seen.push(entries) }),
    { isolation: 'REPEATABLE READ', readOnly: true },
  );
  expect(report).toMatchObject({ entries: 614n, findings: [] });
  expect(seen.at(-1)).toBe(614n);
});

const flip = (column: string, at = 0): string =>
  `set ${column} = set_byte(${column}, ${at}, get_byte(${column}, ${at}) # 1)`;

describe('names the first bad row after a superuser', () => {
  it.each([
    ['changed an entry', [`update ledger.entry ${flip('bytes', 40)} where index = 17`], ['ledger.entry index 17']],
    [
      'made an entry of no kind',
      [`update ledger.entry set bytes = '\\x01ff' where index = 17`],
      ['ledger.entry index 17'],
    ],
    ['changed a header', [`update ledger.entry ${flip('bytes', 59)} where index = 5`], ['ledger.entry index 5']],
    [
      'changed two entries',
      [`update ledger.entry ${flip('bytes', 40)} where index in (300, 201)`],
      ['ledger.entry index 201'],
    ],
    [
      'swapped two entries',
      [
        `update ledger.entry set index = case index when 30 then 1000000 else 30 end where index in (30, 31)`,
        'update ledger.entry set index = 31 where index = 1000000',
      ],
      ['ledger.entry index 30'],
    ],
    [
      'took the id of an entry',
      ['update ledger.entry set id = null where index = 30'],
      ['ledger.entry index 30', 'ledger.opening index 30'],
    ],
    [
      'gave a header an id',
      ['update ledger.entry set id = gen_random_uuid() where index = 5'],
      ['ledger.entry index 5', 'ledger.opening index 5'],
    ],
    [
      'deleted an entry',
      ['delete from ledger.entry where index = 300'],
      ['ledger.entry index 300', 'ledger.opening index 300'],
    ],
    [
      'deleted the last entry',
      ['delete from ledger.entry where index = 613'],
      ['ledger.entry index 613', 'ledger.opening index 613'],
    ],
    [
      'added an entry',
      [`insert into ledger.entry select 614, gen_random_uuid(), bytes from ledger.entry where index = 17`],
      ['ledger.entry index 614', 'ledger.opening index 614'],
    ],
  ])('%s', async (_, edits, expected) => expect(await findingsAfter(...edits)).toEqual(expected));

  it.each([
    [
      'changed a hash',
      [`update ledger.tile_run ${flip('hashes', 32 * 2 + 7)} where level = 0 and tile = 0 and start = 5`],
      ['ledger.tile_run level 0, tile 0, start 5'],
    ],
    [
      'changed a hash of an upper tile',
      [`update ledger.tile_run ${flip('hashes', 3)} where level = 1 and start = 1`],
      ['ledger.tile_run level 1, tile 0, start 1'],
    ],
    [
      'cut a run',
      [`update ledger.tile_run set hashes = substring(hashes for 64) where level = 0 and tile = 0 and start = 5`],
      ['ledger.tile_run level 0, tile 0, start 7'],
    ],
    [
      'deleted a run',
      ['delete from ledger.tile_run where level = 0 and tile = 1 and start = 0'],
      ['ledger.tile_run level 0, tile 1, start 0'],
    ],
    [
      'deleted an upper run',
      ['delete from ledger.tile_run where level = 1 and start = 0'],
      ['ledger.tile_run level 1, tile 0, start 0'],
    ],
    [
      'moved a run',
      ['update ledger.tile_run set tile = 7 where level = 0 and tile = 1 and start = 0'],
      ['ledger.tile_run level 0, tile 1, start 0'],
    ],
    [
      'added a run',
      [`insert into ledger.tile_run values (2, 0, 0, decode(repeat('ab', 32), 'hex'))`],
      ['ledger.tile_run level 2, tile 0, start 0'],
    ],
    [
      'added a hash',
      [`insert into ledger.tile_run values (0, 2, 102, decode(repeat('ab', 32), 'hex'))`],
      ['ledger.tile_run level 0, tile 2, start 102'],
    ],
  ])('%s', async (_, edits, expected) => expect(await findingsAfter(...edits)).toEqual(expected));

  it.each([
    ['changed a root', `update ledger.block ${flip('root')} where height = 2`],
    ['changed a size', 'update ledger.block set size = size - 1 where height = 2'],
    ['changed a beginning', 'update ledger.block set first = first + 1 where height = 2'],
    ['changed a text', `update ledger.block set text = replace(text, E'\\n', E'x\\n') where height = 2`],
    ['deleted a block', 'delete from ledger.block where height = 2'],
    ['moved a block', 'update ledger.block set height = 99 where height = 2'],
  ])('%s', async (_, edit) => expect((await findingsAfter(edit))[0]).toBe('ledger.block height 2'));

  it.each([
    [
      'changed a signature',
      `update ledger.block_signature ${flip('signature')} where height = 3`,
      'ledger.block_signature height 3',
    ],
    [
      'changed the key of a signature',
      `update ledger.block_signature set key_id = '00000000' where height = 3`,
      'ledger.block_signature height 3',
    ],
    ['deleted a signature', 'delete from ledger.block_signature where height = 3', 'ledger.block_signature height 3'],
    [
      'moved a signature',
      'update ledger.block_signature set height = 99 where height = 3',
      'ledger.block_signature height 3',
    ],
    [
      'changed a note',
      // In its signature: witnesses signed the rest too, and would be named beside it.
      `update ledger.publication set note = overlay(note placing
         case substr(note, length(note) - 20, 1) when 'A' then 'B' else 'A' end from length(note) - 20) where height = 2`,
      'ledger.publication height 2',
    ],
    ['moved a publication', 'update ledger.publication set height = 3 where height = 2', 'ledger.publication height 3'],
    [
      'published a block that is not there',
      `insert into ledger.publication select 99, note from ledger.publication where height = 2`,
      'ledger.publication height 99',
    ],
    ['deleted an opening', 'delete from ledger.opening where index = 300', 'ledger.opening index 300'],
    ['moved an opening', 'update ledger.opening set index = 5000 where index = 300', 'ledger.opening index 5000'],
    ['moved an opening to a header', 'update ledger.opening set index = 5 where index = 300', 'ledger.opening index 5'],
    [
      'changed a pending entry',
      `update ledger.pending ${flip('entry')} where seq = (select max(seq) from ledger.pending)`,
      /^ledger.pending seq \d+$/,
    ],
    [
      'put an entry back among the pending',
      'update ledger.pending set id = (select id from ledger.entry where index = 17)',
      /^ledger.pending seq \d+$/,
    ],
  ])('%s', async (_, edit, expected) => {
    const findings = await findingsAfter(edit);
    expect(findings).toHaveLength(1);
    expect(findings[0]).toEqual(expect.stringMatching(expected));
  });

  it('cut the newest blocks off, with everything that hangs on them', async () => {
    const first = '(select first from ledger.block where height = 4)';
    const findings = await findingsAfter(
      'delete from ledger.publication where height >= 4',
      'delete from ledger.block_signature where height >= 4',
      `delete from ledger.opening where index >= ${first}`,
      `delete from ledger.entry where index >= ${first}`,
      `delete from ledger.tile_run where level = 0 and tile * 256 + start >= ${first}`,
      `delete from ledger.tile_run where level = 1 and tile * 256 + start >= ${first} / 256`,
      'delete from ledger.block where height >= 4',
    );
    expect(findings).toEqual(['signing record size 614']);
  });

  it('changed an entry together with its hash', async () => {
    const findings = await findingsAfter(
      `update ledger.entry ${flip('bytes', 40)} where index = 612`,
      `update ledger.tile_run set hashes = overlay(hashes placing
         (select sha256('\\x00' || bytes) from ledger.entry where index = 612) from (612 % 256 - start) * 32 + 1)
       where level = 0 and tile = 2 and start = 94`,
    );
    expect(findings).toEqual(['ledger.block height 6']);
  });
});

it.each([
  ['is gone', '', 'last-signed.json'],
  ['cannot be read', '{}', 'last-signed.json'],
  ['lags behind', undefined, 'size 4'],
])('says when the record of what was signed %s', async (_, text, key) => {
  const file = `${test.config.signingRecord}.edited`;
  const record = await readFile(test.config.signingRecord, 'utf8');
  const rows = await test.ownerQuery<{ root: Buffer }>('select root from ledger.block where height = 1');
  const older = JSON.stringify({
    ...(JSON.parse(record) as object),
    size: String((await test.ownerQuery<{ size: string }>('select size from ledger.block where height = 1'))[0]?.size),
    root: rows[0]?.root.toString('hex'),
  });
  if (text !== '') writeFileSync(file, text ?? older);
  const report = await test.database.transaction('worker', (tx) =>
    fsckLedger(tx, { ...options(), signingRecord: text === '' ? `${file}.none` : file }),
  );
  expect(named(report)).toEqual([expect.stringContaining(`signing record ${key === 'size 4' ? 'size ' : key}`)]);
});
