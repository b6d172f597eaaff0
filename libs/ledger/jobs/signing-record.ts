import { mkdir, open, rename, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { assert, hex } from '@aceso/kernel';
import { LedgerError, parseDecimal } from '../domain';

/** The largest tree that this log ever signed. */
export interface SignedState {
  readonly origin: string;
  readonly size: bigint;
  readonly root: Uint8Array;
}

/**
 * One sector: disks write it whole or not at all, which is what PostgreSQL's own control file relies on. So the file is
 * always one complete record, and a new one costs no change of any folder.
 */
const RECORD_BYTES = 512;

/**
 * The last signed (size, root) in a file of its own, outside of the database: after the restore of an older backup the
 * database has forgotten what it promised, and the file has not, as long as no backup brings it back as well
 * (ACESO_SIGNING_RECORD). Written and synced before a signature leaves.
 */
export class SigningRecord {
  constructor(private readonly file: string) {}

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
    const text = JSON.stringify({ v: 1, origin, size: String(size), root: hex.encode(root) });
    const record = Buffer.from(`${text.padEnd(RECORD_BYTES - 1)}\n`);
    assert(record.length === RECORD_BYTES, 'the record fits in one sector');
    try {
      await overwrite(this.file, record);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      await create(this.file, record);
    }
  }

  private async readText(): Promise<string | undefined> {
    try {
      return await using(await open(this.file, 'r'), async (file) => {
        // One record and no more, whatever stands under this name.
        const { buffer, bytesRead } = await file.read(Buffer.alloc(RECORD_BYTES), 0, RECORD_BYTES, 0);
        return buffer.toString('utf8', 0, bytesRead);
      });
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

async function overwrite(path: string, record: Uint8Array): Promise<void> {
  await using(await open(path, 'r+'), async (file) => {
    await file.write(record, 0, record.length, 0);
    await file.datasync();
  });
}

/** The first record appears complete: under another name first, and its name is durable once the folder is. */
async function create(path: string, record: Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const part = `${path}.part`;
  await using(await open(part, 'w', 0o600), async (file) => {
    await file.write(record);
    await file.sync();
  });
  await rename(part, path);
  await using(await open(dirname(path), 'r'), (folder) => folder.sync());
}

async function using<Result>(file: FileHandle, use: (file: FileHandle) => Promise<Result>): Promise<Result> {
  try {
    return await use(file);
  } finally {
    await file.close();
  }
}
