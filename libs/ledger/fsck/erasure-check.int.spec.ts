import { startTestDatabase, type TestDatabase } from '@aceso/platform/testing';
import type { FsckContext, FsckFinding } from './check';
import { erasureCheck } from './erasure-check';

const OPENINGS = 20_000;
const SUBJECTS = 2_000;

let test: TestDatabase;

/** Openings of many subjects; some others were erased, and nothing of them is left. */
beforeAll(async () => {
  test = await startTestDatabase();
  for (const sql of [
    'alter table ledger.erasure disable trigger all',
    'alter table ledger.erased_subject disable trigger all',
    `insert into ledger.opening
     select i, md5((i % ${SUBJECTS})::text)::uuid, '\\x00' from generate_series(0, ${OPENINGS - 1}) i`,
    `insert into ledger.erasure (id, entry_id, leaves, root, open_until)
     values (md5('e')::uuid, md5('entry')::uuid, '', sha256(''), current_date)`,
    `insert into ledger.pending (id, entry, subject_id, sealed)
     values (md5('entry')::uuid, decode('0106' || repeat('00', 80), 'hex'), md5('e')::uuid, '\\x00')`,
    `insert into ledger.erased_subject select md5('gone' || i)::uuid, md5('e')::uuid from generate_series(1, 50) i`,
  ]) {
    await test.ownerQuery(sql);
  }
}, 120_000);
afterAll(() => test.close());

interface Looked {
  readonly findings: readonly FsckFinding[];
  /** How the server reads the openings, one line a step. */
  readonly plan: string;
}

const look = (): Promise<Looked> =>
  test.database.transaction('worker', async (tx) => {
    const plan: string[] = [];
    const query = async <Row>(sql: string, params?: readonly unknown[]): Promise<Row[]> => {
      if (sql.includes('ledger.opening')) {
        plan.push(...(await tx.query<{ 'QUERY PLAN': string }>(`explain ${sql}`)).map((row) => row['QUERY PLAN']));
      }
      return tx.query<Row>(sql, params);
    };
    const findings: FsckFinding[] = [];
    for await (const finding of erasureCheck.run({ reader: { query } } as FsckContext)) findings.push(finding);
    return { findings, plan: plan.join('\n') };
  });

it.each(['before', 'after'])(
  'goes from the erased to their openings, not over all of them, %s an analyze',
  async (when) => {
    if (when === 'after') await test.ownerQuery('analyze ledger.opening, ledger.erased_subject');
    const { findings, plan } = await look();
    expect(findings).toEqual([]);
    expect(plan).toMatch(/opening_subject/);
    expect(plan).not.toMatch(/opening_pkey|Seq Scan on opening/);
  },
);

it('names the first opening of all who were erased', async () => {
  await test.ownerQuery(
    `insert into ledger.erased_subject select md5(i::text)::uuid, md5('e')::uuid from unnest('{700, 31, 1999}'::integer[]) i`,
  );
  expect((await look()).findings).toMatchObject([{ table: 'ledger.opening', key: 'index 31' }]);
});
