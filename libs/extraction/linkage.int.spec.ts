import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { measureLinkage } from '@aceso/deidentification/domain';
import { generatePopulation } from '@aceso/fhir/synthetic';
import type { Member } from '@aceso/identity/testing';
import type { ValueLinkage } from './domain/linkage-prints';
import type { Manifest } from './domain/manifest';
import { openPackage } from './package-archive';
import { openExtractionKit, type Contributor, type ExtractionKit, type FundedSale } from './testing';

jest.setTimeout(300_000);

const PERSONS = 24;
type Row = Record<string, unknown>;

describe('two sales of the same persons', () => {
  let kit: ExtractionKit;
  let persons: Contributor[];
  beforeAll(async () => {
    kit = await openExtractionKit();
    const provider = await kit.market.consent.identity.member('provider');
    persons = await contribute(kit, provider);
  });
  afterAll(() => kit.test.close());

  it('join on nothing but values, and the rate by values is printed', async () => {
    const [one, other] = [await sell(kit, persons), await sell(kit, persons)];
    const linkage = measureLinkage(one.rows, other.rows);
    expect(linkage.persons[0]).toBeGreaterThanOrEqual(11);
    expect(linkage.sharedIdentifiers).toBe(0);
    expect(linkage.byDates).toBe(0);
    expect(one.names).toEqual(other.names);
    expect(one.orders.filter((order) => other.orders.includes(order))).toEqual([]);
    // The buyer's second package says how far it joins to the first.
    const again = await sell(kit, persons, one.sale.buyer);
    const measured = again.manifest.risk['linkage'] as unknown as ValueLinkage;
    expect(measured.earlierPackages).toBe(1);
    // Which rows lie inside both windows depends on the shifts: each kind alone may join few of so few persons.
    expect(Math.max(...Object.values(measured.highestShare))).toBeGreaterThan(0.25);
    expect(again.manifest.k.statement).toContain('join to one person of an earlier package of this buyer');
    expect(other.manifest.risk).toMatchObject({ linkage: { earlierPackages: 0 } });
    process.stderr.write(`linkage by values of ${linkage.persons[0]} persons: ${JSON.stringify(linkage.byValues)}\n`);
  });
});

/** Living adults of a synthetic population, each with a record at the provider. */
async function contribute(kit: ExtractionKit, provider: Member): Promise<Contributor[]> {
  const persons: Contributor[] = [];
  for (const [record] of generatePopulation({ seed: 7, patients: 200, asOf: '2026-01-31' })) {
    const patient = record?.bundle.entry
      .map((entry) => (entry as { resource: Row }).resource)
      .find((resource) => resource['resourceType'] === 'Patient');
    const isAdult = String(patient?.['birthDate']) < '2005' && String(patient?.['birthDate']) > '1945';
    if (!record || !isAdult || patient?.['deceasedDateTime'] !== undefined) continue;
    persons.push(await kit.contributor(provider, { patientId: record.patientId, lines: [record.bundle] }));
    if (persons.length === PERSONS) break;
  }
  return persons;
}

interface Sold {
  readonly sale: FundedSale;
  readonly rows: readonly Row[];
  readonly names: readonly string[];
  readonly orders: readonly string[];
  readonly manifest: Manifest;
}

/** Sells everything of these persons and opens what the buyer gets. */
async function sell(kit: ExtractionKit, persons: readonly Contributor[], buyer?: Member): Promise<Sold> {
  const fields = ['Condition', 'Encounter', 'Observation', 'Procedure'];
  const sale = await kit.sale(persons, { fields }, buyer);
  await kit.run(sale.orderId);
  await kit.deliver(sale.orderId);
  const path = await kit.fetch(sale);
  const work = await mkdtemp(join(tmpdir(), 'aceso-open-'));
  const folder = await openPackage({ encryptedPath: path, identities: [sale.identity], workFolder: work });
  const names = (await readdir(join(folder, 'data'))).sort();
  const rows: Row[] = [];
  for (const name of names) {
    const lines = (await readFile(join(folder, 'data', name), 'utf8')).trimEnd().split('\n');
    rows.push(...lines.map((line) => JSON.parse(line) as Row));
  }
  const patients = rows.filter((row) => row['resourceType'] === 'Patient').map((row) => String(row['id']));
  expect(patients).toEqual([...patients].sort());
  const manifest = JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8')) as Manifest;
  await rm(work, { recursive: true });
  await rm(dirname(path), { recursive: true });
  return { sale, rows, names, orders: patients, manifest };
}
