import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { asId, type PartyId, type PersonId, type SourceRecordId } from '@aceso/kernel';
import { KeyCustody } from '@aceso/platform';
import { startTestDatabase, type TestDatabase } from '@aceso/platform/testing';

import type { ReadItem, ReadRecord } from './record-reader';
import { addProvider, ndjson, RegisterKit } from './testing';

const patient = { resourceType: 'Patient', id: 'p1', birthDate: '1980-02-29' };
const condition = (id: string, version: number) => ({
  resourceType: 'Condition',
  id,
  subject: { reference: 'Patient/p1' },
  note: [{ text: `version ${version} of ${id}, naïve` }],
});

describe('RecordReader', () => {
  let db: TestDatabase;
  let kit: RegisterKit;
  let provider: PartyId;
  let record: SourceRecordId;
  const personId = asId<'Person'>(randomUUID()) as PersonId;

  beforeAll(async () => {
    db = await startTestDatabase();
    kit = new RegisterKit(db);
  });
  beforeEach(async () => {
    provider = await addProvider(db);
    await kit.ingest(provider, ndjson(patient, condition('a', 1), condition('b', 1), condition('a', 2)));
    await kit.ingest(provider, ndjson(condition('b', 2), condition('c', 1)));
    await kit.ingest(provider, ndjson(condition('c', 2)));
    record = await kit.sourceRecord(provider, 'p1');
  });
  afterAll(() => db.close());

  async function read(item: Partial<ReadItem> = {}): Promise<ReadRecord[]> {
    const items = [{ sourceRecordId: record, personId, upToSequence: 3, ...item }];
    const [ticket] = await db.database.transaction('worker', (tx) =>
      kit.reader.prepare(tx, items, { purpose: 'test', actorId: null }),
    );
    const records: ReadRecord[] = [];
    for await (const one of kit.reader.read(ticket as NonNullable<typeof ticket>)) records.push(one);
    return records;
  }
  const texts = (records: readonly ReadRecord[]) =>
    records.map(({ resource, position }) => {
      const [note] = (resource.note ?? []) as { text: string }[];
      return `${position.sequence}.${position.line} ${note?.text ?? resource.id}`;
    });

  /** Breaks what the program may not break: as the owner, without the trigger. */
  async function tamper(sql: string, params: unknown[] = [record]): Promise<void> {
    await db.ownerQuery('alter table register.segment disable trigger user');
    await db.ownerQuery(sql, params);
    await db.ownerQuery('alter table register.segment enable trigger user');
  }

  it('gives the newest version of each resource, up to where it was asked', async () => {
    expect(texts(await read())).toEqual([
      '1.1 p1',
      '1.4 version 2 of a, naïve',
      '2.1 version 2 of b, naïve',
      '3.1 version 2 of c, naïve',
    ]);
    expect(texts(await read({ upToSequence: 1 }))).toEqual([
      '1.1 p1',
      '1.3 version 1 of b, naïve',
      '1.4 version 2 of a, naïve',
    ]);
  });

  it('leaves an access event a person and an unwrap a record before anything is read', async () => {
    await db.database.transaction('worker', (tx) =>
      kit.reader.prepare(tx, [{ sourceRecordId: record, personId, upToSequence: 3 }], {
        purpose: 'test',
        actorId: null,
      }),
    );
    const rows = await db.ownerQuery<{ act: string }>(
      `select e.act from platform.key_unwrap u join audit.access_event e on e.id = u.access_event_id
       where u.key_owner = $1 and e.subject_id = $2`,
      [record, personId],
    );
    expect(rows).toEqual([{ act: 'record.opened' }]);
  });

  it.each<[string, () => Promise<void>, string]>([
    [
      'a changed byte of the ciphertext',
      () =>
        tamper(
          `update register.segment set sealed = set_byte(sealed, 40, (get_byte(sealed, 40) + 1) % 256) where source_record_id = $1`,
        ),
      'SEGMENT_BROKEN',
    ],
    [
      'a changed ciphertext with a fitting digest',
      () =>
        tamper(
          `update register.segment set sealed = x.sealed, digest = sha256(int4send(octet_length(header)) || header || x.sealed)
           from (select set_byte(sealed, 40, (get_byte(sealed, 40) + 1) % 256) as sealed from register.segment
                 where source_record_id = $1 and sequence = 2) x
           where source_record_id = $1 and sequence = 2`,
        ),
      'SEGMENT_BROKEN',
    ],
    [
      'a changed version list',
      () =>
        tamper(
          `update register.segment set versions = set_byte(versions, 0, 0) || '' where source_record_id = $1 and sequence = 2`,
        ),
      'SEGMENT_BROKEN',
    ],
    [
      'a segment in another place',
      () =>
        tamper(
          `update register.segment set sequence = 5 - sequence where source_record_id = $1 and sequence in (2, 3)`,
          [record],
        ).catch(() =>
          tamper(`update register.segment set sequence = sequence + 1 where source_record_id = $1 and sequence = 3`),
        ),
      'SEGMENT_MISSING',
    ],
    [
      'a missing segment',
      () => tamper(`delete from register.segment where source_record_id = $1 and sequence = 2`),
      'SEGMENT_MISSING',
    ],
    [
      'a cut tail',
      () => tamper(`delete from register.segment where source_record_id = $1 and sequence = 3`),
      'SEGMENT_MISSING',
    ],
    [
      'another head',
      () =>
        db
          .ownerQuery(`update register.source_record set head_digest = sha256('x') where id = $1`, [record])
          .then(() => undefined),
      'SEGMENT_BROKEN',
    ],
    [
      'a segment of another record',
      async () => {
        await kit.ingest(provider, ndjson({ ...patient, id: 'p2' }));
        await tamper(
          `update register.segment s set header = o.header, sealed = o.sealed, key_wrapped = o.key_wrapped, digest = o.digest,
             versions = o.versions
           from register.segment o join register.source_record r on r.id = o.source_record_id
           where s.source_record_id = $1 and s.sequence = 1 and r.provider_id = $2 and o.source_record_id <> $1`,
          [record, provider],
        );
      },
      'SEGMENT_BROKEN',
    ],
  ])('refuses %s', async (_, damage, code) => {
    await damage();
    await expect(read()).rejects.toMatchObject({ code });
  });

  it('refuses a record whose key is damaged', async () => {
    await db.ownerQuery(
      `update register.source_record set key_wrapped = set_byte(key_wrapped, 20, get_byte(key_wrapped, 20) # 1)
        where id = $1`,
      [record],
    );
    await expect(read()).rejects.toMatchObject({ name: 'RegisterError', code: 'RECORD_KEY_UNUSABLE' });
  });

  it('refuses a record whose key went with its epoch, but reports a custody without keys as such', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'aceso-keys-'));
    const other = new RegisterKit({ ...db, custody: new KeyCustody(folder) });
    const items = [{ sourceRecordId: record, personId, upToSequence: 3 }];
    const prepared = () =>
      db.database.transaction('worker', (tx) => other.reader.prepare(tx, items, { purpose: 'test', actorId: null }));
    await expect(prepared()).rejects.toMatchObject({ code: 'KEY_MISSING' });
    writeFileSync(join(folder, 'epoch-2.key'), new Uint8Array(32), { mode: 0o600 });
    await expect(prepared()).rejects.toMatchObject({ name: 'RegisterError', code: 'RECORD_KEY_UNUSABLE' });
    rmSync(folder, { recursive: true });
  });

  it('refuses to read beyond the head, and a head that is not the one that was signed', async () => {
    await expect(read({ upToSequence: 4 })).rejects.toMatchObject({ code: 'SEGMENT_MISSING' });
    const [head] = await db.database.transaction('api', (tx) => kit.sourceRecords.byLocalIds(tx, provider, ['p1']));
    expect(await read({ digest: head?.digest as string })).toHaveLength(4);
    await expect(read({ digest: 'ab'.repeat(32) })).rejects.toMatchObject({ code: 'SEGMENT_BROKEN' });
    await expect(read({ upToSequence: 2, digest: head?.digest as string })).rejects.toMatchObject({
      code: 'SEGMENT_BROKEN',
    });
  });
});
