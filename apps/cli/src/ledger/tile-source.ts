import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { formatTilePath, HASH_BYTES, LedgerError, NOTE_BYTES_MAX, ENTRIES, TILE_HASHES } from '@aceso/ledger/domain';
import { ENTRY_BUNDLE_BYTES_MAX, type TileName, type TileSource } from '@aceso/ledger/domain';

/** Longest wait for one resource, milliseconds. */
const REQUEST_MS_MAX = 30_000;
/** How often one is asked for, with these pauses between (milliseconds). */
const PAUSES_MS = [0, 500, 2_000];
const LOCAL_HOSTS: readonly string[] = ['localhost', '127.0.0.1', '[::1]'];

/** Somebody else's log, as a server or a folder gives it. */
export interface RemoteLog {
  readonly checkpoint: () => Promise<Uint8Array>;
  readonly tiles: TileSource;
}

/** Brings at most `bytesMax` bytes of a resource. Throws RESOURCE_MISSING, RESOURCE_TOO_LARGE or LOG_UNREACHABLE. */
type Load = (path: string, bytesMax: number) => Promise<Uint8Array>;

/** The log under a URL (the prefix of `/checkpoint`) or in a folder. The token goes to that one host only. */
export function remoteLog(from: string, token: string | undefined): RemoteLog {
  const load = /^https?:\/\//i.test(from) ? httpLoader(from, token) : folderLoader(from);
  return {
    checkpoint: () => load('checkpoint', NOTE_BYTES_MAX),
    tiles: (name) => loadTile(load, name),
  };
}

/** tlog-tiles: a partial tile may be gone once the full one is there, which begins with its hashes. */
async function loadTile(load: Load, name: TileName): Promise<Uint8Array> {
  const get = (wanted: TileName): Promise<Uint8Array> => load(formatTilePath(wanted), bytesMaxOf(wanted));
  if (name.level === ENTRIES || name.width === TILE_HASHES) return get(name);
  return get(name).catch(async (error: unknown) => {
    if (!(error instanceof LedgerError) || error.code !== 'RESOURCE_MISSING') throw error;
    const full = await get({ ...name, width: TILE_HASHES }).catch(() => undefined);
    if (!full) throw error;
    return full.subarray(0, name.width * HASH_BYTES);
  });
}

function bytesMaxOf({ level, width }: TileName): number {
  return level === ENTRIES ? ENTRY_BUNDLE_BYTES_MAX : width * HASH_BYTES;
}

function folderLoader(folder: string): Load {
  return async (path, bytesMax) => {
    const file = await open(join(folder, path)).catch((cause: unknown) => {
      throw missing(path, 'there is no such file', cause);
    });
    try {
      const buffer = Buffer.alloc(Math.min((await file.stat()).size, bytesMax + 1));
      const { bytesRead } = await file.read(buffer, 0, buffer.length, 0);
      return requireLength(path, buffer.subarray(0, bytesRead), bytesMax);
    } finally {
      await file.close();
    }
  };
}

function httpLoader(from: string, token: string | undefined): Load {
  const prefix = from.replace(/\/+$/, '');
  const { protocol, hostname } = new URL(prefix);
  if (token !== undefined && protocol !== 'https:' && !LOCAL_HOSTS.includes(hostname)) {
    throw new LedgerError('TOKEN_NOT_SENT', 'a token is sent over https only');
  }
  const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return async (path, bytesMax) => {
    let problem: LedgerError | undefined;
    for (const pause of PAUSES_MS) {
      await sleep(pause);
      const answer = await ask(`${prefix}/${path}`, path, { headers, bytesMax });
      if (!(answer instanceof LedgerError)) return answer;
      problem = answer;
    }
    throw problem as LedgerError;
  };
}

interface Question {
  /** With the auditor's token, if there is one. */
  readonly headers: Readonly<Record<string, string>>;
  readonly bytesMax: number;
}

/** The bytes, or a refusal that another try may change; what no further try changes is thrown. */
async function ask(url: string, path: string, { headers, bytesMax }: Question): Promise<Uint8Array | LedgerError> {
  const signal = AbortSignal.timeout(REQUEST_MS_MAX);
  try {
    // A log lives under one prefix: whoever sends us elsewhere is not asked any further.
    const response = await fetch(url, { headers, redirect: 'error', signal });
    if (response.ok) return await readLimited(path, response, bytesMax);
    await response.body?.cancel();
    if (response.status === 404 || response.status === 410) throw missing(path, 'the server has no such thing');
    const refusal = unreachable(path, `the server answers ${response.status}`);
    if (response.status < 500 && response.status !== 429) throw refusal;
    return refusal;
  } catch (error) {
    if (error instanceof LedgerError) throw error;
    return unreachable(path, 'the server does not answer', error);
  }
}

async function readLimited(path: string, { body }: Response, bytesMax: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of (body ?? []) as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    if (length > bytesMax) throw tooLarge(path, bytesMax);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function requireLength(path: string, bytes: Uint8Array, bytesMax: number): Uint8Array {
  if (bytes.length > bytesMax) throw tooLarge(path, bytesMax);
  return bytes;
}

/** The log lacks what its checkpoint needs. */
function missing(path: string, why: string, cause?: unknown): LedgerError {
  return new LedgerError('RESOURCE_MISSING', `${path}: ${why}`, { cause });
}

/** Nobody says anything about the log. */
function unreachable(path: string, why: string, cause?: unknown): LedgerError {
  return new LedgerError('LOG_UNREACHABLE', `${path}: ${why}`, { cause });
}

function tooLarge(path: string, bytesMax: number): LedgerError {
  return new LedgerError('RESOURCE_TOO_LARGE', `${path}: longer than ${bytesMax} bytes`);
}
