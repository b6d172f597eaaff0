import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { base64 } from '@aceso/kernel';
import {
  formatCheckpoint,
  formatTlogProof,
  formatVerifierKey,
  leafHash,
  parseCheckpoint,
  parseNote,
  withExtra,
} from '@aceso/ledger/domain';
import { sha256 } from '@aceso/platform';
import { buildGoVerifier, goIsMissing, type GoAnswer } from './go-verifier';
import { PublishedLedger, write } from './published-ledger';

/** The Go programs are not ours: golang.org/x/mod reads what a running ledger publishes (transparency-log.md section 1). */
const missing = goIsMissing();
if (missing) process.stderr.write(`skipped: the ledger as Go reads it: ${missing}\n`);

jest.setTimeout(300_000);

(missing ? describe.skip : describe)('a published ledger, read by golang.org/x/mod', () => {
  const work = mkdtempSync(join(tmpdir(), 'aceso-go-'));
  const published = join(work, 'published');
  const old = join(work, 'old-checkpoint');
  let source: PublishedLedger;
  let run: (args: readonly string[]) => GoAnswer;
  let keys: string[];

  beforeAll(async () => {
    run = buildGoVerifier(work);
    source = await PublishedLedger.start();
    keys = ['-log', source.ledger.verifierKey(), '-witness', formatVerifierKey(source.witness)];
    const [early] = await source.append(3);
    write(old, await source.checkpoint());
    const earlyReceipt = await source.receipt(early as NonNullable<typeof early>);
    const ids = await source.append(700);
    await source.export(published);
    for (const [name, id] of [
      ['first', ids[0]],
      ['middle', ids[350]],
      ['last', ids[699]],
    ] as const) {
      const { proof, entry } = await source.receipt(id as NonNullable<typeof id>);
      write(join(published, 'receipts', `${name}.tlog-proof`), proof);
      write(join(published, 'receipts', `${name}.entry`), entry);
    }
    const carried = await source.receipt(ids[123] as NonNullable<(typeof ids)[0]>);
    write(join(published, 'receipts/carried.tlog-proof'), withExtra(carried.proof, { entry: carried.entry }));
    // A receipt of an earlier size, without its entry.
    write(join(published, 'receipts/early.tlog-proof'), earlyReceipt.proof);
  });
  afterAll(async () => {
    await source?.close();
    rmSync(work, { recursive: true, force: true });
  });

  it('holds: checkpoint, cosignature, tiles, receipts, and that it begins as it did', () => {
    const { origin, size, root } = parseCheckpoint(parseNote(readFileSync(join(published, 'checkpoint'))).text);
    expect(size).toBe(707n); // 703 entries and the headers of four blocks
    expect(run([...keys, '-old', old, published])).toEqual({
      exitCode: 0,
      output: [
        `checkpoint: ${origin}, size 707, root ${base64.encode(root)}`,
        'tiles: 4 give the root, 354 leaves proven',
        'consistency: size 707 begins with size 4',
        'receipts: 5 hold',
        '',
      ].join('\n'),
    });
  });

  it('holds for a reader of full tiles: partial ones may go once the full one exists', () => {
    const folder = changed(() => undefined);
    write(join(folder, 'tile/0/002'), Buffer.concat([readTile('0/002.p/195'), Buffer.alloc(61 * 32)]));
    rmSync(join(folder, 'tile/0/002.p'), { recursive: true });
    expect(run([...keys, folder]).exitCode).toBe(0);
  });

  const flipped = (file: string): void => {
    const bytes = readFileSync(file);
    bytes[40] = (bytes[40] as number) ^ 1;
    writeFileSync(file, bytes);
  };
  const receipt = (folder: string, name: string): string => join(folder, 'receipts', `${name}.tlog-proof`);

  /** The operator signs a tree of one leaf, so path, root and its own signature are in order. */
  const forge = (folder: string): void => {
    const root = leafHash(readFileSync(join(folder, 'receipts/middle.entry')), sha256);
    const text = formatCheckpoint({ origin: source.ledger.origin, size: 1n, root, extensions: [] });
    const checkpoint = source.signedByOperator(text);
    write(receipt(folder, 'middle'), formatTlogProof({ index: 0n, hashes: [], checkpoint }));
  };

  it.each([
    ['a leaf in a tile', (folder: string) => flipped(join(folder, 'tile/0/001')), 'tiles: '],
    ['a hash in an upper tile', (folder: string) => flipped(join(folder, 'tile/1/000.p/2')), 'tiles: '],
    ['a tile that is not there', (folder: string) => rmSync(join(folder, 'tile/0/000')), 'no such file'],
    ['a short tile', (folder: string) => write(join(folder, 'tile/0/002.p/195'), new Uint8Array(32)), 'too short'],
    [
      'the size in the checkpoint',
      (folder: string) => {
        const note = readFileSync(join(folder, 'checkpoint'), 'utf8');
        writeFileSync(join(folder, 'checkpoint'), note.replace('\n707\n', '\n708\n'));
      },
      'invalid signature',
    ],
    ['the entry of a receipt', (folder: string) => flipped(join(folder, 'receipts/middle.entry')), 'invalid'],
    [
      'the entry in a receipt',
      (folder: string) => {
        const entry = readFileSync(join(folder, 'receipts/middle.entry'));
        write(receipt(folder, 'carried'), withExtra(readFileSync(receipt(folder, 'carried'), 'utf8'), { entry }));
      },
      'invalid',
    ],
    [
      'the index of a receipt',
      (folder: string) => {
        const text = readFileSync(receipt(folder, 'early'), 'utf8');
        writeFileSync(receipt(folder, 'early'), text.replace(/index \d/, 'index 0'));
      },
      'invalid',
    ],
    ['a receipt to a forged tree of one leaf', forge, 'signed by the log: true, by 0 of 1 witnesses'],
  ])('is refused after a change of %s', (_, change, why) => {
    const { exitCode, output } = run([...keys, changed(change)]);
    expect({ exitCode, output }).toEqual({ exitCode: 1, output: expect.stringContaining(why) });
  });

  it('shows the forged tree of one leaf even to a reader who asks for no witness, once tiles are at hand', () => {
    const [, logKey] = keys as [string, string];
    expect(run(['-log', logKey, changed(forge)])).toMatchObject({ exitCode: 1 });
  });

  it('is refused where it does not begin as it did, and under the key of another log', () => {
    const fork = join(work, 'fork');
    const text = formatCheckpoint({ origin: source.ledger.origin, size: 4n, root: new Uint8Array(32), extensions: [] });
    write(fork, source.cosigned(source.signedByOperator(text)));
    expect(run([...keys, '-old', fork, published])).toMatchObject({ exitCode: 1 });
    const stranger = 'example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k';
    expect(run(['-log', stranger, published])).toMatchObject({ exitCode: 1 });
    expect(run([published])).toMatchObject({ exitCode: 2 });
  });

  function readTile(name: string): Buffer {
    return readFileSync(join(published, 'tile', name));
  }

  /** A copy of what was published, after a change. */
  function changed(change: (folder: string) => void): string {
    const folder = mkdtempSync(join(work, 'changed-'));
    cpSync(published, folder, { recursive: true });
    change(folder);
    return folder;
  }
});
