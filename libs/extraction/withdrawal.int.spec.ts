import { createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { pseudonymsUnder } from '@aceso/deidentification/domain';
import type { Member } from '@aceso/identity/testing';
import { publishAll } from '@aceso/ledger/testing';
import { hmacSha256 } from '@aceso/platform';
import { createErasures } from '@aceso/register/testing';
import { ACKNOWLEDGEMENT_DAYS, WITHDRAWAL_ACKNOWLEDGEMENT, WITHDRAWAL_BATCH_MIN } from './domain/withdrawal';
import { parseListFile } from './domain/withdrawal-list';
import { openExtractionKit, type Contributor, type ExtractionKit, type FundedSale } from './testing';
import { LIST_FETCHES_A_DAY_MAX } from './withdrawal-lists';
import { openWithdrawalList, verifyWithdrawalList } from './withdrawal-verifier';

jest.setTimeout(240_000);

const DAY = 86_400_000;

/** A hexadecimal text with another first digit, whatever that is. */
const otherFirstDigit = (text: string): string => `${text.startsWith('0') ? '1' : '0'}${text.slice(1)}`;

describe('withdrawal lists', () => {
  let kit: ExtractionKit;
  let provider: Member;
  const folder = mkdtempSync(join(tmpdir(), 'aceso-withdrawals-'));
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

  async function fetchedSale(persons: readonly Contributor[]): Promise<FundedSale> {
    const sale = await kit.sale(persons);
    await kit.run(sale.orderId);
    await kit.deliver(sale.orderId);
    await kit.fetch(sale);
    return sale;
  }

  /** The round after the last one, with its lists made ready, as the jobs would; only the rounds go on in time. */
  async function nextRound(): Promise<void> {
    const before = day;
    day = rounds += 7;
    try {
      await kit.withdrawals.rounds.run();
    } finally {
      day = before;
    }
    await publishAll(kit.sequencer);
    const made = await kit.test.ownerQuery<{ id: string }>(
      'select id from extraction.withdrawal_list where ready_at is null',
    );
    for (const { id } of made) await kit.withdrawals.packing.pack(id);
  }
  let rounds = 0;

  const listsOf = (sale: FundedSale, buyer = sale.buyer) =>
    kit.withdrawals.lists.ofOrder(buyer.actor.partyId, sale.orderId);
  const departureOf = async (person: Contributor, sale: FundedSale) =>
    (await kit.withdrawals.lists.departures(person.actor)).find(({ orderId }) => orderId === sale.orderId);

  async function download(sale: FundedSale, number: number): Promise<string> {
    const { content, fileName } = await kit.withdrawals.lists.open(sale.buyer.actor.partyId, sale.orderId, number);
    const path = join(folder, fileName);
    await pipeline(content, createWriteStream(path));
    return path;
  }

  const named = async (sale: FundedSale, path: string): Promise<string[]> =>
    parseListFile(await openWithdrawalList({ path, identityText: sale.identity })).list.deleted.map(
      ({ pseudonym }) => pseudonym,
    );

  async function pseudonymsOf(sale: FundedSale, persons: readonly Contributor[]): Promise<string[]> {
    const key = await kit.test.database.transaction('worker', (tx) =>
      kit.saleKeys.open(tx, sale.orderId, 'extraction.released'),
    );
    const pseudonymise = pseudonymsUnder(key, hmacSha256);
    return persons.map(({ personId }) => pseudonymise('pseudonym/Patient', personId)).sort();
  }

  const acknowledge = (sale: FundedSale, list: string, text?: string) =>
    kit.market.api((tx) =>
      kit.withdrawals.lists.acknowledge(
        tx,
        sale.buyer.actor,
        text ?? sale.buyer.client.sign(WITHDRAWAL_ACKNOWLEDGEMENT, { order: sale.orderId, list }),
      ),
    );

  async function erase(person: Contributor): Promise<void> {
    const erasures = createErasures(kit.market.consent.identity);
    const text = person.client.erasure(null);
    await kit.market.api((tx) => erasures.erase(tx, person.actor, text));
    const wishes = await kit.test.ownerQuery<{ subjectId: string; basis: 'gdpr-17-1-b' }>(
      'delete from ledger.awaiting_erasure returning subject_id as "subjectId", basis',
    );
    await kit.test.database.transaction('worker', (tx) => kit.erasures.erase(tx, wishes));
    await publishAll(kit.sequencer);
  }

  it('name who revoked, was erased or keeps everything back, once there are enough, and tell patients', async () => {
    const persons = await kit.contributors(provider, 18);
    const [first, erased, ruled, more, last, stays, later] = persons as Contributor[] & { length: 18 };
    const sale = await fetchedSale(persons);
    expect(await departureOf(first!, sale)).toMatchObject({ state: 'with-buyer', sentAt: null });
    await kit.revoke(first!);
    await erase(erased!);
    await kit.market.consent.setRules(ruled!, [
      { subject: { class: 'research' }, category: {}, level: 'none', purpose: 'any' },
    ]);
    await kit.market.consent.setRules(stays!, [
      { subject: { class: 'research' }, category: { types: ['Condition'] }, level: 'none', purpose: 'any' },
    ]);
    await kit.revoke(more!);
    expect(await departureOf(first!, sale)).toMatchObject({ state: 'waiting' });
    await nextRound();
    expect(await listsOf(sale)).toEqual([]); // four, and none of them is named
    expect(await departureOf(first!, sale)).toMatchObject({ state: 'waiting' });

    await kit.revoke(last!);
    await kit.withdrawals.rounds.run(); // another round of the same interval has nothing to do
    await nextRound();
    const gone = [first!, erased!, ruled!, more!, last!];
    expect(gone).toHaveLength(WITHDRAWAL_BATCH_MIN);
    const [list] = await listsOf(sale);
    expect(list).toMatchObject({ number: 1, state: 'open' });
    expect(await listsOf(sale, await kit.market.consent.identity.member('researcher'))).toEqual([]);
    const path = await download(sale, 1);
    expect(await named(sale, path)).toEqual(await pseudonymsOf(sale, gone));
    expect(await departureOf(first!, sale)).toMatchObject({ state: 'open', sentAt: expect.any(Date), listNumber: 1 });
    expect(await departureOf(stays!, sale)).toMatchObject({ state: 'with-buyer' });
    expect(await departureOf(later!, sale)).toMatchObject({ state: 'with-buyer' });

    await nextRound();
    expect(await listsOf(sale)).toHaveLength(1); // nobody is named twice
  });

  it('verify offline, and a changed byte shows', async () => {
    const [path] = await aList();
    const { ledger } = kit.market.consent.identity.logs;
    const policyText = `log ${ledger.verifierKey()}\nquorum none\n`;
    const identityText = known!.identity;
    const report = await verifyWithdrawalList({ path: path!, policyText, identityText });
    expect(report).toMatchObject({
      verdict: 'verified',
      findings: [],
      persons: WITHDRAWAL_BATCH_MIN,
      trust: 'operator only',
    });
    expect(await verifyWithdrawalList({ path: path!, identityText })).toMatchObject({ verdict: 'origin not proven' });
    expect(await verifyWithdrawalList({ path: path! })).toMatchObject({ verdict: 'broken' });
    const text = await openWithdrawalList({ path: path!, identityText });
    const { list } = parseListFile(text);
    const open = join(folder, 'changed.withdrawals.json');
    await writeFile(open, text);
    expect(await verifyWithdrawalList({ path: open, policyText })).toMatchObject({ verdict: 'verified' });
    const [row, second] = list.deleted;
    const changes: readonly [string, string][] = [
      [row!.pseudonym, otherFirstDigit(row!.pseudonym)],
      [`,${JSON.stringify(second)}`, ''],
      [`"number":${list.number}`, '"number":9'],
      [row!.salt, second!.salt],
      [list.order, otherFirstDigit(list.order)],
    ];
    for (const [from, to] of changes) {
      const wrong = text.replace(from, to);
      expect(wrong).not.toBe(text);
      await writeFile(open, wrong);
      expect(await verifyWithdrawalList({ path: open, policyText })).toMatchObject({ verdict: 'broken' });
    }
    const encrypted = await readFile(path!);
    encrypted[encrypted.length - 20]! ^= 1;
    const damaged = join(folder, 'damaged.withdrawals.age');
    await writeFile(damaged, encrypted);
    expect(await verifyWithdrawalList({ path: damaged, policyText, identityText })).toMatchObject({
      verdict: 'broken',
    });
  });

  let known: FundedSale | undefined;
  /** A sale with one list of five, and the path of the fetched list. */
  async function aList(): Promise<[string, FundedSale, readonly Contributor[]]> {
    const persons = await kit.contributors(provider, 17);
    known = await fetchedSale(persons);
    for (const person of persons.slice(0, WITHDRAWAL_BATCH_MIN)) await kit.revoke(person);
    await nextRound();
    return [await download(known, 1), known, persons];
  }

  it('are acknowledged by a statement of the buyer that fetched them, and are overdue without', async () => {
    const persons = await kit.contributors(provider, 17);
    const sale = await fetchedSale(persons);
    for (const person of persons.slice(0, WITHDRAWAL_BATCH_MIN)) await kit.revoke(person);
    await nextRound();
    const [row] = await kit.test.ownerQuery<{ list: string }>(
      'select list_sha256 as list from extraction.withdrawal_list where order_id = $1',
      [sale.orderId],
    );
    await expect(acknowledge(sale, row!.list)).rejects.toMatchObject({ code: 'WITHDRAWAL_LIST_NOT_FETCHED' });
    await expect(acknowledge(sale, '0'.repeat(64))).rejects.toMatchObject({ code: 'WITHDRAWAL_LIST_NOT_FOUND' });
    await download(sale, 1);
    const other = { ...sale, buyer: await kit.market.consent.identity.member('researcher') };
    await expect(acknowledge(other, row!.list)).rejects.toMatchObject({ code: 'WITHDRAWAL_LIST_NOT_FOUND' });
    day = ACKNOWLEDGEMENT_DAYS + 1;
    expect(await listsOf(sale)).toMatchObject([{ state: 'overdue' }]);
    expect(await departureOf(persons[0]!, sale)).toMatchObject({ state: 'overdue' });
    day = 0;
    const text = sale.buyer.client.sign(WITHDRAWAL_ACKNOWLEDGEMENT, { order: sale.orderId, list: row!.list });
    for (let time = 0; time < 2; time += 1) {
      expect(await acknowledge(sale, row!.list, text)).toMatchObject({ state: 'acknowledged' });
    }
    await expect(acknowledge(sale, row!.list)).rejects.toMatchObject({ code: 'WITHDRAWAL_LIST_ACKNOWLEDGED' });
    expect(await departureOf(persons[0]!, sale)).toMatchObject({ state: 'acknowledged' });
    const acts = await kit.test.ownerQuery<{ act: string }>(
      `select act from audit.access_event where object_id = $1 and act like 'withdrawals.%' order by occurred_at`,
      [sale.orderId],
    );
    expect(acts.map(({ act }) => act)).toEqual([
      'withdrawals.listed',
      'withdrawals.packed',
      'withdrawals.fetched',
      'withdrawals.acknowledged',
    ]);
  });

  it('are fetched so often a day at most', async () => {
    const [, sale] = await aList();
    const [found] = await kit.test.ownerQuery<{ id: string }>(
      'select id from extraction.withdrawal_list where order_id = $1',
      [sale.orderId],
    );
    await kit.test.ownerQuery(
      `insert into extraction.withdrawal_fetch (id, list_id, access_event_id, entry_id)
       select gen_random_uuid(), $1, gen_random_uuid(), gen_random_uuid() from generate_series(2, $2::integer)`,
      [found!.id, LIST_FETCHES_A_DAY_MAX],
    );
    await expect(download(sale, 1)).rejects.toMatchObject({ code: 'FETCH_LIMIT_REACHED' });
    await expect(download(sale, 2)).rejects.toMatchObject({ code: 'WITHDRAWAL_LIST_NOT_FOUND' });
  });

  it('end with the permit, and the patient is told', async () => {
    const persons = await kit.contributors(provider, 17);
    const sale = await fetchedSale(persons);
    for (const person of persons.slice(0, WITHDRAWAL_BATCH_MIN)) await kit.revoke(person);
    await kit.test.ownerQuery('update extraction.sale_key set destroy_on = current_date where order_id = $1', [
      sale.orderId,
    ]);
    await kit.test.database.transaction('worker', (tx) => kit.saleKeys.destroyDue(tx));
    await nextRound();
    expect(await listsOf(sale)).toEqual([]);
    expect(await departureOf(persons[0]!, sale)).toMatchObject({
      state: 'recall-ended',
      recallEnds: expect.any(String),
    });
  });

  it('of fewer than five, and lists that change, the database refuses', async () => {
    const [, sale, persons] = await aList();
    const query = (sql: string) => kit.test.ownerQuery(sql, [sale.orderId]);
    const [check] = await kit.test.ownerQuery<{ source: string }>(
      `select prosrc as source from pg_proc where proname = 'check_withdrawal_batch'`,
    );
    expect(check!.source).toContain(`integer := ${WITHDRAWAL_BATCH_MIN};`);
    await expect(
      query(
        `insert into extraction.withdrawal_list (id, order_id, package_id, number, round, list_sha256, entry_id, made_at)
         select gen_random_uuid(), order_id, package_id, 2, 0, list_sha256, gen_random_uuid(), now()
           from extraction.withdrawal_list where order_id = $1`,
      ),
    ).rejects.toMatchObject({ constraint: 'withdrawal_batch' });
    await expect(query('update extraction.withdrawal_list set number = 3 where order_id = $1')).rejects.toThrow(
      'stays',
    );
    await expect(query('delete from extraction.withdrawal_list where order_id = $1')).rejects.toThrow();
    await expect(
      kit.test.ownerQuery('update extraction.member set withdrawn_on = null where person_id = $1', [
        persons[0]!.personId,
      ]),
    ).rejects.toThrow('a withdrawal stays');
  });
});
