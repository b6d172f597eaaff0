import { mkdir, open, rename, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Makes a folder of mode 0700, and its name durable. */
export async function makeFolder(folder: string): Promise<void> {
  const made = await mkdir(folder, { recursive: true, mode: 0o700 });
  if (made !== undefined) await syncFolder(dirname(made));
}

/**
 * Puts bytes into a file, whole or not at all: when this returns it survives a crash of the machine. Under another name
 * first; the new name is durable once the folder is. Two writers of one file must take turns.
 */
export async function writeDurably(file: string, text: string | Uint8Array, mode = 0o600): Promise<void> {
  const part = `${file}.part`;
  await using(await open(part, 'w', mode), async (handle) => {
    await handle.chmod(mode); // whatever the umask and an older part say
    await handle.writeFile(text);
    await handle.sync();
  });
  await rename(part, file);
  await syncFolder(dirname(file));
}

async function syncFolder(folder: string): Promise<void> {
  await using(await open(folder, 'r'), (handle) => handle.sync());
}

async function using(handle: FileHandle, use: (handle: FileHandle) => Promise<void>): Promise<void> {
  try {
    await use(handle);
  } finally {
    await handle.close();
  }
}
