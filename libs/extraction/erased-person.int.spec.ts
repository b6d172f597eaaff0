import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { accessEventsCheck, KeyUseEvents } from '@aceso/audit';
import { fsckLedger, openingsCheck } from '@aceso/ledger';
import { publishAll } from '@aceso/ledger/testing';
import { compareSegments, segmentRowsCheck } from '@aceso/register';
import { createErasures } from '@aceso/register/testing';
import { deliveriesCheck } from './deliveries-check';
import { verifyPackage } from './package-verifier';
import { openExtractionKit, type Contributor, type ExtractionKit, type FundedSale } from './testing';

jest.setTimeout(240_000);

describe('a person who erases everything', () => {
  let kit: ExtractionKit;
  let persons: Contributor[];
  const folder = mkdtempSync(join(tmpdir(), 'aceso-erased-'));
  beforeAll(async () => {
    kit = await openExtractionKit();
    persons = await kit.contributors(await kit.market.consent.identity.member('provider'), 15);
  });
  afterAll(async () => {
    rmSync(folder, { recursive: true, force: true });
    await kit.test.close();
  });

  /** Erases at once, openings and sealed parts included, as the batch does within a day. */
  async function erase(person: Contributor): Promise<void> {
    const erasures = createErasures(kit.market.consent.identity);
    const text = person.client.erasure(null);
    await kit.test.database.transaction('api', (tx) => erasures.erase(tx, person.actor, text));
    const wishes = await kit.test.ownerQuery<{ subjectId: string; basis: 'gdpr-17-1-b' }>(
      'delete from ledger.awaiting_erasure returning subject_id as "subjectId", basis',
    );
    await kit.test.database.transaction('worker', (tx) => kit.erasures.erase(tx, wishes));
    await publishAll(kit.sequencer);
  }

  async function delivered(): Promise<FundedSale> {
    const sale = await kit.sale(persons);
    await kit.run(sale.orderId);
    await kit.deliver(sale.orderId);
    return sale;
  }

  const membersOf = async ({ orderId }: FundedSale): Promise<string[]> => {
    const rows = await kit.test.ownerQuery<{ id: string }>(
      `select m.person_id as id from extraction.package p join extraction.member m using (attempt_id)
        where p.order_id = $1 and p.state in ('released', 'ready') and m.state = 'released'`,
      [orderId],
    );
    return rows.map(({ id }) => id);
  };

  async function findings(): Promise<readonly unknown[]> {
    const { database, custody, runtime, config } = kit.test;
    const openings = { database, custody, runtime, keyUseLog: new KeyUseEvents(runtime), compare: compareSegments };
    const report = await database.transaction(
      'worker',
      (tx) =>
        fsckLedger(tx, {
          origin: config.origin,
          publicKey: custody.ledgerPublicKey(),
          checks: [accessEventsCheck, segmentRowsCheck, deliveriesCheck, openingsCheck(openings)],
        }),
      { isolation: 'REPEATABLE READ', readOnly: true },
    );
    return report.findings;
  }

  it('leaves a delivered package and the whole ledger provable', async () => {
    const sale = await delivered();
    const path = await kit.fetch(sale);
    const [gone] = persons.splice(0, 1) as [Contributor];
    await erase(gone);
    const { ledger } = kit.market.consent.identity.logs;
    const policyText = `log ${ledger.verifierKey()}\nquorum none\n`;
    expect(await verifyPackage({ path, policyText, identityText: sale.identity })).toMatchObject({
      verdict: 'verified',
    });
    expect(await findings()).toEqual([]);
    const parts = await kit.test.ownerQuery('select from extraction.participation where owner_id = $1', [
      gone.personId,
    ]);
    expect(parts).toEqual([]);
  });

  it('is not in a package that nobody had fetched: it is made anew', async () => {
    const sale = await delivered();
    const [gone] = persons.splice(0, 1) as [Contributor];
    expect(await membersOf(sale)).toContain(gone.personId);
    await erase(gone);
    await expect(kit.fetch(sale)).rejects.toMatchObject({ code: 'PACKAGE_RENEWING' });
    await kit.run(sale.orderId);
    await kit.deliver(sale.orderId);
    await kit.fetch(sale);
    const members = await membersOf(sale);
    expect(members).toHaveLength(persons.length);
    expect(members).not.toContain(gone.personId);
  });

  it('leaves an order that is under way, and its record is not opened any more', async () => {
    const sale = await kit.sale(persons);
    const attempt = await kit.emit(sale.orderId);
    const [gone] = persons.splice(0, 1) as [Contributor];
    await erase(gone);
    await kit.releases.release(sale.orderId, attempt as string);
    await kit.run(sale.orderId);
    expect(await kit.orderState(sale.orderId)).toMatchObject({ state: 'released' });
    const members = await membersOf(sale);
    expect(members).toHaveLength(persons.length);
    expect(members).not.toContain(gone.personId);
    expect(await findings()).toEqual([]);
  });
});
