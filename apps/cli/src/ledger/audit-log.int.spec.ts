import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportEntries, exportTiles, type Ledger, type Reader } from '@aceso/ledger';
import { createLedger, createSequencer } from '@aceso/ledger/testing';
import { loadMlDsa44, sha256, verifyEd25519 } from '@aceso/platform';
import { startTestDatabase, type TestDatabase } from '@aceso/platform/testing';
import { auditLog, type AuditQuestion, type AuditReport } from './audit-log';
import { remoteLog } from './tile-source';

jest.setTimeout(120_000);

let test: TestDatabase;
let ledger: Ledger;
let reader: Reader;
let policyText: string;
/** The first checkpoint that was exported, as an outsider kept it. */
let kept: Buffer;

const root = mkdtempSync(join(tmpdir(), 'aceso-export-'));
const folder = join(root, 'public');
const bundles = join(root, 'auditors');

async function grow(count: number): Promise<void> {
  const entries = Array.from({ length: count }, () => ({ kind: 'person' as const, code: 'consent.granted' }));
  await test.database.transaction('worker', (tx) => ledger.appendMany(tx, entries));
  const sequencer = createSequencer(test);
  while ((await sequencer.integrateOnce()) > 0);
  await sequencer.publishOnce();
}

/** A key that has cosigned nothing here. */
const WITNESS = 'witness w witness.example.net/w1+0abc1f19+BIE5dw6ofRdfVqNUZsNMfszLjYqRtO43ol32D1uPybOU';

const tilesIn = (below: string): string[] =>
  readdirSync(below, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(below.length + 1))
    .sort();

beforeAll(async () => {
  test = await startTestDatabase();
  ledger = createLedger(test);
  await ledger.onApplicationBootstrap();
  reader = { query: (sql, params) => test.database.query('worker', sql, params) };
  policyText = `log ${ledger.verifierKey()}\nquorum none\n`;
}, 120_000);
afterAll(async () => {
  await test.close();
  rmSync(root, { recursive: true });
});

const crypto = async () => ({ sha256, verifyEd25519, verifyMlDsa44: await loadMlDsa44() });

async function audit(from: string, change: Partial<AuditQuestion> = {}): Promise<AuditReport> {
  const { checkpoint, tiles } = remoteLog(from, undefined);
  const question = { checkpoint, tiles, withEntries: false, policyText, older: undefined, ...change };
  return auditLog(question, await crypto());
}

describe('an export', () => {
  it('is refused before anything is public', async () => {
    await expect(exportTiles(reader, folder)).rejects.toMatchObject({ code: 'LEDGER_NOT_PUBLISHED' });
  });

  it('holds the checkpoint and the tiles that it needs, and no more', async () => {
    await grow(300);
    expect(await exportTiles(reader, folder)).toEqual({ size: 302n, written: 3 });
    expect(tilesIn(folder)).toEqual(['checkpoint', 'tile/0/000', 'tile/0/001.p/46', 'tile/1/000.p/1']);
    kept = readFileSync(join(folder, 'checkpoint'));
  });

  it('keeps full tiles as they are when it runs again, and takes away partial ones that are needed no more', async () => {
    const { mtimeNs } = statSync(join(folder, 'tile/0/000'), { bigint: true });
    await grow(400);
    expect((await exportTiles(reader, folder)).written).toBe(3);
    expect(tilesIn(folder)).toEqual(['checkpoint', 'tile/0/000', 'tile/0/001', 'tile/0/002.p/192', 'tile/1/000.p/2']);
    expect(statSync(join(folder, 'tile/0/000'), { bigint: true }).mtimeNs).toBe(mtimeNs);
    expect(await exportTiles(reader, folder)).toEqual({ size: 704n, written: 0 });
  });

  it('writes again what another hand cut off', async () => {
    writeFileSync(join(folder, 'tile/0/000'), 'cut');
    expect((await exportTiles(reader, folder)).written).toBe(1);
  });

  it('has entry bundles in a folder of their own', async () => {
    expect(await exportEntries(reader, bundles)).toEqual({ size: 704n, written: 3 });
    expect(tilesIn(bundles)).toEqual(['tile/entries/000', 'tile/entries/001', 'tile/entries/002.p/192']);
  });
});

describe('an audit of an exported folder', () => {
  const entriesFrom = (): Partial<AuditQuestion> => ({
    withEntries: true,
    tiles: (name) => remoteLog(typeof name.level === 'number' ? folder : bundles, undefined).tiles(name),
  });

  it('verifies it, with entries and blocks and with a checkpoint that was kept', async () => {
    expect(await audit(folder, { ...entriesFrom(), older: kept })).toMatchObject({
      verdict: 'verified',
      trust: 'operator only',
      reason: null,
      entries: true,
      consistent: true,
      checkpoint: { origin: test.config.origin, size: '704' },
    });
  });

  it.each([
    ['no policy', undefined, 'no trust policy was given'],
    [
      'another log',
      'log example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k\nquorum none\n',
      'origin',
    ],
    ['a witness', 'w', 'too few witnesses'],
  ])('says that the origin is not proven with a policy of %s', async (_, text, reason) => {
    const given = text === 'w' ? `${policyText.split('\n')[0]}\n${WITNESS}\nquorum w\n` : text;
    const report = await audit(folder, { policyText: given });
    expect(report).toMatchObject({ verdict: 'origin not proven', trust: null });
    expect(report.reason).toContain(reason);
  });

  const edits: readonly (readonly [string, string, (bytes: Buffer) => Buffer, string])[] = [
    ['a leaf hash', 'tile/0/001', flip, 'tile/1/000.p/2: a hash is not that of the tile below'],
    ['an upper hash', 'tile/1/000.p/2', flip, 'tile/1/000.p/2: a hash is not that of the tile below'],
    ['a hash of the right edge', 'tile/0/002.p/192', flip, 'checkpoint: its root is not that of the tiles'],
    ['the length of a tile', 'tile/0/001', (bytes) => bytes.subarray(32), 'tile/0/001: a tile of 256 hashes'],
    ['a tile for a longer one', 'tile/0/001', (bytes) => Buffer.concat([bytes, bytes]), 'tile/0/001: longer than 8192'],
    ['the checkpoint', 'checkpoint', (bytes) => Buffer.from(bytes.toString().replace('704', '703')), 'does not verify'],
  ];

  it.each(edits)('names the resource after somebody changed %s', async (_, path, change, reason) => {
    const file = join(folder, path);
    const before = readFileSync(file);
    writeFileSync(file, change(before));
    try {
      const report = await audit(folder);
      expect(report.verdict).toBe('broken');
      expect(report.reason).toContain(reason);
    } finally {
      writeFileSync(file, before);
    }
  });

  it('names a tile that is missing', async () => {
    const file = join(folder, 'tile/0/000');
    const before = readFileSync(file);
    rmSync(file);
    const report = await audit(folder);
    writeFileSync(file, before);
    expect(report).toMatchObject({ verdict: 'broken', reason: 'tile/0/000: there is no such file' });
  });

  it('names an entry that is not the one that was hashed', async () => {
    const file = join(bundles, 'tile/entries/001');
    const before = readFileSync(file);
    writeFileSync(file, flip(before));
    const report = await audit(folder, entriesFrom());
    writeFileSync(file, before);
    expect(report.reason).toContain('tile/entries/001: entry 256 does not have the hash of its leaf');
  });

  it('finds that the log does not go on from what was kept', async () => {
    const forged = kept.toString().replace(/^302$/m, '301');
    expect((await audit(folder, { older: Buffer.from(forged) })).reason).toContain('does not verify');
    expect((await audit(folder, { older: Buffer.from(forged), policyText: undefined })).reason).toContain('old root');
    const later = readFileSync(join(folder, 'checkpoint'));
    const small = { checkpoint: async () => kept, tiles: remoteLog(folder, undefined).tiles };
    const shrunk = await auditLog({ ...small, withEntries: false, policyText, older: later }, await crypto());
    expect(shrunk.verdict).toBe('broken');
  });
});

function flip(bytes: Buffer): Buffer {
  const changed = Buffer.from(bytes);
  changed[7] = (changed[7] as number) ^ 1;
  return changed;
}

describe('an audit over HTTP', () => {
  let server: Server;
  let url: string;
  const asked: string[] = [];
  const strange = new Map<string, (respond: (status: number, headers: object, body: string) => void) => void>();

  beforeAll(async () => {
    // A plain file server, which knows nothing of logs.
    server = createServer((request, response) => {
      const path = String(request.url).slice('/log/'.length);
      asked.push(`${path} ${request.headers.authorization ?? ''}`.trim());
      const trick = strange.get(path);
      if (trick) return trick((status, headers, body) => response.writeHead(status, { ...headers }).end(body));
      const file = join(folder, path);
      if (!existsSync(file)) return response.writeHead(404).end();
      return response.writeHead(200).end(readFileSync(file));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/log/`;
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));
  beforeEach(() => strange.clear());

  it('verifies what a plain file server hosts', async () => {
    asked.length = 0;
    expect(await audit(url, { older: kept })).toMatchObject({ verdict: 'verified', consistent: true });
    expect(new Set(asked)).toEqual(new Set(tilesIn(folder)));
  });

  it.each([
    ['answers that it is busy', 503, 'the server answers 503'],
    ['sends elsewhere', 302, 'the server does not answer'],
    ['refuses a token', 403, 'the server answers 403'],
  ])('says nothing about a log whose server %s', async (_, status, message) => {
    strange.set('tile/0/001', (respond) => respond(status, { location: 'http://127.0.0.1:1/' }, ''));
    await expect(audit(url)).rejects.toMatchObject({ code: 'LOG_UNREACHABLE', message: `tile/0/001: ${message}` });
  });

  it('asks again where a server was busy once', async () => {
    strange.set('tile/0/001', (respond) => {
      strange.delete('tile/0/001');
      respond(503, {}, '');
    });
    expect((await audit(url)).verdict).toBe('verified');
  });

  it('reads no more of an answer than a tile has', async () => {
    strange.set('tile/0/001', (respond) => respond(200, {}, 'x'.repeat(8_193)));
    expect(await audit(url)).toMatchObject({ verdict: 'broken', reason: 'tile/0/001: longer than 8192 bytes' });
  });

  it('sends a token to the one host only, and never in clear over a network', async () => {
    asked.length = 0;
    await remoteLog(url, 'secret').checkpoint();
    expect(asked).toEqual(['checkpoint Bearer secret']);
    expect(() => remoteLog('http://aceso.example.org/ledger', 'secret')).toThrow(
      expect.objectContaining({ code: 'TOKEN_NOT_SENT' }),
    );
    expect(() => remoteLog('https://aceso.example.org/ledger', 'secret')).not.toThrow();
  });
});

it('reads no other file of a machine than the log has', async () => {
  mkdirSync(join(root, 'empty'));
  await expect(audit(join(root, 'empty'))).rejects.toMatchObject({ code: 'RESOURCE_MISSING' });
});
