import { hkdfSync } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Injectable } from '@nestjs/common';
import { assert, concat, utf8 } from '@aceso/kernel';
import { openAes256Gcm, sealAes256Gcm } from '../cryptography/aes-gcm';
import { ed25519PublicKey } from '../cryptography/ed25519';
import type { ProcessName } from '../database/roles';
import type { Tx } from '../database/tx';
import { PlatformError } from '../platform.errors';
import { createKeyFile, destroyKeyFile, readKeyFile, writeKeyFile } from './key-file';

/**
 * Service keys: the ledger's and the release's Ed25519 seeds, that of session tokens, the keys of date-shift tags and of
 * counts with noise. */
export const SERVICE_SEEDS = ['ledger', 'release', 'token', 'shift', 'noise'] as const;
export type ServiceSeed = (typeof SERVICE_SEEDS)[number];

/** Which of them each process reads. The api signs nothing but session tokens: it shows the ledger's public key only. */
export const PROCESS_SEEDS: { readonly [name in ProcessName]: readonly ServiceSeed[] } = {
  api: ['token', 'noise'],
  worker: ['ledger', 'release', 'shift'],
};

/** A key as it is stored: sealed under the master key of one epoch. */
export interface WrappedKey {
  readonly wrapped: Uint8Array;
  readonly epoch: number;
}

/** One key to open, with the access event that says why. */
export interface UnwrapRequest extends WrappedKey {
  /** UUID of what the key belongs to (source record, party, provider). */
  readonly keyOwner: string;
  /** The additional data that the key was wrapped with: owner and key version. */
  readonly aad: Uint8Array;
  readonly accessEventId: string;
}

const WRAP_FORMAT = utf8('aceso/wrapped-key/v1');
const DERIVED_FORMAT = 'aceso/derived-key/v1';
const LEDGER_PUBLIC_KEY = 'ledger.pub';
const EPOCH_FILE = /^epoch-([1-9][0-9]{0,5})\.key$/;

/**
 * Master keys of the epochs and service seeds, in files of mode 0600 under `<home>/keys`. An old epoch's key is destroyed at
 * the turn, so that older backups hold dead keys (privacy-and-keys 3). Keys are asked for with a reason.
 */
@Injectable()
export class KeyCustody {
  readonly #seeds: readonly ServiceSeed[];
  readonly #masterKeys = new Map<number, Uint8Array>();

  /**
   * `folder` is `<home>/keys`. Nothing is created here: only the launcher's start does ({@link createKeys}), and the turn of
   * an epoch. Other seeds than `seeds` are never read.
   */
  constructor(
    readonly folder: string,
    seeds: readonly ServiceSeed[] = SERVICE_SEEDS,
  ) {
    this.#seeds = seeds;
  }

  /** The newest epoch; new keys are wrapped under its master key. KEY_MISSING when there is none. */
  get currentEpoch(): number {
    const newest = newestEpoch(this.folder);
    if (newest === 0) {
      throw new PlatformError('KEY_MISSING', 'no master key epoch-<n>.key: run `aceso serve` once or restore the keys');
    }
    return newest;
  }

  /** Seals a key of 32 bytes under the newest master key; `aad` (owner, key version) must be repeated to open it. */
  wrap(key: Uint8Array, aad: Uint8Array): WrappedKey {
    assert(key.length === 32, 'a wrapped key has 32 bytes');
    const epoch = this.currentEpoch;
    return { wrapped: sealAes256Gcm(this.#masterKey(epoch), key, boundData(epoch, aad)), epoch };
  }

  /**
   * Opens keys, in the order of the requests, and writes one platform.key_unwrap row each in the acting transaction. Refuses
   * with KEY_EPOCH_DESTROYED or KEY_UNWRAP_FAILED (another owner, version or master key).
   */
  async unwrap(tx: Tx, requests: readonly UnwrapRequest[]): Promise<Uint8Array[]> {
    if (requests.length === 0) return [];
    await tx.execute(
      `insert into platform.key_unwrap (key_owner, epoch, access_event_id)
       select * from unnest($1::uuid[], $2::integer[], $3::uuid[])`,
      [
        requests.map((request) => request.keyOwner),
        requests.map((request) => request.epoch),
        requests.map((request) => request.accessEventId),
      ],
    );
    return requests.map((request) => this.#open(request));
  }

  /**
   * Seals a wrapped key anew under the newest master key, without giving the key itself to anybody: so it leaves no unwrap.
   * Null where it is under the newest one already.
   */
  rewrap({ wrapped, epoch, aad }: WrappedKey & { readonly aad: Uint8Array }): WrappedKey | null {
    return epoch === this.currentEpoch ? null : this.wrap(this.#open({ wrapped, epoch, aad }), aad);
  }

  /**
   * Secret bytes for one purpose that live and die with the newest epoch (HKDF-SHA-256, RFC 5869): nothing of them is stored, and
   * after the turn of the epoch nobody makes them again.
   */
  derive(purpose: string, length: number): { readonly bytes: Uint8Array; readonly epoch: number } {
    const epoch = this.currentEpoch;
    const info = boundData(epoch, utf8(`${DERIVED_FORMAT}\0${purpose}`));
    return { bytes: new Uint8Array(hkdfSync('sha256', this.#masterKey(epoch), new Uint8Array(), info, length)), epoch };
  }

  /** Numbers of the epochs whose master key is here, oldest first. */
  epochs(): number[] {
    return epochsIn(this.folder);
  }

  /** Makes the master key of an epoch; from then on new keys are wrapped under it. One that is there stays. */
  createEpoch(epoch: number): void {
    assert(epoch > newestEpoch(this.folder) || this.epochs().includes(epoch), 'epochs count up');
    createKeyFile(join(this.folder, `epoch-${epoch}.key`));
  }

  /** Destroys the master key of an epoch that is not the newest; whatever is still wrapped under it is dead. */
  destroyEpoch(epoch: number): void {
    assert(epoch < newestEpoch(this.folder), 'the newest epoch is in use');
    destroyKeyFile(join(this.folder, `epoch-${epoch}.key`));
    this.#masterKeys.delete(epoch);
  }

  /** The 32-byte seed of a service key. KEY_NOT_HELD where it is another process's. */
  serviceSeed(name: ServiceSeed): Uint8Array {
    if (!this.#seeds.includes(name)) throw new PlatformError('KEY_NOT_HELD', 'this process does not use that key');
    return readKeyFile(join(this.folder, `${name}.seed`), `${name}.seed`);
  }

  /** The ledger's Ed25519 public key, for whoever does not sign with it. */
  ledgerPublicKey(): Uint8Array {
    return readKeyFile(join(this.folder, LEDGER_PUBLIC_KEY), LEDGER_PUBLIC_KEY);
  }

  /** Reads every key of this process once: a missing or exposed one is refused at start and not in the middle of a sale. */
  check(): void {
    this.#masterKey(this.currentEpoch);
    for (const name of this.#seeds) this.serviceSeed(name);
    this.ledgerPublicKey();
  }

  #open({ wrapped, epoch, aad }: Pick<UnwrapRequest, 'wrapped' | 'epoch' | 'aad'>): Uint8Array {
    const masterKey = this.#masterKey(epoch);
    try {
      return openAes256Gcm(masterKey, wrapped, boundData(epoch, aad));
    } catch (cause) {
      throw new PlatformError('KEY_UNWRAP_FAILED', 'the wrapped key belongs to another owner, version or master key', {
        cause,
      });
    }
  }

  #masterKey(epoch: number): Uint8Array {
    const file = join(this.folder, `epoch-${epoch}.key`);
    const exists = existsSync(file); // each time: another process may have destroyed it, and then memory forgets it too
    const known = exists ? this.#masterKeys.get(epoch) : undefined;
    if (known) return known;
    this.#masterKeys.delete(epoch);
    if (!exists && epoch < newestEpoch(this.folder)) {
      throw new PlatformError('KEY_EPOCH_DESTROYED', `the master key of epoch ${epoch} was destroyed at its turn`);
    }
    const key = readKeyFile(file, `epoch-${epoch}.key`);
    this.#masterKeys.set(epoch, key);
    return key;
  }
}

/** format ‖ epoch (32 bits, big-endian) ‖ caller's data: a wrapped key cannot be moved to another epoch or owner. */
function boundData(epoch: number, aad: Uint8Array): Uint8Array {
  const number = new Uint8Array(4);
  new DataView(number.buffer).setUint32(0, epoch);
  return concat(WRAP_FORMAT, number, aad);
}

/** Number of the newest epoch in the folder, 0 for none. */
function newestEpoch(folder: string): number {
  return epochsIn(folder).at(-1) ?? 0;
}

function epochsIn(folder: string): number[] {
  const names = existsSync(folder) ? readdirSync(folder) : [];
  const numbers = names.map((name) => Number(EPOCH_FILE.exec(name)?.[1] ?? 0));
  return numbers.filter((epoch) => epoch > 0).sort((a, b) => a - b);
}

/**
 * Creates the keys of a new instance, and puts the ledger's public key beside its seed. A seed that is missing beside
 * others is not made anew, since a second ledger key would silently start a second history: it is refused when it is read.
 */
export function createKeys(folder: string): void {
  const exists = (name: string): boolean => existsSync(join(folder, name));
  if (newestEpoch(folder) === 0 && !SERVICE_SEEDS.some((name) => exists(`${name}.seed`))) {
    for (const name of SERVICE_SEEDS) createKeyFile(join(folder, `${name}.seed`));
    createKeyFile(join(folder, 'epoch-1.key')); // last: its presence says that the set is complete
  }
  if (!exists('ledger.seed')) return;
  const seed = new KeyCustody(folder).serviceSeed('ledger');
  writeKeyFile(join(folder, LEDGER_PUBLIC_KEY), ed25519PublicKey(seed)); // at every start: the seed decides
}
