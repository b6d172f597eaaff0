import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
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
  read(): SignedState | undefined {
    const text = this.readText();
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
  write({ origin, size, root }: SignedState): void {
    const folder = dirname(this.file);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const part = `${this.file}.part`;
    withFile(part, 'w', (descriptor) => {
      writeSync(descriptor, `${JSON.stringify({ v: 1, origin, size: String(size), root: hex.encode(root) })}\n`);
    });
    renameSync(part, this.file);
    // The new name itself is durable only once the folder is.
    withFile(folder, 'r', () => undefined);
  }

  private readText(): string | undefined {
    try {
      return readFileSync(this.file, 'utf8');
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

function withFile(path: string, flags: 'r' | 'w', use: (descriptor: number) => void): void {
  const descriptor = openSync(path, flags, 0o600);
  try {
    use(descriptor);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
