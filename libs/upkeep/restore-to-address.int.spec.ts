import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openIdentityKit, type IdentityKit } from '@aceso/identity/testing';
import { createSequencer, publishAll } from '@aceso/ledger/testing';
import { startEmbeddedPostgres } from '@aceso/platform';
import { boundPatient, createErasures, RegisterKit, type BoundPatient } from '@aceso/register/testing';
import { Client } from 'pg';
import { makeBackup } from './backup';
import { readKeyFolder } from './key-backup';
import { restore, restoreRunning } from './restore';

jest.setTimeout(180_000);

/** A server that the operator runs: the restore is given an address and starts nothing. */
describe('a restore into a database of an address', () => {
  const folder = mkdtempSync(join(tmpdir(), 'aceso-address-'));
  let identity: IdentityKit;
  let amina: BoundPatient;
  let server: Awaited<ReturnType<typeof startEmbeddedPostgres>>;

  beforeAll(async () => {
    identity = await openIdentityKit();
    amina = await boundPatient(identity, new RegisterKit(identity.test));
    await boundPatient(identity, new RegisterKit(identity.test));
    await publishAll(createSequencer(identity.test));
    const { ownerUrl, config, blobs, runtime } = identity.test;
    await makeBackup(join(folder, 'backup'), { ownerUrl, origin: config.origin, blobs, now: runtime.now() });
    const erasures = createErasures(identity);
    const text = amina.client.erasure(null);
    await identity.test.database.transaction('api', (tx) => erasures.erase(tx, amina.actor, text));
    server = await startEmbeddedPostgres({ home: join(folder, 'server') });
  }, 240_000);
  afterAll(async () => {
    await server.stop();
    await identity.test.close();
    rmSync(folder, { recursive: true, force: true });
  }, 60_000);

  const request = (home: string, databaseUrl: string) => ({
    from: join(folder, 'backup'),
    home: join(folder, home),
    keys: readKeyFolder(identity.test.custody.folder),
    databaseUrl,
  });

  async function query<Row>(url: string, sql: string): Promise<Row[]> {
    const client = new Client({ connectionString: url });
    await client.connect();
    try {
      return (await client.query(sql)).rows as Row[];
    } finally {
      await client.end();
    }
  }

  /** The address of a new database on that server. */
  async function newDatabase(name: string, owner?: { readonly user: string; readonly password: string }) {
    await query(server.ownerUrl, `create database ${name}${owner ? ` owner ${owner.user}` : ''}`);
    const url = new URL(server.ownerUrl);
    url.pathname = `/${name}`;
    if (owner) Object.assign(url, { username: owner.user, password: owner.password });
    return url.href;
  }

  it('brings rows, roles and tombstones there, and starts no server of its own', async () => {
    const databaseUrl = await newDatabase('restored');
    const { tombstones, roleUrls, ownerUrl, close } = await restoreRunning(request('home', databaseUrl));
    expect(tombstones).toEqual({ applied: 1, records: 2 });
    expect(ownerUrl).toBe(databaseUrl);
    expect(
      await query(databaseUrl, 'select key_wrapped is null as gone from register.source_record order by 1'),
    ).toEqual([false, false, true, true].map((gone) => ({ gone })));
    expect(new URL(roleUrls.worker as string).pathname).toBe('/restored');
    expect(await query(roleUrls.worker as string, 'select count(*)::integer as n from ledger.entry')).toEqual(
      await identity.test.ownerQuery('select count(*)::integer as n from ledger.entry where index < $1', [
        (await query<{ n: number }>(databaseUrl, 'select count(*)::integer as n from ledger.entry'))[0]?.n,
      ]),
    );
    expect(existsSync(join(folder, 'home', 'postgres'))).toBe(false);
    await close();
    expect(await query(databaseUrl, 'select 1 as up')).toEqual([{ up: 1 }]); // it is not ours to stop
  });

  it('is refused where rows of ours are, and where the owner may not load them', async () => {
    const used = await newDatabase('used');
    await restore(request('first', used));
    await expect(restore(request('second', used))).rejects.toMatchObject({ code: 'RESTORE_TARGET_TAKEN' });
    const plain = { user: 'plain_owner', password: 'plain' };
    await query(server.ownerUrl, `create role plain_owner login createrole password 'plain'`);
    const limited = await newDatabase('limited', plain);
    await expect(restore(request('third', limited))).rejects.toMatchObject({ code: 'RESTORE_NEEDS_SUPERUSER' });
    expect(await query(limited, 'select 1 as up')).toEqual([{ up: 1 }]);
  });
});
