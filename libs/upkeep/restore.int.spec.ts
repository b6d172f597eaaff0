import {
  existsSync,
  mkdtempSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAudit } from '@aceso/audit/testing';
import { openIdentityKit, type IdentityKit } from '@aceso/identity/testing';
import { Erasures } from '@aceso/ledger';
import { createSequencer, publishAll } from '@aceso/ledger/testing';
import { openAes256Gcm } from '@aceso/platform';
import { boundPatient, createErasures, RegisterKit, type BoundPatient } from '@aceso/register/testing';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { makeBackup } from './backup';
import { EpochTurn } from './epoch-turn';
import { backUpKeys, expireKeyBackups, readKeyFolder, readKeys, type KeyFiles } from './key-backup';
import { KEY_TABLES } from './key-tables';
import { proveBackup } from './prove';
import { restore } from './restore';

jest.setTimeout(180_000);

const DAY_MS = 86_400_000;

let folder: string;
let identity: IdentityKit;
let kit: RegisterKit;
let amina: BoundPatient;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'aceso-backup-'));
  identity = await openIdentityKit();
  kit = new RegisterKit(identity.test);
  amina = await boundPatient(identity, kit);
  await boundPatient(identity, kit);
  await publishAll(createSequencer(identity.test));
}, 240_000);
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await identity.test.close();
});

const keyFolder = () => identity.test.custody.folder;
const scratchHomes = () => readdirSync(tmpdir()).filter((name) => name.startsWith('aceso-prove-'));
function backup(name: string, more: { beforeManifest?: () => void } = {}) {
  const { ownerUrl, config, blobs, runtime } = identity.test;
  return makeBackup(join(folder, name), { ownerUrl, origin: config.origin, blobs, now: runtime.now(), ...more });
}

describe('a backup', () => {
  it('holds all rows of one snapshot, and neither a key, nor a way into the fact index', async () => {
    const manifest = await backup('whole');
    const names = manifest.tables.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['register.segment', 'vault.contact', 'ledger.entry']));
    expect(names.filter((name) => name.startsWith('facts.') || name === 'register.person_index')).toEqual([]);
    expect(manifest.tables.find(({ name }) => name === 'register.source_record')).toMatchObject({ rows: 4 });
    const files = readdirSync(join(folder, 'whole'), { recursive: true, withFileTypes: true }).filter((f) =>
      f.isFile(),
    );
    const keys = [...readKeyFolder(keyFolder()).values()].map((key) => Buffer.from(key));
    for (const file of files) {
      const path = join(file.parentPath, file.name);
      expect(statSync(path).mode & 0o077).toBe(0);
      const content = readFileSync(path);
      expect(keys.filter((key) => content.includes(key) && key.length === 32 && !isPublic(key))).toEqual([]);
    }
    await expect(backup('whole')).rejects.toMatchObject({ code: 'BACKUP_TARGET_TAKEN' });
  });

  it('proves itself: everything is restored, read and compared, and nothing is left behind', async () => {
    const before = scratchHomes();
    const proof = await proveBackup({ from: join(folder, 'whole'), keys: readKeyFolder(keyFolder()) });
    expect(proof).toMatchObject({
      fsck: { findings: [] },
      records: { opened: 4, resources: 8, unreadable: 0 },
      erased: { records: 0, opened: 0 },
      sound: true,
    });
    expect(scratchHomes()).toEqual(before);
  });

  it.each([
    ['a table', (name: string) => join(name, 'tables', 'register.segment.copy')],
    ['a blob', (name: string) => firstBlob(name)],
  ])('is refused when one byte of %s changed', async (_, fileOf) => {
    await backup('damaged');
    const file = fileOf(join(folder, 'damaged'));
    const content = readFileSync(file);
    content[content.length >> 1]! ^= 1;
    writeFileSync(file, content);
    const proof = proveBackup({ from: join(folder, 'damaged'), keys: readKeyFolder(keyFolder()) });
    await expect(proof).rejects.toMatchObject({ code: 'BACKUP_DAMAGED' });
    rmSync(join(folder, 'damaged'), { recursive: true });
  });

  it('that was killed is none, and the next one replaces it', async () => {
    const killed = {
      beforeManifest: () => {
        throw new Error('killed');
      },
    };
    await expect(backup('late', killed)).rejects.toThrow('killed');
    expect(existsSync(join(folder, 'late'))).toBe(false);
    const proof = proveBackup({ from: join(folder, 'late.part'), keys: readKeyFolder(keyFolder()) });
    await expect(proof).rejects.toMatchObject({ code: 'BACKUP_INCOMPLETE' });
    await backup('late');
    expect(existsSync(join(folder, 'late.part'))).toBe(false);
  });

  it('is refused as a whole where a policy would hide rows from the owner', async () => {
    const { ownerUrl, config, blobs, runtime, roleUrls } = identity.test;
    expect(ownerUrl).toBeDefined();
    const limited = { ownerUrl: roleUrls.worker, origin: config.origin, blobs, now: runtime.now() };
    await expect(makeBackup(join(folder, 'limited'), limited)).rejects.toMatchObject({
      code: 'BACKUP_DATABASE_FILTERED',
    });
  });
});

describe('a restore', () => {
  it('fills an empty home only', async () => {
    const home = join(folder, 'taken');
    mkdirSync(home);
    writeFileSync(join(home, 'something'), '');
    const request = { from: join(folder, 'whole'), home, keys: readKeyFolder(keyFolder()) };
    await expect(restore(request)).rejects.toMatchObject({ code: 'HOME_IN_USE' });
  });
});

describe('what was erased after a backup', () => {
  let yesterdaysKeys: KeyFiles;
  const recovery = { recipient: '', identity: '' };
  const keyBackups = () => join(folder, 'key-backups');

  beforeAll(async () => {
    await backup('yesterday');
    recovery.identity = await generateX25519Identity();
    recovery.recipient = await identityToRecipient(recovery.identity);
    const now = identity.test.runtime.now();
    await backUpKeys(keyFolder(), {
      folder: keyBackups(),
      recipient: recovery.recipient,
      apartFrom: join(folder, 'yesterday'),
      now,
    });
    const text = amina.client.erasure(null);
    const erasures = createErasures(identity);
    yesterdaysKeys = readKeyFolder(keyFolder());
    await identity.test.database.transaction('api', (tx) => erasures.erase(tx, amina.actor, text));
  });

  it('is erased again when the backup is restored, before anything reads it', async () => {
    const proof = await proveBackup({ from: join(folder, 'yesterday'), keys: readKeyFolder(keyFolder()) });
    expect(proof).toMatchObject({
      tombstones: { all: 1, appliedNow: 1 },
      records: { opened: 2, unreadable: 0 },
      erased: { records: 2, opened: 0 },
      fsck: { findings: [] },
      sound: true,
    });
  });

  it('leaves the ledger whole: also after the openings have gone', async () => {
    const { test } = identity;
    const { ledger } = createAudit(test);
    const erasures = new Erasures(test.database, ledger, test.runtime);
    const subjects = [...amina.records, amina.actor.personId as string, amina.actor.partyId];
    await test.database.transaction('worker', (tx) =>
      erasures.erase(
        tx,
        subjects.map((subjectId) => ({ subjectId, basis: 'gdpr-17-1-b' })),
      ),
    );
    await publishAll(createSequencer(test));
    await backup('today');
    const proof = await proveBackup({ from: join(folder, 'today'), keys: readKeyFolder(keyFolder()) });
    expect(proof).toMatchObject({ fsck: { findings: [] }, erased: { records: 2, opened: 0 }, sound: true });
  });

  it('opens with the keys of yesterday until its epoch has turned and the key backups have expired', async () => {
    const thief = await proveBackup({ from: join(folder, 'yesterday'), keys: yesterdaysKeys });
    expect(thief.records).toMatchObject({ opened: 4 }); // the latency that is stated to the person is real
    const [name] = readdirSync(keyBackups());
    const found = await readKeys(join(keyBackups(), name as string), [recovery.identity]);
    expect((await proveBackup({ from: join(folder, 'yesterday'), keys: found })).records.opened).toBe(4);
  });

  it('is dead once both have happened: no key in existence opens that dump', async () => {
    const { test } = identity;
    const dumped = await wrappedKeys();
    expect(dumped.length).toBeGreaterThan(4);
    expect(await openedBy(dumped, readKeyFolder(keyFolder()))).toBeGreaterThan(0);
    const { audit, ledger } = createAudit(test);
    await new EpochTurn(test.database, test.custody, audit, ledger, test.runtime).turn({ graceMs: 0 });
    const days = 30;
    const early = test.runtime.now() + (days - 1) * DAY_MS;
    expect(expireKeyBackups(keyBackups(), { days, now: early })).toEqual([]);
    expect(expireKeyBackups(keyBackups(), { days, now: early + 2 * DAY_MS })).toHaveLength(1);
    expect(readdirSync(keyBackups())).toEqual([]);
    expect(await openedBy(dumped, readKeyFolder(keyFolder()))).toBe(0);
    const proof = await proveBackup({ from: join(folder, 'yesterday'), keys: readKeyFolder(keyFolder()) });
    expect(proof.records).toMatchObject({ opened: 0, unreadable: 2 });
    expect(proof.unreadable.every(({ code }) => code === 'KEY_EPOCH_DESTROYED')).toBe(true);
    expect(proof.erased).toEqual({ records: 2, opened: 0 });
    await backup('tomorrow');
    const next = await proveBackup({ from: join(folder, 'tomorrow'), keys: readKeyFolder(keyFolder()) });
    expect(next).toMatchObject({ records: { opened: 2, unreadable: 0 }, sound: true });
  });
});

function isPublic(key: Buffer): boolean {
  return key.equals(Buffer.from(identity.test.custody.ledgerPublicKey()));
}

function firstBlob(name: string): string {
  const blobs = readdirSync(join(name, 'blobs'), { recursive: true, withFileTypes: true }).filter((f) => f.isFile());
  return join(blobs[0]!.parentPath, blobs[0]!.name);
}

interface WrappedRow {
  readonly wrapped: Buffer;
  readonly epoch: number;
  readonly aad: Uint8Array;
}

/** Every wrapped key as the database, and so a dump of this moment, holds it. */
async function wrappedKeys(): Promise<WrappedRow[]> {
  const rows: WrappedRow[] = [];
  for (const { table, wrapped, epoch, aad } of KEY_TABLES) {
    const found = await identity.test.ownerQuery<Record<string, never>>(`select * from ${table}`);
    rows.push(
      ...found
        .filter((row) => row[wrapped] !== null)
        .map((row) => ({ wrapped: row[wrapped] as Buffer, epoch: row[epoch] as number, aad: aad(row) })),
    );
  }
  return rows;
}

/** How many of them any of these files opens, taken as a master key of the epoch that each row names. */
async function openedBy(rows: readonly WrappedRow[], keys: KeyFiles): Promise<number> {
  const masters = [...keys.values()].filter((key) => key.length === 32);
  const opens = ({ wrapped, epoch, aad }: WrappedRow): boolean =>
    masters.some((master) => {
      const number = Buffer.alloc(4);
      number.writeUInt32BE(epoch);
      try {
        openAes256Gcm(master, wrapped, Buffer.concat([Buffer.from('aceso/wrapped-key/v1'), number, aad]));
        return true;
      } catch {
        return false;
      }
    });
  return rows.filter(opens).length;
}
