import { randomUUID } from 'node:crypto';
import { startTestDatabase, type TestDatabase } from '@aceso/platform/testing';
import { readBlocks } from './data/block-rows';
import { addProvider, ndjson, RegisterKit } from './testing';
import { GeneratedIndex, type Generated } from './generated-index';

const options = { persons: 40, seed: 3, asOf: '2019-03-01' };

describe('generated facts in the index', () => {
  let test: TestDatabase;
  beforeAll(async () => {
    test = await startTestDatabase();
  }, 60_000);
  afterAll(() => test.close());

  const write = async (): Promise<Generated> => {
    let last: Generated = { persons: 0, facts: 0 };
    for await (const written of new GeneratedIndex(test.database).write(options)) last = written;
    return last;
  };
  const person = (number: number) =>
    test.database.query('index', `insert into facts.person (index_no, sex, deceased) values ($1, 'female', false)`, [
      number,
    ]);

  it('are refused beside facts of persons, written into an instance that holds nothing, once, and keep persons out', async () => {
    await person(1);
    await expect(write()).rejects.toMatchObject({ code: 'GENERATED_NOT_APART' });
    await test.ownerQuery('delete from facts.person');
    const providerId = await addProvider(test);
    await test.ownerQuery(
      `insert into register.source_record (id, provider_id, kind, local_id_hash, hash_version, key_wrapped, key_epoch, created_at)
       values ($1, $2, 'patient', sha256('a'), 1, 'k', 1, now())`,
      [randomUUID(), providerId],
    );
    await expect(write()).rejects.toMatchObject({ code: 'GENERATED_NOT_APART' });
    await test.ownerQuery('alter table register.source_record disable trigger user');
    await test.ownerQuery('delete from register.source_record');
    await test.ownerQuery('alter table register.source_record enable trigger user');
    const written = await write();
    expect(written).toEqual({ persons: 40, facts: expect.any(Number) });
    const held = await test.database.transaction('index', async (tx) => {
      let n = 0;
      for await (const { columns } of readBlocks(tx, 0)) n += columns.n;
      return n;
    });
    expect(held).toBe(written.facts);
    const [block] = await test.ownerQuery<{ n: number }>('select n from facts.person_block');
    expect(block).toEqual({ n: 40 });

    await expect(write()).rejects.toMatchObject({ code: 'GENERATED_NOT_APART' });
    await expect(person(2)).rejects.toMatchObject({ constraint: 'generated_apart' });
    await expect(
      test.ownerQuery(`insert into register.source_record (id, provider_id, kind) values ($1, $2, 'patient')`, [
        randomUUID(),
        randomUUID(),
      ]),
    ).rejects.toMatchObject({ constraint: 'generated_apart' });
    // What a provider sends comes to an end that it sees.
    const patient = { resourceType: 'Patient', id: 'p1', gender: 'female', birthDate: '1970-01-01' };
    const ingest = await new RegisterKit(test).ingest(providerId, ndjson(patient));
    expect(ingest).toMatchObject({ state: 'failed', reason: 'GENERATED_NOT_APART' });
    await expect(test.ownerQuery('delete from facts.generated')).rejects.toThrow('append-only');
  });
});
