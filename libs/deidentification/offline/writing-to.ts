import { mkdir, rmdir, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { DeidentificationError } from '../domain';

/** What the system says when a place cannot be written, in words. */
const WORDS: Readonly<Record<string, string>> = {
  EACCES: 'nobody permits it',
  EDQUOT: 'the quota is used up',
  EEXIST: 'something else is in its place',
  EISDIR: 'a folder is in its place',
  ENOENT: 'its folder is not there',
  ENOSPC: 'the disk is full',
  ENOTDIR: 'a file is in the place of a folder',
  ENOTEMPTY: 'a folder is in its place',
  EPERM: 'nobody permits it',
  EROFS: 'the disk is read-only',
};

/**
 * Runs work that writes below `place`; what the system refuses there becomes RELEASE_NOT_WRITABLE, which says why. The work
 * itself takes away what it did not finish.
 */
export async function writingTo<Result>(place: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    const code = codeOf(cause, resolve(place));
    if (code === undefined) throw cause;
    throw new DeidentificationError(
      'RELEASE_NOT_WRITABLE',
      `${place} cannot be written: ${WORDS[code]}; free space, or name a place in a folder that exists and is yours`,
      { cause },
    );
  }
}

/** The code of a refusal to write; undefined for every other error, those of input files too. */
function codeOf(error: unknown, place: string): string | undefined {
  if (error instanceof DeidentificationError) return undefined;
  const { code, path, message } = error as Partial<NodeJS.ErrnoException>;
  // DuckDB tells it in its message alone.
  if (message?.includes('No space left on device')) return 'ENOSPC';
  const isThere = path === undefined || path === dirname(place) || resolve(path).startsWith(place);
  return code !== undefined && code in WORDS && isThere ? code : undefined;
}

/**
 * Makes a folder and those around it, and gives those that were not there, the outermost first. Node's own loops for ever
 * where a parent takes no folder, as /proc does.
 */
export async function makeFolder(folder: string): Promise<readonly string[]> {
  const parent = dirname(resolve(folder));
  const around = (await stat(parent).catch(() => undefined)) === undefined ? await makeFolder(parent) : [];
  try {
    await mkdir(folder);
  } catch (error) {
    if ((await stat(folder).catch(() => undefined))?.isDirectory() === true) return around;
    await removeEmpty(around);
    throw error;
  }
  return [...around, folder];
}

/** Takes folders of {@link makeFolder} away again, but for what somebody else has put something into meanwhile. */
export async function removeEmpty(made: readonly string[]): Promise<void> {
  for (const folder of made.toReversed()) {
    if (
      !(await rmdir(folder).then(
        () => true,
        () => false,
      ))
    )
      return;
  }
}

/** Throws RELEASE_NOT_WRITABLE where something stands that is no plain file, which moving a file there would replace. */
export async function requirePlainTarget(file: string): Promise<void> {
  const found = await stat(file).catch(() => undefined);
  if (found !== undefined && !found.isFile())
    throw new DeidentificationError(
      'RELEASE_NOT_WRITABLE',
      `${file} cannot be written: it is a folder or a device; name a file`,
    );
}
