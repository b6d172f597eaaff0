import { startTestDatabase, type TestDatabase } from '@aceso/platform/testing';
import type { Tx } from '@aceso/platform';
import type { Account } from './domain/account';
import { SettlementService } from './settlement.service';
import { buyerNo, euro, orderNo, personNo, providerNo } from './testing/builders';

const settlement = new SettlementService();
let test: TestDatabase;
let nextOrder = 1;

beforeAll(async () => {
  test = await startTestDatabase();
}, 60_000);
afterAll(() => test.close());

const work = <T>(use: (tx: Tx) => Promise<T>) => test.database.transaction('worker', use);
const refused = (code: string) => expect.objectContaining({ code });
const balanceOf = async (account: Account) => (await work((tx) => settlement.balance(tx, account, 'EUR'))).amountMinor;
const sumOfAll = async () =>
  (
    await test.ownerQuery<{ sum: string }>('select coalesce(sum(amount_minor), 0)::text as sum from settlement.posting')
  )[0].sum;
const negatives = () =>
  test.ownerQuery(`select a.kind from settlement.account a join settlement.posting p on p.account_id = a.id
                    where a.kind <> 'outside' group by a.id having sum(p.amount_minor) < 0`);

/** A buyer of its own with money, so that tests do not meet. */
async function buyerWith(n: number, amount: number) {
  const buyerId = buyerNo(n);
  await work((tx) => settlement.deposit(tx, { buyerId, amount: euro(amount), reference: `D-${n}` }));
  return buyerId;
}

async function fundedOrder(buyerId: ReturnType<typeof buyerNo>, amount: number) {
  const orderId = orderNo(nextOrder++);
  await work((tx) => settlement.fundEscrow(tx, { orderId, buyerId, amount: euro(amount) }));
  return orderId;
}

describe('the story of an order that is released', () => {
  it('ends with every cent at somebody', async () => {
    const buyerId = await buyerWith(1, 100);
    const orderId = await fundedOrder(buyerId, 75);
    const persons = [
      { personId: personNo(101), providerIds: [providerNo(101)] },
      { personId: personNo(102), providerIds: [providerNo(101), providerNo(102)] },
    ];
    const release = { orderId, unitMinor: 500n, currency: 'EUR', persons };
    const settled = await work((tx) => settlement.settleRelease(tx, release));

    expect(settled).toMatchObject({
      patients: 700n,
      providers: 200n,
      platform: 100n,
      refunded: 6500n,
      repeated: false,
    });
    expect(settled.earnings).toHaveLength(4);
    expect(await balanceOf({ kind: 'escrow', ownerId: orderId })).toBe(0n);
    expect(await balanceOf({ kind: 'patient', ownerId: personNo(102) })).toBe(350n);
    expect(await balanceOf({ kind: 'provider', ownerId: providerNo(101) })).toBe(150n);
    expect(await balanceOf({ kind: 'buyer', ownerId: buyerId })).toBe(9000n);

    expect(await work((tx) => settlement.settleRelease(tx, release))).toEqual({ ...settled, repeated: true });
    const totals = await test.database.transaction('api', (tx) => settlement.totals(tx, orderId));
    expect(settled).toMatchObject({ ...totals });
    const others = { ...release, persons: persons.slice(1) };
    await expect(work((tx) => settlement.settleRelease(tx, others))).rejects.toThrow(refused('TRANSFER_KEY_REUSED'));
    await expect(work((tx) => settlement.refundEscrow(tx, { orderId }))).rejects.toThrow(refused('ESCROW_SETTLED'));
    expect(await sumOfAll()).toBe('0');
  });
});

describe('the story of an order that fails', () => {
  it('gives the whole escrow back, once', async () => {
    const buyerId = await buyerWith(2, 75);
    const orderId = await fundedOrder(buyerId, 75);
    expect(await balanceOf({ kind: 'buyer', ownerId: buyerId })).toBe(0n);
    expect(await work((tx) => settlement.totals(tx, orderId))).toBeNull();
    const first = await work((tx) => settlement.refundEscrow(tx, { orderId }));
    const second = await work((tx) => settlement.refundEscrow(tx, { orderId }));
    expect([first, second]).toEqual([
      { repeated: false, refunded: euro(75) },
      { repeated: true, refunded: euro(75) },
    ]);
    expect(await balanceOf({ kind: 'buyer', ownerId: buyerId })).toBe(7500n);
    const release = {
      orderId,
      unitMinor: 500n,
      currency: 'EUR',
      persons: [{ personId: personNo(1), providerIds: [providerNo(1)] }],
    };
    await expect(work((tx) => settlement.settleRelease(tx, release))).rejects.toThrow(refused('ESCROW_SETTLED'));
  });

  it('cannot be settled without having been funded, in another currency, or beyond the escrow', async () => {
    const persons = Array.from({ length: 16 }, (_, n) => ({
      personId: personNo(200 + n),
      providerIds: [providerNo(1)],
    }));
    const unknown = { orderId: orderNo(9999), unitMinor: 500n, currency: 'EUR', persons };
    await expect(work((tx) => settlement.settleRelease(tx, unknown))).rejects.toThrow(refused('ESCROW_UNKNOWN'));
    await expect(work((tx) => settlement.refundEscrow(tx, unknown))).rejects.toThrow(refused('ESCROW_UNKNOWN'));
    const orderId = await fundedOrder(await buyerWith(3, 75), 75);
    const release = { orderId, unitMinor: 500n, currency: 'EUR', persons };
    await expect(work((tx) => settlement.settleRelease(tx, { ...release, currency: 'CHF' }))).rejects.toThrow(
      refused('CURRENCY_MISMATCH'),
    );
    await expect(work((tx) => settlement.settleRelease(tx, release))).rejects.toThrow(refused('ESCROW_TOO_SMALL'));
  });
});

describe('a buyer', () => {
  it('cannot set aside more than was deposited', async () => {
    const buyerId = await buyerWith(4, 10);
    const order = { orderId: orderNo(nextOrder++), buyerId, amount: euro(10.01) };
    await expect(work((tx) => settlement.fundEscrow(tx, order))).rejects.toThrow(refused('INSUFFICIENT_FUNDS'));
    expect(await balanceOf({ kind: 'buyer', ownerId: buyerId })).toBe(1000n);
  });

  it('cannot spend the same money twice at once, at any isolation level', async () => {
    for (const [n, isolation] of (['READ COMMITTED', 'REPEATABLE READ', 'SERIALIZABLE'] as const).entries()) {
      const buyerId = await buyerWith(10 + n, 100);
      const spend = () =>
        test.database.transaction(
          'worker',
          (tx) => settlement.fundEscrow(tx, { orderId: orderNo(nextOrder++), buyerId, amount: euro(60) }),
          { isolation },
        );
      const outcomes = await Promise.allSettled([spend(), spend(), spend(), spend()]);
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      expect(await balanceOf({ kind: 'buyer', ownerId: buyerId })).toBe(4000n);
    }
  });

  it('has one deposit for one bank reference', async () => {
    const buyerId = buyerNo(5);
    const book = (amount: number) =>
      work((tx) => settlement.deposit(tx, { buyerId, amount: euro(amount), reference: 'RF-5' }));
    expect([await book(20), await book(20)]).toEqual([{ repeated: false }, { repeated: true }]);
    await expect(book(21)).rejects.toThrow(refused('TRANSFER_KEY_REUSED'));
    expect(await balanceOf({ kind: 'buyer', ownerId: buyerId })).toBe(2000n);
  });
});

describe('two hundred identical calls at once', () => {
  it('book one pair of postings (threat T18)', async () => {
    const buyerId = await buyerWith(6, 1000);
    const orderId = orderNo(nextOrder++);
    const fund = () => work((tx) => settlement.fundEscrow(tx, { orderId, buyerId, amount: euro(75) }));
    const outcomes = await Promise.all(Array.from({ length: 200 }, fund));
    expect(outcomes.filter(({ repeated }) => !repeated)).toHaveLength(1);
    const rows = await test.ownerQuery(
      `select 1 from settlement.posting p join settlement.transfer t on t.id = p.transfer_id where t.natural_key = $1`,
      [`fund:${orderId}`],
    );
    expect(rows).toHaveLength(2);
    expect(await sumOfAll()).toBe('0');
    expect(await negatives()).toEqual([]);
  });
});

describe('a payout', () => {
  it('takes what was earned, not more, and once a key', async () => {
    const orderId = await fundedOrder(await buyerWith(7, 75), 75);
    const personId = personNo(701);
    const persons = [{ personId, providerIds: [providerNo(701)] }];
    await work((tx) => settlement.settleRelease(tx, { orderId, unitMinor: 2000n, currency: 'EUR', persons }));
    const pay = (amount: number, key: string) =>
      work((tx) => settlement.payOut(tx, { personId, amount: euro(amount), key }));
    const race = await Promise.allSettled([pay(10, 'a'), pay(10, 'b'), pay(10, 'c')]);
    expect(race.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    await expect(pay(4.01, 'd')).rejects.toThrow(refused('INSUFFICIENT_FUNDS'));
    expect([await pay(4, 'e'), await pay(4, 'e')]).toEqual([{ repeated: false }, { repeated: true }]);
    expect(await balanceOf({ kind: 'patient', ownerId: personId })).toBe(0n);
  });
});

describe('the database itself', () => {
  const transferRow = `insert into settlement.transfer (kind, natural_key, order_id, digest)
                       values ('deposit', $1, null, sha256('x')) returning id`;
  const post = `insert into settlement.posting (transfer_id, account_id, currency, amount_minor)
                select $1, a.id, a.currency, $2 from settlement.account a where a.kind = $3 and a.owner_id = $4`;
  const nobody = '00000000-0000-0000-0000-000000000000';

  beforeAll(() => buyerWith(8, 10));

  it('refuses a transfer that does not sum to zero, at the commit', async () => {
    const unbalanced = work(async (tx) => {
      const [{ id }] = await tx.query<{ id: string }>(transferRow, ['deposit:bad-1']);
      await tx.execute(post, [id, '100', 'buyer', buyerNo(8)]);
    });
    await expect(unbalanced).rejects.toThrow('sum to zero');
    const empty = work((tx) => tx.execute(transferRow, ['deposit:bad-2']));
    await expect(empty).rejects.toThrow('sum to zero');
  });

  it('refuses a posting that comes later', async () => {
    const late = work(async (tx) => {
      const [{ id }] = await tx.query<{ id: string }>(
        `select id from settlement.transfer where natural_key = 'deposit:D-8'`,
      );
      await tx.execute(post, [id, '100', 'platform', nobody]);
    });
    await expect(late).rejects.toThrow('all its postings at once');
  });

  it.each(['transfer', 'posting', 'account_kind'])('never changes the table %s', async (table) => {
    for (const role of ['api', 'worker'] as const) {
      await expect(test.database.query(role, `delete from settlement.${table}`)).rejects.toThrow('permission denied');
    }
    await expect(test.ownerQuery(`delete from settlement.${table}`)).rejects.toThrow('append-only');
    await expect(test.ownerQuery(`truncate settlement.${table} cascade`)).rejects.toThrow('append-only');
  });

  it('lets no role touch the count of withdrawals', async () => {
    await expect(test.database.query('worker', 'update settlement.account set debits = 0')).rejects.toThrow(
      'permission denied',
    );
  });

  it('shows the process on the network nobody’s earnings but the acting party’s', async () => {
    const orderId = await fundedOrder(await buyerWith(9, 75), 75);
    const party = buyerNo(900);
    await test.ownerQuery(
      `insert into identity.party (id, did, role, registered_at) values ($1, $2, 'patient', now())`,
      [party, 'did:key:z6MkEarnerWithShare'],
    );
    await test.ownerQuery('insert into identity.patient (party_id, person_id) values ($1, $2)', [party, personNo(900)]);
    const persons = [900, 901].map((n) => ({ personId: personNo(n), providerIds: [providerNo(900)] }));
    await work((tx) => settlement.settleRelease(tx, { orderId, unitMinor: 500n, currency: 'EUR', persons }));

    const seen = (n: number, actor?: string) =>
      test.database.transaction('api', async (tx) => {
        if (actor) await tx.actAs(actor);
        return (await settlement.balance(tx, { kind: 'patient', ownerId: personNo(n) }, 'EUR')).amountMinor;
      });
    expect([await seen(900, party), await seen(901, party), await seen(900)]).toEqual([350n, 0n, 0n]);
    const kinds = await test.database.query<{ kind: string }>(
      'api',
      `select distinct a.kind from settlement.posting p join settlement.account a on a.id = p.account_id`,
    );
    expect(kinds).toEqual([{ kind: 'escrow' }]);
  });
});
