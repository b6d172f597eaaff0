import { startTestDatabase, type TestDatabase } from '@aceso/platform/testing';

import { addProvider, ndjson, RegisterKit } from '../testing';

const typed = (code: string, value: string) => ({
  type: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0203', code }] },
  system: `urn:${code}`,
  value,
});
const patient = (id: string, birthDate: string, ...identifier: object[]) => ({
  resourceType: 'Patient',
  id,
  birthDate,
  identifier,
});

describe('matching across providers', () => {
  let db: TestDatabase;
  let kit: RegisterKit;
  beforeEach(async () => {
    db = await startTestDatabase();
    kit = new RegisterKit(db);
  });
  afterEach(() => db.close());

  /** Sends each patient through a provider of its own and gives the links that were found. */
  async function links(...patients: object[]): Promise<{ state: string; evidence: object }[]> {
    for (const one of patients) await kit.ingest(await addProvider(db), ndjson(one));
    return db.ownerQuery('select state, evidence from register.link order by state');
  }

  const ssn = typed('SS', '987-65-4320');
  const licence = typed('DL', 'S99930817');

  it('links by two strong identifiers and the birth date', async () => {
    const found = await links(
      patient('a', '1980-02-29', ssn, licence),
      patient('b', '1980-02-29', typed('SS', '987 65 4320'), licence),
    );
    expect(found).toEqual([{ state: 'linked', evidence: { strong: 2, weak: 0, birthDate: true } }]);
  });

  it.each([
    ['one strong identifier', '1980-02-29', [ssn], '1980-02-29', [ssn], 'proposed'],
    [
      'two strong identifiers, another birth date',
      '1980-02-29',
      [ssn, licence],
      '1980-03-01',
      [ssn, licence],
      'proposed',
    ],
  ] as const)('proposes by %s', async (_, birth, first, otherBirth, second, state) => {
    const found = await links(patient('a', birth, ...first), patient('b', otherBirth, ...second));
    expect(found.map((link) => link.state)).toEqual([state]);
  });

  it.each([
    ['a birth date alone', patient('a', '1980-02-29'), patient('b', '1980-02-29')],
    [
      'a placeholder',
      patient('a', '1980-02-29', typed('SS', '999-99-9999')),
      patient('b', '1980-02-29', typed('SS', '999-99-9999')),
    ],
    [
      'a local number',
      patient('a', '1980-02-29', typed('MR', '77812-A')),
      patient('b', '1980-02-29', typed('MR', '77812-A')),
    ],
  ])('takes nothing from %s', async (_, first, second) => {
    expect(await links(first, second)).toEqual([]);
  });

  it('takes nothing from a number that many records carry', async () => {
    const shared = (id: string) => patient(id, '1980-02-29', typed('SS', '529-41-7783'));
    const crowd = ndjson(...Array.from({ length: 12 }, (_, index) => shared(`c${index}`)));
    await kit.ingest(await addProvider(db), crowd);
    expect(await links(shared('x'))).toEqual([]);
    const rare = (id: string) => patient(id, '1980-02-29', typed('SS', '529-41-7784'));
    expect(await links(rare('y'), rare('z'))).toHaveLength(1);
  });

  it('says nothing of a match to either provider', async () => {
    const [first, second] = [await addProvider(db), await addProvider(db)];
    const one = ndjson(patient('a', '1980-02-29', ssn, licence));
    const [known, unknown] = [await kit.ingest(first, one), await kit.ingest(second, one)];
    expect(known.totals).toEqual(unknown.totals);
    expect(await kit.findings(second, unknown.id)).toEqual([]);
    expect(await db.ownerQuery('select 1 from register.link')).toHaveLength(1);
  });

  it('stores no identifier in clear', async () => {
    await links(patient('a', '1980-02-29', ssn, licence));
    const rows = await db.ownerQuery<{ row: string }>('select h::text as row from register.identifier_hash h');
    expect(rows).toHaveLength(3);
    const text = rows.map(({ row }) => row).join();
    for (const secret of ['4320', 'S99930817', '1980']) expect(text).not.toContain(Buffer.from(secret).toString('hex'));
  });
});
