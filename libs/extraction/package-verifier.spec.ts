import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { cosign, formatSignatureLine, formatVerifierKey, KEY_TYPE, verifierKey } from '@aceso/ledger/domain';
import { sha256 } from '@aceso/platform';
import { encryptTo, packArchive } from './package-archive';
import { verifyPackage } from './package-verifier';
import { sampleKey, sampleLog, samplePackage } from './testing/sample-package';

const POLICY = `log ${formatVerifierKey(sampleLog(1))}\nquorum none\n`;

describe('package verification', () => {
  let root: string;
  let folder: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'verify-'));
    folder = join(root, 'package');
  });
  afterEach(async () => rm(root, { recursive: true, force: true }));

  async function write(files: ReadonlyMap<string, string | Uint8Array>): Promise<void> {
    for (const [name, content] of files) {
      await mkdir(dirname(join(folder, name)), { recursive: true });
      await writeFile(join(folder, name), content);
    }
  }
  const judge = (policyText: string | undefined = POLICY): ReturnType<typeof verifyPackage> =>
    verifyPackage({ path: folder, policyText });

  it('verifies what was released, and says that only the operator vouches for it', async () => {
    await write(samplePackage());
    expect(await judge()).toMatchObject({ verdict: 'verified', findings: [], trust: 'operator only' });
  });

  it('is intact but of unproven origin without a policy, or with the policy of another log', async () => {
    await write(samplePackage());
    expect(await verifyPackage({ path: folder })).toMatchObject({ verdict: 'origin not proven', trust: null });
    const others = [sampleLog(1, 'other.example.org/log'), sampleLog(9)];
    for (const other of others) {
      const policy = `log ${formatVerifierKey(other)}\nquorum none\n`;
      expect(await judge(policy)).toMatchObject({ verdict: 'origin not proven', findings: [] });
    }
  });

  it('asks for the witnesses of the policy', async () => {
    const witness = verifierKey(
      { name: 'witness.example.net/w1', type: KEY_TYPE.cosignature, publicKey: sampleKey(6).publicKey },
      sha256,
    );
    const policy = `log ${formatVerifierKey(sampleLog(1))}\nwitness W1 ${formatVerifierKey(witness)}\nquorum W1\n`;
    await write(samplePackage());
    expect(await judge(policy)).toMatchObject({ verdict: 'origin not proven', trust: null });
    const line = (text: string): string =>
      formatSignatureLine({ ...witness, signature: cosign(text, 1_700_000_000n, sampleKey(6).sign) });
    await write(samplePackage({ cosign: line }));
    expect(await judge(policy)).toMatchObject({ verdict: 'verified', trust: 'witnesses' });
  });

  it('finds a changed bit anywhere in every file, with and without a policy', async () => {
    const files = samplePackage();
    await write(files);
    for (const [name, text] of files) {
      const original = Buffer.from(text);
      // Every 7th byte of each file keeps this within seconds; the offset differs by file length.
      for (let at = original.length % 7; at < original.length; at += 7) {
        const changed = Buffer.from(original);
        changed[at]! ^= 1 << (at % 8);
        await writeFile(join(folder, name), changed);
        const report = await judge(at % 2 === 0 ? POLICY : undefined);
        expect({ name, at, verdict: report.verdict }).toEqual({ name, at, verdict: 'broken' });
        expect(report.findings.length).toBeGreaterThan(0);
      }
      await writeFile(join(folder, name), original);
    }
    expect((await judge()).verdict).toBe('verified');
  });

  it('names a file that was cut, is missing or was added', async () => {
    const files = samplePackage();
    for (const [name, text] of files) {
      await write(files);
      await writeFile(join(folder, name), text.slice(0, -1));
      expect((await judge()).verdict).toBe('broken');
      expect((await judge()).findings.map((finding) => finding.file)).toContain(name);
      await rm(join(folder, name));
      expect((await judge()).findings).toContainEqual({ file: name, problem: 'is missing' });
    }
    await write(files);
    await writeFile(join(folder, 'data', 'Extra.ndjson'), '');
    expect((await judge()).findings).toEqual([{ file: 'data/Extra.ndjson', problem: 'is not in the manifest' }]);
    await rm(join(folder, 'data', 'Extra.ndjson'));
    for (const name of ['tables/claim.parquet', 'tables/person.csv', 'notebooks/run.py', 'schema.sql.bak']) {
      await writeFile(join(folder, name), '');
      expect((await judge()).findings).toEqual([{ file: name, problem: 'is not in the manifest' }]);
      await rm(join(folder, name));
    }
  });

  it('finds files that changed places, and a link', async () => {
    await write(samplePackage());
    const [one, other] = [join(folder, 'data/Observation.ndjson'), join(folder, 'data/Patient.ndjson')];
    await rename(one, `${one}.aside`);
    await rename(other, one);
    await rename(`${one}.aside`, other);
    expect((await judge()).findings.map((finding) => finding.file)).toEqual([
      'data/Observation.ndjson',
      'data/Patient.ndjson',
    ]);
    await write(samplePackage());
    await rename(one, join(root, 'outside.ndjson'));
    await symlink(join(root, 'outside.ndjson'), one);
    expect((await judge()).verdict).toBe('broken');
  });

  it.each([
    ['another manifest', { manifest: 'e'.repeat(64) }],
    ['another order', { order: '99999999-9999-4999-8999-999999999999' }],
    ['another release key', { releaseKey: 'did:key:zAnother' }],
    ['no release', { code: 'order.fetched' }],
  ])('is broken when the release entry commits to %s', async (_, payload) => {
    await write(samplePackage({ payload }));
    expect((await judge()).verdict).toBe('broken');
  });

  it('does not take parts of two packages for one', async () => {
    await write(samplePackage());
    const other = samplePackage({ releaseSeed: 8 });
    for (const name of ['manifest.sig', 'receipts/release.json', 'receipts/release.tlog-proof']) {
      await writeFile(join(folder, name), other.get(name) ?? '');
      expect((await judge()).verdict).toBe('broken');
      await writeFile(join(folder, name), samplePackage().get(name) ?? '');
    }
  });

  it('verifies an encrypted package, and refuses a changed one before it reads it', async () => {
    const identity = await generateX25519Identity();
    const path = join(root, 'package.age');
    const files = [...samplePackage()].map(([name, text]) => ({
      name,
      bytes: Buffer.byteLength(text),
      open: () => Readable.from([Buffer.from(text)]),
    }));
    const recipient = await identityToRecipient(identity);
    await pipeline(await encryptTo([recipient], packArchive(files)), createWriteStream(path));
    const options = { path, policyText: POLICY, identityText: `# key\n${identity}\n` };
    expect(await verifyPackage(options)).toMatchObject({ verdict: 'verified' });
    expect(await verifyPackage({ path, policyText: POLICY })).toMatchObject({ verdict: 'broken' });
    const bytes = await readFile(path);
    bytes[bytes.length - 100]! ^= 1;
    await writeFile(path, bytes);
    expect(await verifyPackage(options)).toMatchObject({ verdict: 'broken', findings: [{ file: path }] });
  });

  it('refuses a policy that it cannot read instead of judging without one', async () => {
    await write(samplePackage());
    await expect(judge('log nothing\n')).rejects.toThrow();
  });
});
