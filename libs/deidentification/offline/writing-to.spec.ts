import { existsSync } from 'node:fs';
import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeFolder, requirePlainTarget, writingTo } from './writing-to';
import { writeRelease } from './release-file';

/** A device of Linux that is always full. */
const FULL = '/dev/full';

describe('writing to a place', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'aceso-writing-'));
    await writeFile(join(folder, 'file'), 'mine');
    await mkdir(join(folder, 'taken.csv'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));
  const release = { header: ['a'], delimiter: ',', records: [{ values: ['1'], records: 1 }] };
  const refused = (place: string) => writeRelease(join(folder, place), release);

  it.each([
    ['a folder that is not there', 'none/out.csv', /its folder is not there/],
    ['a folder below a file', 'file/out.csv', /a file is in the place of a folder/],
    ['a name that a folder has', 'taken.csv', /it is a folder or a device/],
  ])('refuses %s and leaves nothing', async (_, place, why) => {
    const before = await readdir(folder);
    await expect(refused(place)).rejects.toMatchObject({
      code: 'RELEASE_NOT_WRITABLE',
      message: expect.stringMatching(why) as string,
    });
    expect(await readdir(folder)).toEqual(before);
    expect(await readFile(join(folder, 'file'), 'utf8')).toBe('mine');
  });

  (existsSync(FULL) ? it : it.skip)('replaces no device, and says that a disk is full', async () => {
    await expect(requirePlainTarget(FULL)).rejects.toMatchObject({ code: 'RELEASE_NOT_WRITABLE' });
    await expect(writingTo(FULL, () => appendFile(FULL, 'x'))).rejects.toMatchObject({
      code: 'RELEASE_NOT_WRITABLE',
      message: expect.stringContaining('the disk is full; free space') as string,
    });
  });

  it('leaves errors of other places and other errors as they are', async () => {
    const other = writingTo(join(folder, 'out'), () => readFile(join(folder, 'none')));
    await expect(other).rejects.toMatchObject({ code: 'ENOENT' });
    const bug = new TypeError('a mistake of ours');
    await expect(writingTo(folder, () => Promise.reject(bug))).rejects.toBe(bug);
  });

  it('makes folders inside of folders, and ends where none can be made', async () => {
    await makeFolder(join(folder, 'a', 'b'));
    await makeFolder(join(folder, 'a', 'b'));
    expect(await readdir(join(folder, 'a'))).toEqual(['b']);
    await expect(makeFolder(join(folder, 'file'))).rejects.toMatchObject({ code: 'EEXIST' });
    await expect(makeFolder(join(folder, 'file', 'in'))).rejects.toMatchObject({ code: 'ENOTDIR' });
  });
});
