import { mkdir, open, readFile, rename, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { hex } from '@aceso/kernel';
import { LedgerError, parseDecimal } from '../domain';

/** The largest tree that this log ever signed. */
export interface SignedState {
  readonly origin: string;
  readonly size: bigint;
  readonly root: Uint8Array;
}

/** Where the record stands below the home folder. */
export const SIGNING_RECORD = join('ledger', 'last-signed.json');

/**
 * The last signed (size, root) in a file of its own, outside of the database: after the restore of an older backup the
 * database has forgotten what it promised, and the file has not. Written and synced before a signature leaves.
 */
export class SigningRecord {
  private readonly file: string;

  constructor(home: string) {
    this.file = join(home, SIGNING_RECORD);
  }

  /** What was signed last; undefined when nothing was. Throws LEDGER_SIGNING_RECORD_MALFORMED. */
  async read(): Promise<SignedState | undefined> {
    const text = await this.readText();
    if (text === undefined) return undefined;
    try {
      return parseState(text);
    } catch (cause) {
      throw new LedgerError(
        'LEDGER_SIGNING_RECORD_MALFORMED',
        'last-signed.json cannot be read: restore it together with the newest database backup',
        { cause },
      );
    }
  }

  /** Replaces the record in one step and makes it durable. */
  async write({ origin, size, root }: SignedState): Promise<void> {
    const folder = dirname(this.file);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const part = `${this.file}.part`;
    const text = `${JSON.stringify({ v: 1, origin, size: String(size), root: hex.encode(root) })}\n`;
    await syncFile(part, 'w', (file) => file.writeFile(text));
    await rename(part, this.file);
    // The new name itself is durable only once the folder is.
    await syncFile(folder, 'r');
  }

  private async readText(): Promise<string | undefined> {
    try {
      return await readFile(this.file, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }
}

function parseState(text: string): SignedState {
  const { v, origin, size, root } = JSON.parse(text) as Record<string, unknown>;
  const parsed = typeof size === 'string' ? parseDecimal(size) : undefined;
  if (v !== 1 || typeof origin !== 'string' || parsed === undefined || typeof root !== 'string') {
    throw new TypeError('a field is missing');
  }
  return { origin, size: parsed, root: hex.decode(root) };
}

async function syncFile(path: string, flags: 'r' | 'w', use?: (file: FileHandle) => Promise<void>): Promise<void> {
  const file = await open(path, flags, 0o600);
  try {
    await use?.(file);
    await file.sync();
  } finally {
    await file.close();
  }
}
