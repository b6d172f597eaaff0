import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { utf8 } from '@aceso/kernel';
import { startTestDatabase, type TestDatabase } from '../testing';
import { ed25519PublicKey } from '../cryptography/ed25519';
import { createKeys, KeyCustody, PROCESS_SEEDS, SERVICE_SEEDS, type UnwrapRequest } from './key-custody';

let kit: TestDatabase;
let folder: string;
let custody: KeyCustody;

beforeAll(async () => {
  kit = await startTestDatabase();
}, 90_000);

afterAll(() => kit.close());

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'aceso-keys-'));
  createKeys(folder);
  custody = new KeyCustody(folder);
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

const owner = '00000000-0000-4000-8000-000000000001';
const aad = utf8(`${owner} version 1`);

/** An access event of the audit context, so that the reference holds at commit. */
async function accessEvent(): Promise<string> {
  const id = kit.runtime.uuid();
  await kit.ownerQuery(`insert into audit.access_event (id, act, outcome) values ($1, 'record.opened', 'permitted')`, [
    id,
  ]);
  return id;
}

const unwrap = (request: UnwrapRequest): Promise<Uint8Array[]> =>
  kit.database.transaction('worker', (tx) => custody.unwrap(tx, [request]));

describe('a wrapped key', () => {
  it('opens with a reason, and leaves a trace that nobody can change', async () => {
    const key = kit.runtime.randomBytes(32);
    const accessEventId = await accessEvent();
    const [opened] = await unwrap({ keyOwner: owner, aad, accessEventId, ...custody.wrap(key, aad) });
    expect(opened).toEqual(Buffer.from(key));
    const trace = 'select key_owner, epoch, database_role from platform.key_unwrap where access_event_id = $1';
    await expect(kit.ownerQuery(trace, [accessEventId])).resolves.toEqual([
      { key_owner: owner, epoch: 1, database_role: 'aceso_worker' },
    ]);
    for (const sql of ['update platform.key_unwrap set epoch = 2', 'delete from platform.key_unwrap']) {
      await expect(kit.ownerQuery(sql)).rejects.toThrow('platform.key_unwrap is append-only');
      await expect(kit.database.query('worker', sql)).rejects.toMatchObject({ code: '42501' });
    }
    await expect(kit.ownerQuery('truncate platform.key_unwrap')).rejects.toThrow('append-only');
  });

  it('does not open for another owner, version, epoch or master key', async () => {
    const accessEventId = await accessEvent();
    const wrapped = custody.wrap(kit.runtime.randomBytes(32), aad);
    const request = { keyOwner: owner, aad, accessEventId, ...wrapped };
    const refused = expect.objectContaining({ code: 'KEY_UNWRAP_FAILED' });
    await expect(unwrap({ ...request, aad: utf8(`${owner} version 2`) })).rejects.toEqual(refused);
    const flipped = Uint8Array.from(wrapped.wrapped, (byte, index) => (index === 20 ? byte ^ 1 : byte));
    await expect(unwrap({ ...request, wrapped: flipped })).rejects.toEqual(refused);
    await expect(unwrap({ ...request, wrapped: wrapped.wrapped.subarray(0, 20) })).rejects.toEqual(refused);
  });

  it('does not open without an access event', async () => {
    const request = { keyOwner: owner, aad, ...custody.wrap(kit.runtime.randomBytes(32), aad) };
    await expect(unwrap({ ...request, accessEventId: kit.runtime.uuid() })).rejects.toMatchObject({ code: '23503' });
  });

  it('is dead once its epoch is destroyed', async () => {
    const request = { keyOwner: owner, aad, ...custody.wrap(kit.runtime.randomBytes(32), aad) };
    renameSync(join(folder, 'epoch-1.key'), join(folder, 'epoch-2.key'));
    custody = new KeyCustody(folder);
    expect(custody.currentEpoch).toBe(2);
    const accessEventId = await accessEvent();
    await expect(unwrap({ ...request, accessEventId })).rejects.toMatchObject({ code: 'KEY_EPOCH_DESTROYED' });
  });
});

it('derives secret bytes a purpose and an epoch, the same for every process and no others after the turn', () => {
  const first = custody.derive('one', 40);
  expect(first).toMatchObject({ epoch: 1, bytes: expect.objectContaining({ length: 40 }) });
  expect(new KeyCustody(folder, PROCESS_SEEDS.api).derive('one', 40)).toEqual(first);
  expect(custody.derive('two', 40).bytes).not.toEqual(first.bytes);
  custody.createEpoch(2);
  custody.destroyEpoch(1);
  const second = custody.derive('one', 40);
  expect(second.epoch).toBe(2);
  expect(second.bytes).not.toEqual(first.bytes);
});

describe('the key folder', () => {
  it('is made once, with files that nobody else reads', () => {
    const before = custody.serviceSeed('ledger');
    createKeys(folder);
    expect(custody.serviceSeed('ledger')).toEqual(before);
    expect(readdirSync(folder).sort()).toEqual([
      'epoch-1.key',
      'ledger.pub',
      'ledger.seed',
      'noise.seed',
      'release.seed',
      'shift.seed',
      'token.seed',
    ]);
    for (const name of readdirSync(folder)) expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
    expect(() => custody.check()).not.toThrow();
  });

  it.each([
    ['is missing', 'KEY_MISSING', (file: string) => rmSync(file)],
    ['is too short', 'KEY_WRONG_SIZE', (file: string) => truncateSync(file, 31)],
    ['is too long', 'KEY_WRONG_SIZE', (file: string) => writeFileSync(file, new Uint8Array(33))],
    ['is readable by the group', 'KEY_READABLE_BY_OTHERS', (file: string) => chmodSync(file, 0o640)],
    ['is readable by all', 'KEY_READABLE_BY_OTHERS', (file: string) => chmodSync(file, 0o604)],
  ])('is refused when a key %s', (_, code, damage) => {
    for (const name of ['ledger.seed', 'epoch-1.key']) {
      damage(join(folder, name));
      expect(() => new KeyCustody(folder).check()).toThrow(expect.objectContaining({ code }));
      rmSync(folder, { recursive: true });
      createKeys(folder);
    }
  });

  it('gives each process its own seeds, and the public key of the ledger to all', () => {
    expect([...new Set(Object.values(PROCESS_SEEDS).flat())].sort()).toEqual([...SERVICE_SEEDS].sort());
    const publicKey = Buffer.from(ed25519PublicKey(custody.serviceSeed('ledger')));
    for (const own of Object.values(PROCESS_SEEDS)) {
      const held = new KeyCustody(folder, own);
      for (const name of own) expect(held.serviceSeed(name)).toHaveLength(32);
      for (const name of SERVICE_SEEDS.filter((one) => !own.includes(one))) {
        expect(() => held.serviceSeed(name)).toThrow(expect.objectContaining({ code: 'KEY_NOT_HELD' }));
      }
      expect(held.ledgerPublicKey()).toEqual(publicKey);
    }
  });

  it('is checked by each process as far as it uses it', () => {
    const api = new KeyCustody(folder, PROCESS_SEEDS.api);
    for (const name of ['ledger.seed', 'release.seed', 'shift.seed']) rmSync(join(folder, name));
    expect(() => api.check()).not.toThrow();
    expect(() => new KeyCustody(folder, PROCESS_SEEDS.worker).check()).toThrow(
      expect.objectContaining({ code: 'KEY_MISSING' }),
    );
    rmSync(join(folder, 'ledger.pub'));
    expect(() => api.check()).toThrow(expect.objectContaining({ code: 'KEY_MISSING' }));
  });

  it('has the public key of its seed again after every start', () => {
    const publicKey = custody.ledgerPublicKey();
    for (const damage of [rmSync, (file: string) => writeFileSync(file, new Uint8Array(32), { mode: 0o600 })]) {
      damage(join(folder, 'ledger.pub'));
      createKeys(folder);
      expect(custody.ledgerPublicKey()).toEqual(publicKey);
    }
  });

  it('never gets a second ledger key beside other keys', () => {
    rmSync(join(folder, 'ledger.seed'));
    createKeys(folder);
    expect(() => custody.serviceSeed('ledger')).toThrow(expect.objectContaining({ code: 'KEY_MISSING' }));
  });
});
