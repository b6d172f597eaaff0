import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { base64 } from '@aceso/kernel';
import { readPrivateFile, writePrivateFile } from '@aceso/platform';
import { Decrypter, Encrypter } from 'age-encryption';
import { z } from 'zod';
import { UpkeepError } from './upkeep.errors';

const FORMAT = 'aceso/key-backup/v1';
const FILE_NAME = /^keys-([0-9]{4}-[0-9]{2}-[0-9]{2})T([0-9]{2})-([0-9]{2})-([0-9]{2})Z\.age$/;
/** Files of the key folder: master keys, seeds, the ledger's public key; and the tombstones, which no dump may outlive. */
const KEY_FILE = /^(epoch-[1-9][0-9]{0,5}\.key|[a-z]+\.seed|ledger\.pub|tombstones\/[0-9a-f]{64}\.json)$/;
const DAY_MS = 86_400_000;

const Content = z.strictObject({
  format: z.literal(FORMAT),
  files: z.record(z.string().regex(KEY_FILE), z.string()),
});

/** Files of a key folder by their path in it. */
export type KeyFiles = ReadonlyMap<string, Uint8Array>;

/** Reads the key folder of an instance. */
export function readKeyFolder(folder: string): KeyFiles {
  const names = (readdirSync(folder, { recursive: true }) as string[]).map((name) => name.replaceAll('\\', '/'));
  const files = names.filter((name) => KEY_FILE.test(name)).sort();
  return new Map(files.map((name) => [name, Uint8Array.from(readPrivateFile(join(folder, name), name))]));
}

/** Writes keys into the folder of an instance, mode 0600. */
export function writeKeyFolder(folder: string, files: KeyFiles): void {
  for (const [name, content] of files) writePrivateFile(join(folder, name), content);
}

/**
 * Writes a copy of all keys and tombstones, encrypted to an age recipient, into a folder of its own. It must not lie with the
 * data: a copy of both is worth what the data are. Throws KEY_BACKUP_MISPLACED or KEY_BACKUP_RECIPIENT_INVALID.
 */
export async function backUpKeys(
  keyFolder: string,
  target: { readonly folder: string; readonly recipient: string; readonly apartFrom: string; readonly now: number },
): Promise<string> {
  refuseTogether(target.folder, target.apartFrom);
  const encrypter = new Encrypter();
  try {
    encrypter.addRecipient(target.recipient);
  } catch (cause) {
    throw new UpkeepError('KEY_BACKUP_RECIPIENT_INVALID', 'expected an age recipient: age1… (age-keygen -y)', {
      cause,
    });
  }
  const files = [...readKeyFolder(keyFolder)].map(([name, content]) => [name, base64.encode(content)]);
  const text = JSON.stringify({ format: FORMAT, files: Object.fromEntries(files) as Record<string, string> });
  const stamp = new Date(target.now).toISOString().slice(0, 19).replaceAll(':', '-');
  const name = `keys-${stamp}Z.age`;
  writePrivateFile(join(target.folder, name), await encrypter.encrypt(text));
  return name;
}

/**
 * Removes key backups that are older than `days`: with them dies what older dumps hold. Tells their names. By the time in the
 * name, since copying changes that of the file; files of other names are left alone.
 */
export function expireKeyBackups(
  folder: string,
  { days, now }: { readonly days: number; readonly now: number },
): string[] {
  if (!existsSync(folder)) return [];
  const expired = readdirSync(folder).filter((name) => {
    const [, day, hour, minute, second] = FILE_NAME.exec(name) ?? [];
    return day !== undefined && now - Date.parse(`${day}T${hour}:${minute}:${second}Z`) >= days * DAY_MS;
  });
  for (const name of expired) rmSync(join(folder, name));
  return expired.sort();
}

/** Keys for a restore: a key folder, or a key backup with the identities that open it. KEY_BACKUP_UNREADABLE. */
export async function readKeys(source: string, identities: readonly string[] = []): Promise<KeyFiles> {
  if (!existsSync(source)) throw unreadable('there is no such file or folder');
  if (statSync(source).isDirectory()) {
    const files = readKeyFolder(source);
    if (![...files.keys()].some((name) => name.startsWith('epoch-')))
      throw unreadable('the folder holds no master key');
    return files;
  }
  const decrypter = new Decrypter();
  try {
    for (const identity of identities) decrypter.addIdentity(identity);
    const text = await decrypter.decrypt(readFileSync(source), 'text');
    const { files } = Content.parse(JSON.parse(text));
    return new Map(Object.entries(files).map(([name, content]) => [name, base64.decode(content)]));
  } catch (cause) {
    throw unreadable('these identities do not open it, or it is damaged', cause);
  }
}

function unreadable(why: string, cause?: unknown): UpkeepError {
  return new UpkeepError('KEY_BACKUP_UNREADABLE', `--keys names a key folder or a key backup: ${why}`, { cause });
}

function refuseTogether(folder: string, other: string): void {
  const inside = (inner: string, outer: string): boolean => !relative(resolve(outer), resolve(inner)).startsWith('..');
  if (!inside(folder, other) && !inside(other, folder)) return;
  throw new UpkeepError('KEY_BACKUP_MISPLACED', 'keys and data lie in one folder: name another place for the keys');
}
