import { randomBytes } from 'node:crypto';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SignEd25519 } from '@aceso/kernel';
import { formatVerifierKey, isKeyName, KEY_TYPE, verifierKey, type VerifierKey } from '@aceso/ledger/domain';
import { keyPair, sha256 } from './crypto';
import { makeFolder, writeDurably } from './durable-file';
import { WitnessError } from './witness.errors';

const SEED_FILE = 'witness.seed';
const VKEY_FILE = 'witness.vkey';
const SEED_BYTES = 32;
/** Any permission of group or others. */
const OTHERS_MASK = 0o077;

/** Who this witness is. */
export interface WitnessKey {
  readonly key: VerifierKey;
  readonly sign: SignEd25519;
}

/**
 * The key of a witness: 32 random bytes of mode 0600 in its home, made at the first start. The verifier key stands beside
 * it for others to copy, and holds the name: cosignature/v1 does not name the cosigner, so one key serves one name for ever.
 */
export async function openKey(home: string, name: string | undefined): Promise<WitnessKey> {
  await makeFolder(home);
  const known = await readIfThere(join(home, VKEY_FILE));
  const wanted = name ?? known?.split('+', 1)[0];
  if (wanted === undefined || !isKeyName(wanted)) {
    throw new WitnessError('WITNESS_USAGE', 'a new witness needs --name, without spaces and plus signs');
  }
  const { sign, publicKey } = keyPair(await openSeed(join(home, SEED_FILE), known !== undefined));
  const key = verifierKey({ name: wanted, type: KEY_TYPE.cosignature, publicKey }, sha256);
  const text = `${formatVerifierKey(key)}\n`;
  if (known === undefined) await writeDurably(join(home, VKEY_FILE), text, 0o644);
  else if (known !== text) {
    throw new WitnessError('WITNESS_NAME_CHANGED', `${VKEY_FILE} names another witness: give a new name a new home`);
  }
  return { key, sign };
}

async function openSeed(file: string, mustExist: boolean): Promise<Uint8Array> {
  const seed = await readSeed(file);
  if (seed !== undefined) return seed;
  if (mustExist) {
    throw new WitnessError(
      'WITNESS_KEY_MALFORMED',
      `${SEED_FILE} is gone: bring it back, or begin anew in another home`,
    );
  }
  const fresh = randomBytes(SEED_BYTES);
  await writeDurably(file, fresh);
  return fresh;
}

async function readSeed(file: string): Promise<Uint8Array | undefined> {
  const handle = await open(file, 'r').catch(undefinedIfMissing);
  if (handle === undefined) return undefined;
  try {
    const { mode } = await handle.stat();
    if (process.platform !== 'win32' && (mode & OTHERS_MASK) !== 0) {
      throw new WitnessError(
        'WITNESS_KEY_READABLE_BY_OTHERS',
        `${SEED_FILE} has mode ${(mode & 0o777).toString(8)}: replace the key if others read it, else chmod 600`,
      );
    }
    const seed = await handle.readFile();
    if (seed.length !== SEED_BYTES) {
      throw new WitnessError('WITNESS_KEY_MALFORMED', `${SEED_FILE} has ${seed.length} bytes, expected ${SEED_BYTES}`);
    }
    return seed;
  } finally {
    await handle.close();
  }
}

/** The text of a file; undefined when there is none. */
export async function readIfThere(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').catch(undefinedIfMissing);
}

function undefinedIfMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT') return undefined;
  throw error;
}
