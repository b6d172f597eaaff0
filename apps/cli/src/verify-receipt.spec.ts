import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { canonicalJson, concat, utf8 } from '@aceso/kernel';
import {
  commitmentOf,
  encodeEntry,
  encodeReceiptExtra,
  formatCheckpoint,
  formatNote,
  formatTilePath,
  formatTlogProof,
  formatVerifierKey,
  inclusionRanges,
  KEY_TYPE,
  leafHash,
  proofHashes,
  signCheckpoint,
  tilesOfLevel,
  treeRoot,
  verifierKey,
} from '@aceso/ledger/domain';
import { ed25519PublicKey, ed25519Signer, sha256 } from '@aceso/platform';
import { receiptAsJson, receiptAsText, verifyReceiptFile, type ReceiptFiles } from './verify-receipt';

const SEED = new Uint8Array(32).fill(1);
const LOG = verifierKey({ name: 'example.org/log', type: KEY_TYPE.ed25519, publicKey: ed25519PublicKey(SEED) }, sha256);
const POLICY = `log ${formatVerifierKey(LOG)}\nquorum none\n`;
const SIZE = 300;

const opening = { salt: new Uint8Array(32).fill(2), payload: canonicalJson({ at: 'now', code: 'x.y\u001b[2J' }) };
const entry = encodeEntry({
  kind: 'person',
  nonce: new Uint8Array(16),
  commitment: commitmentOf(opening, sha256),
  subjectTag: new Uint8Array(32),
});
const leaves = Array.from({ length: SIZE }, (_, n) => leafHash(n === 5 ? entry : utf8(`entry ${n}`), sha256));

function signed(hashes: readonly Uint8Array[]): string {
  const root = treeRoot(hashes, sha256);
  const text = formatCheckpoint({ origin: LOG.name, size: BigInt(hashes.length), root, extensions: [] });
  return formatNote({ text, signatures: [signCheckpoint(text, LOG, ed25519Signer(SEED))] });
}

const receiptAt = (size: number): string =>
  formatTlogProof({
    extra: encodeReceiptExtra({ entry, opening }),
    index: 5n,
    hashes: proofHashes(
      inclusionRanges(5n, BigInt(size)),
      ({ level, index }) => treeRoot(leaves.slice(Number(index) << level, (Number(index) + 1) << level), sha256),
      sha256,
    ),
    checkpoint: signed(leaves.slice(0, size)),
  });

/** The operator signs a tree of this one leaf. */
const forged = formatTlogProof({
  extra: encodeReceiptExtra({ entry }),
  index: 0n,
  hashes: [],
  checkpoint: signed([leafHash(entry, sha256)]),
});

describe('aceso verify on a receipt', () => {
  let folder: string;
  let server: Server;
  let tilesUrl: string;
  const file = (name: string): string => join(folder, name);
  const verify = (files: Partial<ReceiptFiles> = {}) =>
    verifyReceiptFile({ path: file('x.tlog-proof'), policyText: POLICY, ...files });

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'verify-receipt-'));
    for (const level of [0, 1]) {
      for (const name of tilesOfLevel(BigInt(SIZE), level)) {
        const first = Number(name.index) * 256;
        const row = level === 0 ? leaves.slice(first, first + name.width) : [treeRoot(leaves.slice(0, 256), sha256)];
        await mkdir(dirname(file(formatTilePath(name))), { recursive: true });
        await writeFile(file(formatTilePath(name)), concat(...row));
      }
    }
    await writeFile(file('x.tlog-proof'), receiptAt(SIZE));
    await writeFile(file('smaller.tlog-proof'), receiptAt(250));
    await writeFile(file('forged.tlog-proof'), forged);
    await writeFile(file('old'), signed(leaves.slice(0, 200)));
    await writeFile(file('fork'), signed([...leaves.slice(1, 200), entry.slice(0, 32)]));
    server = createServer((request, answer) => {
      readFile(file(request.url ?? '')).then(
        (bytes) => answer.end(bytes),
        () => answer.writeHead(404).end(),
      );
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    tilesUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  });
  afterAll(async () => {
    await new Promise((resolve) => server.close(resolve));
    await rm(folder, { recursive: true, force: true });
  });

  it('prints what is proven, and nothing that a terminal would obey', async () => {
    const text = receiptAsText(await verify());
    expect(text).toMatch(/^entry: 5, kind: person\nsays: .*"code":"x\.y/);
    expect(text).toMatch(/\ntrust: operator only\nverified\n$/);
    expect(text).not.toContain('\u001b');
    expect(JSON.parse(JSON.stringify(receiptAsJson(await verify())))).toMatchObject({
      verdict: 'verified',
      index: '5',
    });
  });

  it('says without a policy that the origin is not proven', async () => {
    const report = await verifyReceiptFile({ path: file('x.tlog-proof') });
    expect(receiptAsText(report)).toMatch(/\nintact, origin not proven \(origin\): no trust policy was given\n$/);
  });

  it('names the step at which a receipt is broken', async () => {
    await writeFile(file('broken.tlog-proof'), receiptAt(SIZE).replace('index 5', 'index 6'));
    expect(receiptAsText(await verify({ path: file('broken.tlog-proof') }))).toMatch(/^broken at inclusion: /);
  });

  it.each(['a folder', 'an address'])('compares with an older checkpoint by hash tiles of %s', async (kind) => {
    const tiles = kind === 'a folder' ? folder : tilesUrl;
    const report = await verify({ since: file('old'), tiles });
    expect(report).toMatchObject({ verdict: 'verified', consistent: true });
    expect(receiptAsText(report)).toContain('consistent: ');
    // The partial tile of 250 is gone: the full one has its hashes, too.
    const smaller = { path: file('smaller.tlog-proof'), since: file('old'), tiles };
    expect(await verify(smaller)).toMatchObject({ verdict: 'verified', consistent: true });
    for (const files of [{ since: file('fork') }, { path: file('forged.tlog-proof'), since: file('old') }]) {
      expect(await verify({ ...files, tiles })).toMatchObject({ verdict: 'broken', step: 'consistency' });
    }
  });

  it('does not claim what it could not compare', async () => {
    expect(await verify({ since: file('old') })).toMatchObject({ verdict: 'origin not proven', step: 'consistency' });
    for (const [tiles, code] of [
      [join(folder, 'nowhere'), 'RESOURCE_MISSING'],
      [`${tilesUrl}nowhere`, 'RESOURCE_MISSING'],
      ['http://127.0.0.1:1', 'LOG_UNREACHABLE'],
    ]) {
      await expect(verify({ since: file('old'), tiles })).rejects.toMatchObject({ code });
    }
  });
});
