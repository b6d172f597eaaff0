import { createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Member } from '@aceso/identity/testing';
import { publishAll } from '@aceso/ledger/testing';
import { ndjson } from '@aceso/register/testing';
import { WITHDRAWAL_BATCH_MIN } from './domain/withdrawal';
import { parseListFile, type WithdrawalList } from './domain/withdrawal-list';
import { openPackage } from './package-archive';
import { openExtractionKit, samplePerson, type Contributor, type ExtractionKit, type FundedSale } from './testing';
import { openWithdrawalList, verifyWithdrawalList } from './withdrawal-verifier';

jest.setTimeout(240_000);

const DAY = 86_400_000;
const PERSONS = 17;

describe('a resource that its provider took back', () => {
  let kit: ExtractionKit;
  let provider: Member;
  const folder = mkdtempSync(join(tmpdir(), 'aceso-retracted-'));
  let day = 0;
  beforeAll(async () => {
    kit = await openExtractionKit();
    provider = await kit.market.consent.identity.member('provider');
    const now = kit.test.runtime.now.bind(kit.test.runtime);
    jest.spyOn(kit.test.runtime, 'now').mockImplementation(() => now() + day * DAY);
  });
  afterAll(async () => {
    rmSync(folder, { recursive: true, force: true });
    await kit.test.close();
  });

  let patients = 0;
  /** Persons with a number of their own, so that their resources can be named. */
  async function persons(): Promise<(Contributor & { readonly n: number })[]> {
    const made: (Contributor & { readonly n: number })[] = [];
    for (let each = 0; each < PERSONS; each += 1) {
      const n = (patients += 1);
      const person = await kit.contributor(provider, { patientId: `patient-${n}`, lines: samplePerson(n) });
      made.push({ ...person, n });
    }
    return made;
  }

  /** The second measurement of a person: 169.98… + n / 7, rounded it stands in the files. */
  const takeBack = async (n: number): Promise<void> => {
    const measured = samplePerson(n).find((each) => (each as { id: string }).id === `patient-${n}-measured-2`);
    await kit.register.ingest(provider.actor.partyId, ndjson({ ...measured, status: 'entered-in-error' }));
  };

  /** Rows of observations in the package of a sale, by person. */
  async function observations(sale: FundedSale): Promise<{ id: string; subject: string }[]> {
    const path = await kit.fetch(sale);
    const workFolder = mkdtempSync(join(folder, 'open-'));
    const opened = await openPackage({ encryptedPath: path, identities: [sale.identity], workFolder });
    const lines = (await readFile(join(opened, 'data/Observation.ndjson'), 'utf8')).trimEnd().split('\n');
    const rows = lines.map((line) => {
      const { id, subject } = JSON.parse(line) as { id: string; subject: { reference: string } };
      return { id, subject: subject.reference };
    });
    return rows;
  }

  it('is in no file of an order that is emitted later, and its person is', async () => {
    const [first, ...others] = await persons();
    const sale = await kit.sale([first!, ...others]);
    await takeBack(first!.n);
    expect(await kit.run(sale.orderId)).toBe(1);
    await kit.deliver(sale.orderId);
    const rows = await observations(sale);
    expect(rows).toHaveLength(2 * PERSONS - 1);
    expect(new Set(rows.map(({ subject }) => subject)).size).toBe(PERSONS);
  });

  it('sends an attempt back that was emitted with it, and a package that was not fetched', async () => {
    const [first, second, ...others] = await persons();
    const sale = await kit.sale([first!, second!, ...others]);
    const attemptId = await kit.emit(sale.orderId);
    await takeBack(first!.n);
    await kit.releases.release(sale.orderId, attemptId!);
    expect(
      await kit.test.ownerQuery('select state, reason from extraction.attempt where id = $1', [attemptId]),
    ).toEqual([{ state: 'abandoned', reason: 'RECORD_RETRACTED' }]);
    expect(await kit.run(sale.orderId)).toBe(1);
    await kit.deliver(sale.orderId);
    await takeBack(second!.n);
    await expect(kit.fetch(sale)).rejects.toMatchObject({ code: 'PACKAGE_RENEWING' });
    expect(await kit.run(sale.orderId)).toBe(1);
    await kit.deliver(sale.orderId);
    const rows = await observations(sale);
    expect(rows).toHaveLength(2 * PERSONS - 2);
    expect(new Set(rows.map(({ subject }) => subject)).size).toBe(PERSONS); // nobody left, and nobody was paid twice
    const paid = await kit.test.ownerQuery<{ persons: string }>(
      `select count(*) as persons from settlement.posting p join settlement.account a on a.id = p.account_id
         join settlement.transfer t on t.id = p.transfer_id where a.kind = 'patient' and t.order_id = $1`,
      [sale.orderId],
    );
    expect(paid).toEqual([{ persons: String(PERSONS) }]);
  });

  let rounds = 0;
  async function nextRound(): Promise<void> {
    day = rounds += 7;
    try {
      await kit.withdrawals.rounds.run();
    } finally {
      day = 0;
    }
    await publishAll(kit.sequencer);
    const made = await kit.test.ownerQuery<{ id: string }>(
      'select id from extraction.withdrawal_list where ready_at is null',
    );
    for (const { id } of made) await kit.withdrawals.packing.pack(id);
  }

  async function listOf(sale: FundedSale, number: number): Promise<{ list: WithdrawalList; path: string }> {
    const { content, fileName } = await kit.withdrawals.lists.open(sale.buyer.actor.partyId, sale.orderId, number);
    const path = join(folder, fileName);
    await pipeline(content, createWriteStream(path));
    return { path, list: parseListFile(await openWithdrawalList({ path, identityText: sale.identity })).list };
  }

  it('is named to who fetched it, by its row, once there are enough persons; who withdrew counts apart', async () => {
    const all = await persons();
    const sale = await kit.sale(all);
    await kit.run(sale.orderId);
    await kit.deliver(sale.orderId);
    const rows = await observations(sale);
    const lists = () => kit.withdrawals.lists.ofOrder(sale.buyer.actor.partyId, sale.orderId);
    for (const { n } of all.slice(0, WITHDRAWAL_BATCH_MIN - 1)) await takeBack(n);
    await kit.revoke(all[10]!);
    await nextRound();
    expect(await lists()).toEqual([]); // five persons, four of whom the buyer could tell from the fifth
    await takeBack(all[WITHDRAWAL_BATCH_MIN - 1]!.n);
    await nextRound();
    const { list, path } = await listOf(sale, 1);
    expect(list.deleted).toEqual([]);
    const named = new Map((list.retracted ?? []).map(({ row, type }) => [row, type]));
    expect([...named.values()]).toEqual(Array<string>(WITHDRAWAL_BATCH_MIN).fill('Observation'));
    const deleted = rows.filter(({ id }) => named.has(id));
    expect(new Set(deleted.map(({ subject }) => subject)).size).toBe(WITHDRAWAL_BATCH_MIN);

    const policyText = `log ${kit.market.consent.identity.logs.ledger.verifierKey()}\nquorum none\n`;
    expect(await verifyWithdrawalList({ path, policyText, identityText: sale.identity })).toMatchObject({
      verdict: 'verified',
      persons: 0,
      rows: WITHDRAWAL_BATCH_MIN,
    });
    await nextRound();
    expect(await lists()).toHaveLength(1); // no row is named twice
    for (const person of all.slice(11, 15)) await kit.revoke(person);
    await nextRound();
    const { list: second } = await listOf(sale, 2);
    expect(second.deleted).toHaveLength(WITHDRAWAL_BATCH_MIN);
    expect(second.retracted).toBeUndefined();
  });

  it('of fewer than five persons the database lets stand in no list, and what stands in one stays', async () => {
    const [{ id }] = (await kit.test.ownerQuery<{ id: string }>(
      'select id from extraction.withdrawal_list order by made_at limit 1',
    )) as [{ id: string }];
    const fewer = (persons: number) =>
      kit.test.ownerQuery(
        `with made as (
           insert into extraction.withdrawal_list (id, order_id, package_id, number, round, list_sha256, entry_id, made_at)
           select gen_random_uuid(), order_id, package_id, number + 10 + $2, round + 10 + $2, list_sha256,
                  gen_random_uuid(), now()
             from extraction.withdrawal_list where id = $1 returning id)
         insert into extraction.correction
         select c.attempt_id, c.person_id, c.source_record_id, c.sequence, c.line + 100 + $2, c.resource_type, made.id
           from (select * from extraction.correction where withdrawal_list_id = $1 limit $2) c, made`,
        [id, persons],
      );
    for (const persons of [0, 1, WITHDRAWAL_BATCH_MIN - 1]) {
      await expect(fewer(persons)).rejects.toMatchObject({ constraint: 'withdrawal_batch' });
    }
    await fewer(WITHDRAWAL_BATCH_MIN);
    const change = kit.test.ownerQuery(
      'update extraction.correction set withdrawal_list_id = null where withdrawal_list_id = $1',
      [id],
    );
    await expect(change).rejects.toThrow('stays as it was made');
    await expect(kit.test.ownerQuery('delete from extraction.correction')).rejects.toThrow();
  });
});
