import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { canonicalJson, concat, hex, utf8 } from '@aceso/kernel';
import { z } from 'zod';
import { sha256 } from '../cryptography/hash';
import { PlatformError } from '../platform.errors';
import { readPrivateFile, writePrivateFile } from './key-file';

/** What a tombstone names: a person with everything of it, or one source record. */
export type TombstoneKind = 'person' | 'source-record';

/** An erasure that no restored dump may undo. All values are SHA-256 digests in lower-case hexadecimal. */
export interface Tombstone {
  /** Of the statement that asked for it. */
  readonly id: string;
  /** Of the random ids of what was erased: beside a dump they say what to erase again, alone they say nothing. */
  readonly marks: readonly string[];
}

const FORMAT = 'aceso/tombstone/v1';
const FOLDER = 'tombstones';
const FILE_NAME = /^([0-9a-f]{64})\.json$/;
const digest = z.string().regex(/^[0-9a-f]{64}$/);
const Content = z.strictObject({ format: z.literal(FORMAT), marks: z.array(digest).min(1) });

/** Source records of one tombstone, at most: more than a person has in a lifetime, and the file stays small. */
export const TOMBSTONE_MARKS_MAX = 200;

/** Identity of the tombstone of a statement, from the statement's digest (32 bytes). */
export function tombstoneId(statementDigest: Uint8Array): string {
  return hex.encode(sha256(concat(utf8(`${FORMAT} statement `), statementDigest)));
}

/** How a tombstone names a person or a source record: a digest of a random UUID cannot be searched for. */
export function tombstoneMark(kind: TombstoneKind, id: string): string {
  return hex.encode(sha256(utf8(`${FORMAT} ${kind} ${id}`)));
}

/**
 * Writes a tombstone into `<keys>/tombstones`, the last step before an erasure commits: a process that dies in between leaves
 * an erasure that the next start completes, never one that a restore undoes. Again, it changes nothing.
 */
export function writeTombstone(keyFolder: string, { id, marks }: Tombstone): void {
  const content = canonicalJson({ format: FORMAT, marks: [...marks].sort() });
  writePrivateFile(join(keyFolder, FOLDER, `${id}.json`), utf8(content));
}

/** All tombstones in the order of their ids. TOMBSTONE_DAMAGED names the file that is none. */
export function readTombstones(keyFolder: string): Tombstone[] {
  const folder = join(keyFolder, FOLDER);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .sort()
    .flatMap((name) => {
      const id = FILE_NAME.exec(name)?.[1];
      return id === undefined ? [] : [{ id, marks: readMarks(join(folder, name), name) }];
    });
}

function readMarks(file: string, name: string): readonly string[] {
  const text = Buffer.from(readPrivateFile(file, name)).toString('utf8');
  try {
    return Content.parse(JSON.parse(text)).marks;
  } catch (cause) {
    throw new PlatformError(
      'TOMBSTONE_DAMAGED',
      `keys/${FOLDER}/${name} is damaged: restore it from the key backup, or an erasure would be undone`,
      { cause },
    );
  }
}
