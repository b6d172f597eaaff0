import { startTestDatabase, type TestDatabase } from '@aceso/platform/testing';
import { NEXT_PACKAGE_STATES, type PackageState } from './domain/package-state';

const STATES = Object.keys(NEXT_PACKAGE_STATES) as PackageState[];

describe('the row of a package', () => {
  let test: TestDatabase;
  beforeAll(async () => {
    test = await startTestDatabase();
    // The trigger alone: no order, attempt or ledger entry stands behind these rows.
    await test.ownerQuery('create table package (like extraction.package including defaults including constraints)');
  });
  afterAll(() => test.close());

  /** Puts one package there, past the trigger. */
  const put = async (state: PackageState, served = '{}'): Promise<void> => {
    await test.ownerQuery('drop trigger if exists moves on package');
    await test.ownerQuery('delete from package');
    await test.ownerQuery(
      `insert into package (id, order_id, edition, attempt_id, state, folder, manifest_sha256, entry_id,
                            ready_at, sha256, bytes, blob_key, served, first_fetched_at)
       select gen_random_uuid(), gen_random_uuid(), 1, gen_random_uuid(), $1, 'folder', repeat('a', 64), gen_random_uuid(),
              case when known then now() end, case when known then repeat('b', 64) end, case when known then 100 end,
              case when known then 'key' end, $2::int8multirange,
              case when $2::int8multirange @> int8range(0, 100) then now() end
         from (select $1 <> 'released' as known) state`,
      [state, served],
    );
    await test.ownerQuery(
      'create trigger moves before insert or update on package for each row execute function extraction.check_package()',
    );
  };
  const refusal = (constraint: string) => ({ code: '23514', constraint });

  it('moves along the moves of the domain and no others', async () => {
    for (const from of STATES) {
      for (const to of STATES.filter((state) => state !== from)) {
        await put(from);
        const file = `ready_at = now(), sha256 = repeat('b', 64), bytes = 100, blob_key = 'key'`;
        const moved = test.ownerQuery(
          `update package set state = $1, ${to === 'released' ? 'ready_at = null, sha256 = null, bytes = null, blob_key = null' : file}`,
          [to],
        );
        if (NEXT_PACKAGE_STATES[from].includes(to)) await moved;
        else await expect(moved).rejects.toMatchObject(refusal('package_move'));
      }
    }
  });

  it('keeps what was sent', async () => {
    await put('ready', '{[0,10),[20,30)}');
    await test.ownerQuery(`update package set served = served + '{[5,25)}'`);
    await expect(test.ownerQuery(`update package set served = '{[0,29)}'`)).rejects.toMatchObject(
      refusal('package_served'),
    );
    await put('ready', '{[0,100)}');
    for (const change of ['null', `now() - interval '1 day'`]) {
      await expect(test.ownerQuery(`update package set first_fetched_at = ${change}`)).rejects.toMatchObject(
        refusal('package_served'),
      );
    }
  });

  it('is fetched when every byte was sent, and not before', async () => {
    await put('ready', '{[1,100)}');
    await expect(test.ownerQuery('update package set first_fetched_at = now()')).rejects.toMatchObject({
      code: '23514',
    });
    await expect(test.ownerQuery(`update package set served = '{[0,100)}'`)).rejects.toMatchObject({ code: '23514' });
    await test.ownerQuery(`update package set served = '{[0,100)}', first_fetched_at = now()`);
  });

  it('leaves its file alone once it is ready, whoever of the program asks', async () => {
    for (const column of ['sha256', 'bytes', 'blob_key', 'ready_at', 'attempt_id']) {
      const sql = `update extraction.package set ${column} = null`;
      await expect(test.database.query('api', sql)).rejects.toMatchObject({ code: '42501' });
    }
    await expect(
      test.database.query('worker', 'update extraction.package set first_fetched_at = null'),
    ).rejects.toMatchObject({ code: '42501' });
    await expect(test.database.query('api', 'delete from extraction.package')).rejects.toMatchObject({ code: '42501' });
  });
});
