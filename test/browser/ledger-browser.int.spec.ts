import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import type { Browser, Page } from 'playwright-core';
import { base64, hex, utf8, type LedgerEntryId } from '@aceso/kernel';
import type { EntryProof } from '@aceso/ledger';
import { formatCheckpoint, formatTlogProof, leafHash, parseTrustPolicy, verifyReceipt } from '@aceso/ledger/domain';
import type { BrowserAnswer, BrowserVerifier } from '@aceso/ledger/testing';
import { sha256, verifyEd25519 } from '@aceso/platform';
import { PublishedLedger } from '../interop/published-ledger';
import { findChromium, startChromium } from './chromium';

const ROOT = join(__dirname, '../..');
const WYCHEPROOF = join(ROOT, '../shared/data/ledger-vectors/ed25519/wycheproof_ed25519_test.json');
/** What the bundle may be made of: the pure core and its libraries. A polyfill of Node would stand outside. */
const BUNDLED = /^(libs\/(kernel|ledger\/domain|ledger\/testing)\/|node_modules\/(@noble|@scure|canonicalize)\/)/;

const chromium = findChromium();
if (!chromium) process.stderr.write('skipped: the verifier in a browser: no Chromium (Debian: chromium)\n');
const hasVectors = existsSync(WYCHEPROOF);
if (!hasVectors) process.stderr.write('skipped: Wycheproof in a browser: ../shared/data is not there\n');

jest.setTimeout(120_000);

declare const acesoVerifier: BrowserVerifier;

/** The verifier as one script for a page, and the files that it was made from. */
async function bundle(): Promise<{ script: string; inputs: string[] }> {
  const { outputFiles, metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: ['libs/ledger/testing/browser-verifier.ts'],
    bundle: true,
    write: false,
    minify: true,
    metafile: true,
    platform: 'browser',
    format: 'iife',
    target: 'es2022',
    logLevel: 'silent',
  });
  return { script: outputFiles[0]?.text as string, inputs: Object.keys(metafile.inputs) };
}

(chromium ? describe : describe.skip)('the pure core in a browser', () => {
  let source: PublishedLedger;
  let browser: Browser;
  let page: Page;
  let receipt: EntryProof;
  let inputs: string[];
  let forged: string;

  beforeAll(async () => {
    source = await PublishedLedger.start();
    const ids = await source.append(40);
    receipt = await source.receipt(ids[17] as LedgerEntryId);
    const root = leafHash(receipt.entry, sha256);
    const text = formatCheckpoint({ origin: source.ledger.origin, size: 1n, root, extensions: [] });
    forged = formatTlogProof({ index: 0n, hashes: [], checkpoint: source.signedByOperator(text) });
    const made = await bundle();
    inputs = made.inputs;
    process.stderr.write(`the verifier for browsers has ${Math.round(utf8(made.script).length / 1000)} kB\n`);
    browser = await startChromium(chromium as string);
    page = await browser.newPage();
    await page.addScriptTag({ content: made.script });
  });
  afterAll(async () => {
    await browser?.close();
    await source?.close();
  });

  const inBrowser = (proof: string, entry = receipt.entry, policy = source.policy()): Promise<BrowserAnswer> =>
    page.evaluate(([a, b, c]) => acesoVerifier.receipt(a, b, c), [proof, base64.encode(entry), policy] as const);
  const checkpointInBrowser = (note: string, policy = source.policy()): Promise<BrowserAnswer> =>
    page.evaluate(([a, b]) => acesoVerifier.checkpoint(a, b), [note, policy] as const);

  it('is made of the core and its libraries, without a piece of Node', () => {
    expect(inputs.filter((file) => !BUNDLED.test(file))).toEqual([]);
    expect(inputs.filter((file) => file.startsWith('libs/ledger/domain/')).length).toBeGreaterThan(5);
  });

  it('verifies a receipt and a cosigned checkpoint of a running ledger', async () => {
    expect(await inBrowser(receipt.proof)).toEqual({
      size: '41',
      witnesses: [source.witness.name],
      operatorOnly: false,
    });
    expect(await checkpointInBrowser(await source.checkpoint())).toEqual({
      size: '41',
      witnesses: [source.witness.name],
    });
    const trust = parseTrustPolicy(source.policy(), sha256);
    const server = verifyReceipt({ proof: utf8(receipt.proof), entry: receipt.entry }, trust, {
      sha256,
      verifyEd25519,
    });
    expect(String(server.checkpoint.size)).toBe('41');
  });

  it('refuses a forged tree of one leaf, which only a reader without witnesses believes', async () => {
    expect(await inBrowser(forged)).toEqual({ refused: 'WITNESS_QUORUM_NOT_MET' });
    const operatorOnly = `log ${source.ledger.verifierKey()}\nquorum none\n`;
    expect(await inBrowser(forged, receipt.entry, operatorOnly)).toMatchObject({ operatorOnly: true });
  });

  it('refuses another entry, a changed checkpoint and a stranger, with the codes of the server', async () => {
    const other = receipt.entry.with(20, (receipt.entry[20] as number) ^ 1);
    expect(await inBrowser(receipt.proof, other)).toEqual({ refused: 'INCLUSION_PROOF_WRONG' });
    const grown = (await source.checkpoint()).replace('\n41\n', '\n42\n');
    expect(await checkpointInBrowser(grown)).toEqual({ refused: 'NOTE_SIGNATURE_WRONG' });
    const stranger = 'log example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k\nquorum none\n';
    expect(await checkpointInBrowser(grown, stranger)).toEqual({ refused: 'LOG_NOT_TRUSTED' });
  });

  (hasVectors ? it : it.skip)('gives the answers of the server to all of Wycheproof', async () => {
    const { testGroups } = JSON.parse(readFileSync(WYCHEPROOF, 'utf8')) as {
      testGroups: { publicKey: { pk: string }; tests: { msg: string; sig: string; result: string }[] }[];
    };
    const cases = testGroups.flatMap(({ publicKey, tests }) =>
      tests.map(({ msg, sig, result }) => ({ args: [publicKey.pk, msg, sig] as const, valid: result === 'valid' })),
    );
    expect(cases).toHaveLength(151);
    const answers = await page.evaluate(
      (all) => all.map((args) => acesoVerifier.ed25519(...args)),
      cases.map(({ args }) => args),
    );
    expect(answers).toEqual(cases.map(({ valid }) => valid));
    const server = cases.map(({ args: [key, message, signature] }) =>
      verifyEd25519(hex.decode(key), hex.decode(message), hex.decode(signature)),
    );
    expect(answers).toEqual(server);
  });
});
