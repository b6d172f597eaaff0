import { startTestDatabase, type TestDatabase } from '../testing';

let test: TestDatabase;

beforeAll(async () => {
  test = await startTestDatabase();
});
afterAll(() => test.close());

const OURS = `p.pronamespace in (select n.oid from pg_namespace n
  where n.nspname !~ '^(pg_|information_schema$|public$|bullmq$)')`;

it('lets nobody but named roles run what runs as the owner, and on no search path but its own', async () => {
  const open = await test.ownerQuery(
    `select p.oid::regprocedure::text as name from pg_proc p
      where p.prosecdef and ${OURS} and (p.proacl is null or exists (
        select from aclexplode(p.proacl) a where a.grantee = 0 and a.privilege_type = 'EXECUTE'))`,
  );
  expect(open).toEqual([]);
  const loose = await test.ownerQuery(
    `select p.oid::regprocedure::text as name from pg_proc p
      where p.prosecdef and ${OURS} and not coalesce(p.proconfig @> array['search_path=""'], false)`,
  );
  expect(loose).toEqual([]);
});
