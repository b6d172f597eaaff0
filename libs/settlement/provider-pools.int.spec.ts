import { startTestDatabase, type TestDatabase } from '@aceso/platform/testing';
import type { Tx } from '@aceso/platform';
import { SettlementService } from './settlement.service';
import { buyerNo, euro, orderNo, personNo, providerNo } from './testing/builders';

const settlement = new SettlementService();
const buyerId = buyerNo(1);
const UNIT = 1_000n;
const SHARE = 200n;
let test: TestDatabase;
let orders = 0;

beforeAll(async () => {
  test = await startTestDatabase();
  await work((tx) => settlement.deposit(tx, { buyerId, amount: euro(100_000), reference: 'D-1' }));
}, 60_000);
afterAll(() => test.close());

const work = <T>(use: (tx: Tx) => Promise<T>) => test.database.transaction('worker', use);
type Provider = ReturnType<typeof providerNo>;

/** Patients number `first` to `last` of one order, all with the same providers. */
const group = (first: number, last: number, ...providerIds: Provider[]) =>
  Array.from({ length: last - first + 1 }, (_, n) => ({ personId: personNo(first + n), providerIds }));

async function funded(persons: number) {
  const orderId = orderNo((orders += 1));
  const amount = { amountMinor: UNIT * BigInt(persons), currency: 'EUR' };
  await work((tx) => settlement.fundEscrow(tx, { orderId, buyerId, amount }));
  return orderId;
}
const settle = (tx: Tx, orderId: ReturnType<typeof orderNo>, persons: ReturnType<typeof group>) =>
  settlement.settleRelease(tx, { orderId, unitMinor: UNIT, currency: 'EUR', persons });

async function release(persons: ReturnType<typeof group>): Promise<ReturnType<typeof orderNo>> {
  const orderId = await funded(persons.length);
  await work((tx) => settle(tx, orderId, persons));
  return orderId;
}

/** What the process on the network can find out for the provider, by the way of the program and by the sum of its rows. */
const shown = (provider: Provider) =>
  test.database.transaction('api', async (tx) => {
    await tx.actAs(provider);
    const { amountMinor } = await settlement.payable(tx, { kind: 'provider', ownerId: provider }, 'EUR');
    const rows = await tx.query(
      `select p.amount_minor from settlement.posting p join settlement.account a on a.id = p.account_id
        where a.kind = 'provider' and p.amount_minor > 0`,
    );
    expect(rows).toEqual([]);
    return amountMinor;
  });
const inAccount = async (provider: Provider) =>
  (await work((tx) => settlement.balance(tx, { kind: 'provider', ownerId: provider }, 'EUR'))).amountMinor;
const pools = (provider: Provider) =>
  test.database.transaction('api', async (tx) => {
    await tx.actAs(provider);
    return tx.query('select number, amount_minor::text as amount from settlement.provider_pool order by number');
  });
const payOut = (partyId: Provider, amountMinor: bigint, key: string) =>
  work((tx) => settlement.payOut(tx, { partyId, amount: { amountMinor, currency: 'EUR' }, key }));

describe('what a provider sees of its money', () => {
  it('is nothing of ten patients in one order', async () => {
    const provider = providerNo(1);
    await release(group(1, 10, provider));
    expect([await shown(provider), await pools(provider)]).toEqual([0n, []]);
    expect(await inAccount(provider)).toBe(10n * SHARE);
  });

  it('is all of eleven', async () => {
    const provider = providerNo(2);
    await release(group(1, 11, provider));
    expect(await shown(provider)).toBe(11n * SHARE);
  });

  it('is one sum over two orders of six, when the second is released', async () => {
    const provider = providerNo(3);
    await release(group(1, 6, provider));
    expect(await shown(provider)).toBe(0n);
    const second = await release(group(7, 12, provider));
    expect(await shown(provider)).toBe(12n * SHARE);
    expect(await pools(provider)).toEqual([{ number: 1, amount: (12n * SHARE).toString() }]);
    // The next pool begins at nobody, and a repeated release adds nothing to it.
    await release(group(1, 10, provider));
    await work((tx) => settle(tx, second, group(7, 12, provider)));
    expect(await shown(provider)).toBe(12n * SHARE);
    await release(group(11, 11, provider));
    expect(await pools(provider)).toEqual([
      { number: 1, amount: (12n * SHARE).toString() },
      { number: 2, amount: (11n * SHARE).toString() },
    ]);
  });

  it('counts different patients, not shares', async () => {
    const provider = providerNo(4);
    for (let n = 0; n < 3; n += 1) await release(group(1, 6, provider));
    expect([await shown(provider), await inAccount(provider)]).toEqual([0n, 18n * SHARE]);
    await release(group(6, 11, provider));
    expect(await shown(provider)).toBe(24n * SHARE);
  });

  it('is of each provider by itself', async () => {
    const [large, small] = [providerNo(5), providerNo(6)];
    await release([...group(1, 9, large), ...group(10, 13, large, small)]);
    expect([await shown(large), await shown(small)]).toEqual([9n * SHARE + 4n * (SHARE / 2n), 0n]);
    const foreign = await test.database.transaction('api', async (tx) => {
      await tx.actAs(small);
      return tx.query('select number from settlement.provider_pool');
    });
    expect(foreign).toEqual([]);
  });

  it('is the same when orders with a common provider are released at once, at any isolation level', async () => {
    for (const [n, isolation] of (['READ COMMITTED', 'REPEATABLE READ', 'SERIALIZABLE'] as const).entries()) {
      const provider = providerNo(10 + n);
      const parts = [group(1, 6, provider), group(7, 12, provider)];
      const ids = [await funded(6), await funded(6)];
      await Promise.all(
        parts.map((persons, at) =>
          test.database.transaction('worker', (tx) => settle(tx, ids[at]!, persons), { isolation }),
        ),
      );
      expect(await pools(provider)).toEqual([{ number: 1, amount: (12n * SHARE).toString() }]);
    }
  });
});

describe('what a provider takes out', () => {
  it('is in closed pools: trying amounts tells nothing of the open one', async () => {
    const provider = providerNo(20);
    await release(group(1, 10, provider));
    const insufficient = expect.objectContaining({ code: 'INSUFFICIENT_FUNDS' });
    await expect(payOut(provider, 1n, 'one')).rejects.toThrow(insufficient);
    await release(group(11, 12, provider));
    await payOut(provider, 1_000n, 'two');
    expect(await shown(provider)).toBe(12n * SHARE - 1_000n);
    await release(group(1, 10, provider));
    await expect(payOut(provider, 12n * SHARE - 999n, 'three')).rejects.toThrow(insufficient);
    await payOut(provider, 12n * SHARE - 1_000n, 'four');
    expect([await shown(provider), await inAccount(provider)]).toEqual([0n, 10n * SHARE]);
  });
});

describe('the database', () => {
  it.each([
    [
      'a pool',
      'insert into settlement.provider_pool (account_id, number, amount_minor, persons) values ($1, 9, 1, 11)',
    ],
    ['an open share', 'insert into settlement.open_share (account_id, person_id) values ($1, $1)'],
  ])('lets no role write %s', async (_, sql) => {
    for (const role of ['api', 'worker'] as const) {
      await expect(test.database.query(role, sql, [providerNo(1)])).rejects.toThrow('permission denied');
    }
  });

  it('lets no role read who is in an open pool, and the one on the network add nobody', async () => {
    for (const role of ['api', 'worker'] as const) {
      await expect(test.database.query(role, 'select 1 from settlement.open_share')).rejects.toThrow('denied');
    }
    const add = test.database.query('api', `select settlement.add_to_pools('EUR', '{}', '{}')`);
    await expect(add).rejects.toThrow('permission denied');
    const persons = test.database.query('api', 'select persons from settlement.provider_pool');
    await expect(persons).rejects.toThrow('permission denied');
  });

  it('keeps what left an account in its pools and never more than was earned', async () => {
    const wrong = await test.ownerQuery(
      `select a.owner_id from settlement.account a
         cross join lateral (select coalesce(sum(amount_minor), 0) as n from settlement.provider_pool l where l.account_id = a.id) as pooled
         cross join lateral (select coalesce(sum(amount_minor) filter (where amount_minor > 0), 0) as n,
                                    coalesce(-sum(amount_minor) filter (where amount_minor < 0), 0) as paid
                               from settlement.posting p where p.account_id = a.id) as posted
        where a.kind = 'provider' and not (posted.paid <= pooled.n and pooled.n <= posted.n)`,
    );
    expect(wrong).toEqual([]);
    await expect(test.ownerQuery('delete from settlement.provider_pool')).rejects.toThrow('append-only');
  });
});
