import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { pack, type Pack } from 'tar-stream';
import {
  encryptTo,
  openPackage,
  packArchive,
  parseIdentities,
  unpackArchive,
  type ArchiveFile,
} from './package-archive';

const file = (name: string, content: string | Uint8Array): ArchiveFile => {
  const bytes = Buffer.from(content);
  return { name, bytes: bytes.length, open: () => Readable.from([bytes]) };
};

describe('package archive', () => {
  let folder: string;
  beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'archive-'))));
  afterEach(async () => rm(folder, { recursive: true, force: true }));

  const rows = `${JSON.stringify({ resourceType: 'Observation', text: 'x'.repeat(200) })}\n`.repeat(2000);
  const files = [
    file('README.md', 'read me\n'),
    file('data/Observation.ndjson', rows),
    file('data/Patient.ndjson', ''),
  ];

  async function encrypted(content: readonly ArchiveFile[]): Promise<{ path: string; identity: string }> {
    const identity = await generateX25519Identity();
    const path = join(folder, 'package.age');
    const recipient = await identityToRecipient(identity);
    await pipeline(await encryptTo([recipient], packArchive(content)), createWriteStream(path));
    return { path, identity };
  }

  async function work(): Promise<string> {
    return mkdtemp(join(folder, 'work-'));
  }

  it('comes back as it was', async () => {
    const { path, identity } = await encrypted(files);
    const opened = await openPackage({ encryptedPath: path, identities: [identity], workFolder: await work() });
    expect((await readdir(opened, { recursive: true })).sort()).toEqual(
      ['README.md', 'data', 'data/Observation.ndjson', 'data/Patient.ndjson'].sort(),
    );
    expect(await readFile(join(opened, 'data/Observation.ndjson'), 'utf8')).toBe(rows);
  });

  it('has equal bytes for equal files, whatever their order', async () => {
    const one = Buffer.concat(await packArchive(files).toArray());
    const other = Buffer.concat(await packArchive([...files].reverse()).toArray());
    expect(one.equals(other)).toBe(true);
  });

  it('fails when a file is shorter than was said', async () => {
    const short = { ...file('README.md', 'abc'), bytes: 4 };
    await expect(packArchive([short]).toArray()).rejects.toThrow();
  });

  it('is refused without the right identity, after a changed byte, and when it was cut', async () => {
    const { path, identity } = await encrypted(files);
    const bytes = await readFile(path);
    const open = async (identities: readonly string[]): Promise<string> =>
      openPackage({ encryptedPath: path, identities, workFolder: await work() });
    const refusal = expect.objectContaining({ code: 'PACKAGE_NOT_DECRYPTED' });
    await expect(open([await generateX25519Identity()])).rejects.toEqual(refusal);
    for (const at of [0, 30, 200, bytes.length >> 1, bytes.length - 1]) {
      const changed = Buffer.from(bytes);
      changed[at]! ^= 1;
      await writeFile(path, changed);
      await expect(open([identity])).rejects.toEqual(refusal);
    }
    for (const length of [0, 100, bytes.length - 1, bytes.length - 65_552]) {
      await writeFile(path, bytes.subarray(0, length));
      await expect(open([identity])).rejects.toEqual(refusal);
    }
  });

  const hostile: [string, (archive: Pack) => void][] = [
    ['a path that leaves the folder', (archive) => archive.entry({ name: '../escape.txt' }, 'x')],
    ['an absolute path', (archive) => archive.entry({ name: '/tmp/escape.txt' }, 'x')],
    ['a path inside data that leaves it', (archive) => archive.entry({ name: 'data/../../x.ndjson' }, 'x')],
    ['a link', (archive) => archive.entry({ name: 'README.md', type: 'symlink', linkname: '/etc/passwd' })],
    ['a folder', (archive) => archive.entry({ name: 'data', type: 'directory' })],
    ['a table with a name of upper case', (archive) => archive.entry({ name: 'tables/Person.parquet' }, 'x')],
    ['a table that is no Parquet', (archive) => archive.entry({ name: 'tables/person.csv' }, 'x')],
    ['a path inside tables that leaves it', (archive) => archive.entry({ name: 'tables/../person.parquet' }, 'x')],
    ['a notebook of another name', (archive) => archive.entry({ name: 'notebooks/run.ipynb' }, 'x')],
    ['a foreign name', (archive) => archive.entry({ name: 'data/run.sh' }, 'x')],
    [
      'a name twice',
      (archive) => {
        archive.entry({ name: 'README.md' }, 'x');
        archive.entry({ name: 'README.md' }, 'y');
      },
    ],
  ];
  it.each(hostile)('refuses an archive with %s', async (_, fill) => {
    const archive = pack();
    fill(archive);
    archive.finalize();
    const path = join(folder, 'hostile.tar');
    await pipeline(Readable.from(archive), createWriteStream(path));
    await expect(unpackArchive(path, join(folder, 'out'))).rejects.toEqual(
      expect.objectContaining({ code: 'PACKAGE_MALFORMED' }),
    );
    expect(await readdir(folder)).not.toContain('escape.txt');
  });

  it('refuses an archive that was cut', async () => {
    const bytes = Buffer.concat(await packArchive(files).toArray());
    await mkdir(join(folder, 'cut'));
    const path = join(folder, 'cut', 'cut.tar');
    await writeFile(path, bytes.subarray(0, 5000));
    await expect(unpackArchive(path, join(folder, 'out'))).rejects.toEqual(
      expect.objectContaining({ code: 'PACKAGE_MALFORMED' }),
    );
  });

  it('reads identities as age-keygen writes them', () => {
    expect(parseIdentities('# created: today\n# public key: age1…\n\nAGE-SECRET-KEY-1AB\n')).toEqual([
      'AGE-SECRET-KEY-1AB',
    ]);
  });
});
