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
  const put = async (state: PackageState, fetched = false): Promise<void> => {
    await test.ownerQuery('drop trigger if exists moves on package');
    await test.ownerQuery('delete from package');
    await test.ownerQuery(
      `insert into package (id, order_id, edition, attempt_id, state, folder, manifest_sha256, entry_id,
                            ready_at, sha256, bytes, blob_key, first_fetched_at)
       select gen_random_uuid(), gen_random_uuid(), 1, gen_random_uuid(), $1, 'folder', repeat('a', 64), gen_random_uuid(),
              case when known then now() end, case when known then repeat('b', 64) end, case when known then 100 end,
              case when known then 'key' end, case when $2::boolean then now() end
         from (select $1 <> 'released' as known) state`,
      [state, fetched],
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

  it('stays fetched, and with it ready: nothing that was sent is called back', async () => {
    await put('ready', true);
    for (const change of [
      `first_fetched_at = null`,
      `first_fetched_at = now() - interval '1 day'`,
      `state = 'renewing'`,
    ]) {
      await expect(test.ownerQuery(`update package set ${change}`)).rejects.toMatchObject(refusal('package_fetched'));
    }
    for (const state of STATES.filter((each) => each !== 'ready')) {
      await put(state);
      await expect(test.ownerQuery('update package set first_fetched_at = now()')).rejects.toMatchObject(
        refusal('package_fetched'),
      );
    }
  });

  it('leaves its file alone once it is ready, whoever of the program asks', async () => {
    for (const column of ['sha256', 'bytes', 'blob_key', 'ready_at', 'attempt_id']) {
      const sql = `update extraction.package set ${column} = null`;
      await expect(test.database.query('api', sql)).rejects.toMatchObject({ code: '42501' });
    }
    for (const role of ['api', 'worker'] as const) {
      await expect(
        test.database.query(role, 'update extraction.package set first_fetched_at = null'),
      ).rejects.toMatchObject({ code: '42501' });
    }
    await expect(test.database.query('api', 'delete from extraction.package')).rejects.toMatchObject({ code: '42501' });
  });
});
