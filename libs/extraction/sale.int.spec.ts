import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import type { Member } from '@aceso/identity/testing';
import { openPackage } from './package-archive';
import { verifyPackage } from './package-verifier';
import { openExtractionKit, type Contributor, type ExtractionKit, type FundedSale } from './testing';

jest.setTimeout(180_000);

/** A table of the buyer's own. */
const HEIGHTS = {
  ...{ resourceType: 'ViewDefinition', name: 'heights', resource: 'Observation' },
  select: [
    {
      column: [
        { name: 'id', path: 'getResourceKey()' },
        { name: 'person_id', path: 'subject.getReferenceKey(Patient)' },
        { name: 'cm', path: 'value.ofType(Quantity).value', type: 'decimal' },
      ],
    },
  ],
};

/** Reads it as the buyer would: beside the data, by the SQL that came with the package. */
async function heightsIn(folder: string) {
  const instance = await DuckDBInstance.create(':memory:', { file_search_path: folder });
  const connection = await instance.connect();
  try {
    await connection.run(await readFile(join(folder, 'schema.sql'), 'utf8'));
    const reader = await connection.runAndReadAll(
      `select count(*) as rows, count(distinct p.id) as persons, count(*) filter (where cm > 160) as tall
         from heights h join person p on p.id = h.person_id`,
    );
    return reader.getRowObjectsJson();
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

describe('one sale', () => {
  let kit: ExtractionKit;
  let provider: Member;
  let persons: Contributor[];
  beforeAll(async () => {
    kit = await openExtractionKit();
    provider = await kit.market.consent.identity.member('provider');
    persons = await kit.contributors(provider, 14);
  });
  afterAll(() => kit.test.close());

  const opened = async (sale: FundedSale): Promise<{ folder: string; work: string; path: string }> => {
    const path = await kit.fetch(sale);
    const work = await mkdtemp(join(tmpdir(), 'aceso-open-'));
    return {
      path,
      work,
      folder: await openPackage({ encryptedPath: path, identities: [sale.identity], workFolder: work }),
    };
  };

  it('goes from funding to a package that verifies, and pays everybody once', async () => {
    const sale = await kit.sale(persons, { views: [JSON.stringify(HEIGHTS)] });
    expect(await kit.run(sale.orderId)).toBe(1);
    expect(await kit.orderState(sale.orderId)).toEqual({ state: 'released', reason: null });
    await kit.deliver(sale.orderId);
    expect(await kit.orderState(sale.orderId)).toEqual({ state: 'delivered', reason: null });

    const { folder, work, path } = await opened(sale);
    const policyText = `log ${kit.market.consent.identity.logs.ledger.verifierKey()}\nquorum none\n`;
    const report = await verifyPackage({ path, policyText, identityText: sale.identity });
    expect(report).toMatchObject({ verdict: 'verified', findings: [], trust: 'operator only' });
    expect(report.manifest?.counts.persons).toBe(14);
    expect((await readdir(join(folder, 'data'))).sort()).toEqual([
      'Condition.ndjson',
      'Encounter.ndjson',
      'Observation.ndjson',
      'Patient.ndjson',
    ]);
    expect(await heightsIn(folder)).toEqual([{ rows: '28', persons: '14', tall: '28' }]);
    const patients = (await readFile(join(folder, 'data/Patient.ndjson'), 'utf8')).trim().split('\n');
    for (const line of patients)
      expect(JSON.parse(line)).toMatchObject({ ageBand: expect.stringMatching(/^\d+(-\d+|\+)$/) });
    const all = await Promise.all(
      (await readdir(folder, { recursive: true, withFileTypes: true }))
        .filter((entry) => entry.isFile())
        .map((entry) => readFile(join(entry.parentPath, entry.name), 'utf8')),
    );
    for (const text of all) {
      expect(text).not.toMatch(/Familyname|Givenname|555-01|MRN-|Harbour|Boston|patient-\d|T0[89]:\d\d:31[+Z]/);
      for (const { personId, record } of persons) {
        expect(text).not.toContain(personId);
        expect(text).not.toContain(record);
      }
    }
    const [paid] = await kit.test.ownerQuery<{ persons: string; minor: string }>(
      `select count(*) as persons, sum(p.amount_minor) as minor from settlement.posting p
         join settlement.account a on a.id = p.account_id where a.kind = 'patient'`,
    );
    expect(paid).toEqual({ persons: '14', minor: String(14 * 700) });
    expect(await kit.watch.progress(sale.buyer.actor.partyId, sale.orderId)).toEqual({ stage: 'ready', done: 100 });
    await rm(work, { recursive: true });
    await rm(dirname(path), { recursive: true });
  });
});
