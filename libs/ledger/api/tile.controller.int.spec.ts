import { asId } from '@aceso/kernel';
import type { Actor } from '@aceso/platform/graphql';
import { sha256 } from '@aceso/platform';
import { startTestDatabase, type TestDatabase } from '@aceso/platform/testing';
import { decodeEntryBundle, leafHash, parseCheckpoint, parseNote, TILE_HASHES, type TileName } from '../domain';
import { ENTRIES, formatTilePath, rootFromTiles, tileLevels, tilesOfLevel } from '../domain';
import type { Ledger } from '../ledger';
import { createLedger, createSequencer } from '../testing';
import { makeLedgerApp, type LedgerApp } from '../testing/ledger-app';

jest.setTimeout(60_000);

const actor = (role: Actor['role'], digit: string): Actor => ({
  partyId: asId(`${digit.repeat(8)}-1111-4111-8111-111111111111`),
  role,
  did: `did:key:z6Mk${role}`,
});
const ACTORS = {
  officer: actor('officer', '1'),
  patient: { ...actor('patient', '2'), personId: asId<'Person'>('22222222-2222-4222-8222-222222222222') },
  researcher: actor('researcher', '3'),
  provider: actor('provider', '4'),
};

/** Sizes that are published, and one behind them that is not. */
const PUBLISHED = [2, 40, 256, 258, 600];
const UNPUBLISHED = 700;

let test: TestDatabase;
let served: LedgerApp;
let ledger: Ledger;

beforeAll(async () => {
  test = await startTestDatabase();
  ledger = createLedger(test);
  await ledger.onApplicationBootstrap();
  const sequencer = createSequencer(test);
  let size = 0;
  for (const end of [...PUBLISHED, UNPUBLISHED]) {
    while (size < end) {
      const count = Math.min(end - size - 1, 256);
      await append(count);
      await sequencer.integrateOnce();
      size += count + 1;
    }
    if (end !== UNPUBLISHED) await sequencer.publishOnce();
  }
  served = await makeLedgerApp(test, ACTORS);
}, 120_000);
afterAll(async () => {
  await served.app.close();
  await test.close();
});

function append(count: number): Promise<unknown> {
  const entries = Array.from({ length: count }, () => ({ kind: 'order' as const, code: 'order.created' }));
  return test.database.transaction('worker', (tx) => ledger.appendMany(tx, entries));
}

interface Answer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly rawPayload: Buffer;
}

const get = (path: string, token?: string, method: 'GET' | 'HEAD' = 'GET'): Promise<Answer> =>
  served.app.inject({ method, url: `/ledger/${path}`, headers: token ? { authorization: `Bearer ${token}` } : {} });

const source = async (name: TileName): Promise<Uint8Array> => {
  const { statusCode, rawPayload } = await get(formatTilePath(name));
  expect([formatTilePath(name), statusCode]).toEqual([formatTilePath(name), 200]);
  return rawPayload;
};

it.each(PUBLISHED)('serves every tile that the published checkpoint of size %s needs', async (count) => {
  const size = BigInt(count);
  const [block] = await test.ownerQuery<{ root: Buffer }>('select root from ledger.block where size = $1', [size]);
  expect(Buffer.from(await rootFromTiles({ size, source, sha256 })).toString('hex')).toBe(block?.root.toString('hex'));
  for (let level = 0; level < tileLevels(size); level += 1) {
    for (const name of tilesOfLevel(size, level)) expect(await source(name)).toHaveLength(name.width * 32);
  }
});

it('serves no other width, and nothing of what no checkpoint has published yet', async () => {
  const needed = new Set(
    PUBLISHED.flatMap((size) => [0, 1].flatMap((level) => [...tilesOfLevel(BigInt(size), level)].map(formatTilePath))),
  );
  for (const level of [0, 1]) {
    for (const index of [0n, 1n, 2n]) {
      for (let width = 1; width <= TILE_HASHES; width += 1) {
        const path = formatTilePath({ level, index, width });
        const { statusCode } = await get(path);
        if ((statusCode === 200) !== needed.has(path)) throw new Error(`${path}: ${statusCode}`);
      }
    }
  }
});

it('says that tiles never change, and a checkpoint does', async () => {
  expect((await get('tile/0/000')).headers).toMatchObject({
    'content-type': 'application/octet-stream',
    'cache-control': 'public, max-age=31536000, immutable',
    'access-control-allow-origin': '*',
    'content-length': '8192',
  });
  const head = await get('tile/0/000', undefined, 'HEAD');
  expect(head.headers).toMatchObject({ 'content-length': '8192', 'content-type': 'application/octet-stream' });
  expect(head.rawPayload).toHaveLength(0);
  const checkpoint = await get('checkpoint', undefined, 'HEAD');
  expect([checkpoint.statusCode, checkpoint.headers['cache-control']]).toEqual([200, 'public, max-age=2']);
});

it.each([
  'tile/0/0',
  'tile/00/000',
  'tile/0/000.p/0',
  'tile/0/000.p/256',
  'tile/64/000',
  'tile/8/0/000',
  'tile/0/x000/001',
  'tile/0/000/',
  'tile/0/%2e%2e/checkpoint',
  'tile/0/x9223372036854775807',
  'tile/7/x999/x999/x999/999',
  'tile/63/x009/x223/x372/x036/x854/x775/807',
])('has nothing at %s', async (path) => {
  const { statusCode, headers, rawPayload } = await get(path);
  expect([statusCode, headers['cache-control']]).toEqual([404, 'no-store']);
  expect(JSON.parse(rawPayload.toString('utf8'))).toMatchObject({ error: { code: 'NOT_FOUND' } });
});

const reads = (): Promise<object[]> =>
  test.ownerQuery(`select actor_id, subject_id, detail from audit.access_event where act = 'ledger.entries-read'`);

it('gives entry bundles to a compliance officer, and says in its transaction that they were read', async () => {
  for (const name of tilesOfLevel(600n, ENTRIES)) {
    const { rawPayload, headers } = await get(formatTilePath(name), 'officer');
    const leaves = decodeEntryBundle(rawPayload, name.width).map((entry) => leafHash(entry, sha256));
    expect(Buffer.concat(leaves).equals(await source({ ...name, level: 0 }))).toBe(true);
    expect(headers).toMatchObject({ 'content-type': 'application/octet-stream', 'cache-control': 'private, no-store' });
  }
  const row = (bundle: string): object => ({ actor_id: ACTORS.officer.partyId, subject_id: null, detail: { bundle } });
  expect(await reads()).toEqual(['tile/entries/000', 'tile/entries/001', 'tile/entries/002.p/88'].map(row));
});

it('gives entry bundles to nobody else, and keeps who asked', async () => {
  const before = await reads();
  served.refusals.length = 0;
  expect((await get('tile/entries/000')).statusCode).toBe(401);
  expect((await get('tile/entries/000', 'nobody')).statusCode).toBe(401);
  for (const role of ['patient', 'researcher', 'provider'] as const) {
    const { statusCode, rawPayload } = await get('tile/entries/000', role);
    expect([statusCode, JSON.parse(rawPayload.toString('utf8'))]).toMatchObject([
      403,
      { error: { code: 'FORBIDDEN' } },
    ]);
  }
  for (const path of ['tile/entries/002.p/90', 'tile/entries/002.p/188', 'tile/entries/007', 'tile/entries/0']) {
    expect((await get(path, 'officer')).statusCode).toBe(404);
  }
  expect(await reads()).toEqual(before);
  const refused = (reason: string, { partyId }: Actor): object => ({
    actorId: partyId,
    act: 'get.ledger.tile.entries',
    reason,
  });
  expect(served.refusals).toEqual([
    ...[ACTORS.patient, ACTORS.researcher, ACTORS.provider].map((party) => refused('FORBIDDEN', party)),
    ...Array.from({ length: 4 }, () => refused('NOT_FOUND', ACTORS.officer)),
  ]);
});

it('shows the checkpoint whose tiles it serves', async () => {
  const { text } = parseNote((await get('checkpoint')).rawPayload);
  const { size, root } = parseCheckpoint(text);
  expect(size).toBe(600n);
  expect(Buffer.from(await rootFromTiles({ size, source, sha256 })).equals(root)).toBe(true);
});

it('serves nothing of a damaged tile or bundle', async () => {
  await test.ownerQuery('alter table ledger.tile_run disable trigger user');
  await test.ownerQuery('alter table ledger.entry disable trigger user');
  await test.ownerQuery('delete from ledger.tile_run where level = 0 and tile = 1 and start = 2');
  await test.ownerQuery('delete from ledger.entry where index = 300');
  expect((await get('tile/0/001')).statusCode).toBe(500);
  expect((await get('tile/entries/001', 'officer')).statusCode).toBe(500);
});
