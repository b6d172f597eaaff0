import { createHash } from 'node:crypto';
import fc from 'fast-check';
import type { PartyId } from '@aceso/kernel';
import { buyerNo, euro, orderNo, personNo, providerNo } from '../testing/builders';
import { accountKey, MAY_BE_NEGATIVE, type AccountKind } from './account';
import {
  assertBalanced,
  deposit,
  fund,
  parseMinor,
  payout,
  refund,
  release,
  TRANSFER_MINOR_MAX,
  transferDigest,
  type Transfer,
} from './transfer';

const sha256 = (...parts: readonly Uint8Array[]) => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest());
};
const buyerId = buyerNo(1);
const orderId = orderNo(1);
const amounts = ({ postings }: Transfer) =>
  Object.fromEntries(postings.map(({ account, amountMinor }) => [accountKey(account), amountMinor]));

describe('transfers between two accounts', () => {
  it('books a deposit from outside to the buyer under the bank reference', () => {
    const transfer = deposit({ buyerId, amount: euro(300), reference: 'RF18 5390' });
    expect(transfer.naturalKey).toBe('deposit:RF18 5390');
    expect(amounts(transfer)).toEqual({ 'outside:': -30_000n, [`buyer:${buyerId}`]: 30_000n });
  });

  it('moves the buyer’s money to the escrow of the order, and back', () => {
    expect(amounts(fund({ orderId, buyerId, amount: euro(300) }))).toEqual({
      [`buyer:${buyerId}`]: -30_000n,
      [`escrow:${orderId}`]: 30_000n,
    });
    expect(amounts(refund({ orderId, buyerId, escrow: euro(300) }))).toEqual({
      [`escrow:${orderId}`]: -30_000n,
      [`buyer:${buyerId}`]: 30_000n,
    });
  });

  it('lets a patient take money out under a key of its own', () => {
    const transfer = payout({ from: { kind: 'patient', ownerId: personNo(1) }, amount: euro(14), key: 'abc' });
    expect(transfer.naturalKey).toBe('payout:abc');
    expect(amounts(transfer)).toEqual({ [`patient:${personNo(1)}`]: -1_400n, 'outside:': 1_400n });
  });

  it.each([
    ['nothing', { amountMinor: 0n, currency: 'EUR' }],
    ['less than nothing', { amountMinor: -1n, currency: 'EUR' }],
    ['more than the limit', { amountMinor: TRANSFER_MINOR_MAX + 1n, currency: 'EUR' }],
    ['a currency that is none', { amountMinor: 1n, currency: 'eur' }],
  ])('refuses to move %s', (_, amount) => {
    const refusal = expect.objectContaining({ code: 'AMOUNT_INVALID' });
    expect(() => deposit({ buyerId, amount, reference: 'X' })).toThrow(refusal);
    expect(() => fund({ orderId, buyerId, amount })).toThrow(refusal);
    expect(() => refund({ orderId, buyerId, escrow: amount })).toThrow(refusal);
    expect(() => payout({ from: { kind: 'provider', ownerId: providerNo(1) }, amount, key: 'k' })).toThrow(refusal);
  });

  it.each([[''], [' leading'], ['x'.repeat(65)], ['line\nbreak'], ["'; drop"]])(
    'refuses the reference %j',
    (reference) => {
      expect(() => deposit({ buyerId, amount: euro(1), reference })).toThrow(
        expect.objectContaining({ code: 'DEPOSIT_REFERENCE_INVALID' }),
      );
    },
  );
});

describe('an amount in digits', () => {
  it('is read without losing a unit beyond 2^53', () => {
    expect(parseMinor('9007199254740993')).toBe(9_007_199_254_740_993n);
  });

  it.each([[''], ['0'], ['-1'], ['1.5'], ['01'], ['1e3'], [' 1'], ['9'.repeat(19)]])('is not %j', (text) => {
    expect(() => parseMinor(text)).toThrow(expect.objectContaining({ code: 'AMOUNT_INVALID' }));
  });
});

describe('a release', () => {
  const persons = [
    { personId: personNo(1), providerIds: [providerNo(1)] },
    { personId: personNo(2), providerIds: [providerNo(1), providerNo(2)] },
  ];

  it('adds the providers’ parts up, keeps the platform’s and returns what was not spent', () => {
    const { transfer, totals } = release({ orderId, buyerId, escrow: euro(75), unitMinor: 500n, persons });
    expect(totals).toEqual({ patients: 700n, providers: 200n, platform: 100n, refunded: 6_500n });
    expect(amounts(transfer)).toEqual({
      [`escrow:${orderId}`]: -7_500n,
      [`patient:${personNo(1)}`]: 350n,
      [`patient:${personNo(2)}`]: 350n,
      [`provider:${providerNo(1)}`]: 150n,
      [`provider:${providerNo(2)}`]: 50n,
      'platform:': 100n,
      [`buyer:${buyerId}`]: 6_500n,
    });
  });

  it('has no posting to the buyer when everything was spent', () => {
    const { transfer, totals } = release({ orderId, buyerId, escrow: euro(10), unitMinor: 500n, persons });
    expect(totals.refunded).toBe(0n);
    expect(amounts(transfer)).not.toHaveProperty(`buyer:${buyerId}`);
  });

  it('refuses more persons than were paid for', () => {
    expect(() => release({ orderId, buyerId, escrow: euro(9.99), unitMinor: 500n, persons })).toThrow(
      expect.objectContaining({ code: 'ESCROW_TOO_SMALL' }),
    );
  });

  it('refuses nobody, and somebody twice', () => {
    expect(() => release({ orderId, buyerId, escrow: euro(10), unitMinor: 500n, persons: [] })).toThrow('somebody');
    expect(() =>
      release({ orderId, buyerId, escrow: euro(10), unitMinor: 500n, persons: [persons[0], persons[0]] }),
    ).toThrow('included once');
  });

  it('pays nothing as a posting of zero at a price too small to divide', () => {
    const { earnings, totals } = release({
      orderId,
      buyerId,
      escrow: { amountMinor: 2n, currency: 'EUR' },
      unitMinor: 1n,
      persons,
    });
    expect(earnings).toEqual([]);
    expect(totals).toEqual({ patients: 0n, providers: 0n, platform: 2n, refunded: 0n });
  });

  it('sums to zero and equals the escrow for every order', () => {
    const person = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(
        fc.array(person, { minLength: 1, maxLength: 60 }),
        fc.bigInt({ min: 1n, max: 10_000n }),
        fc.bigInt({ min: 0n, max: 100_000n }),
        (people, unitMinor, unspent) => {
          const included = people.map((providers, index) => ({
            personId: personNo(index),
            providerIds: providers.map((n): PartyId => providerNo(n)),
          }));
          const escrow = { amountMinor: unitMinor * BigInt(included.length) + unspent, currency: 'EUR' };
          const { transfer, totals, earnings } = release({ orderId, buyerId, escrow, unitMinor, persons: included });
          assertBalanced(transfer);
          const { patients, providers, platform, refunded } = totals;
          expect(patients + providers + platform + refunded).toBe(escrow.amountMinor);
          expect(refunded).toBe(unspent);
          expect(earnings.reduce((sum, { amountMinor }) => sum + amountMinor, 0n)).toBe(patients + providers);
        },
      ),
    );
  });
});

/** Balances after transfers, refused ones left out: a model of the database's check. */
function book(balances: Map<string, bigint>, transfer: Transfer): boolean {
  const after = new Map(balances);
  for (const { account, amountMinor } of transfer.postings) {
    const key = accountKey(account);
    const balance = (after.get(key) ?? 0n) + amountMinor;
    if (amountMinor < 0n && balance < 0n && !MAY_BE_NEGATIVE[account.kind]) return false;
    after.set(key, balance);
  }
  for (const [key, balance] of after) balances.set(key, balance);
  return true;
}

describe('any sequence of transfers', () => {
  it('keeps the sum of all balances at zero and nobody but the outside below zero', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('deposit' as const), minor: fc.integer({ min: 1, max: 9_000 }) }),
      fc.record({ kind: fc.constant('fund' as const), minor: fc.integer({ min: 1, max: 9_000 }) }),
      fc.record({ kind: fc.constant('payout' as const), minor: fc.integer({ min: 1, max: 900 }) }),
      fc.record({ kind: fc.constant('settle' as const), minor: fc.integer({ min: 1, max: 500 }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const balances = new Map<string, bigint>();
        const orders: { id: ReturnType<typeof orderNo>; minor: number }[] = [];
        steps.forEach(({ kind, minor }, n) => {
          const amount = { amountMinor: BigInt(minor), currency: 'EUR' };
          if (kind === 'deposit') book(balances, deposit({ buyerId, amount, reference: `R${n}` }));
          if (kind === 'payout') {
            book(balances, payout({ from: { kind: 'patient', ownerId: personNo(1) }, amount, key: `${n}` }));
          }
          if (kind === 'fund' && book(balances, fund({ orderId: orderNo(n), buyerId, amount }))) {
            orders.push({ id: orderNo(n), minor });
          }
          const order = kind === 'settle' ? orders.pop() : undefined;
          if (order) book(balances, settle(order.id, BigInt(order.minor), BigInt(minor)));
        });
        expect([...balances.values()].reduce((sum, balance) => sum + balance, 0n)).toBe(0n);
        for (const [key, balance] of balances) {
          if (!MAY_BE_NEGATIVE[key.split(':')[0] as AccountKind]) expect(balance >= 0n).toBe(true);
        }
      }),
    );
  });
});

function settle(id: ReturnType<typeof orderNo>, escrowMinor: bigint, unitMinor: bigint): Transfer {
  const escrow = { amountMinor: escrowMinor, currency: 'EUR' };
  if (unitMinor > escrowMinor) return refund({ orderId: id, buyerId, escrow });
  const persons = [{ personId: personNo(1), providerIds: [providerNo(1)] }];
  return release({ orderId: id, buyerId, escrow, unitMinor, persons }).transfer;
}

describe('the digest of a transfer', () => {
  it('does not depend on the order of postings, but on every amount, owner and key', () => {
    const one = fund({ orderId, buyerId, amount: euro(10) });
    const digest = (transfer: Transfer) => Buffer.from(transferDigest(transfer, sha256)).toString('hex');
    expect(digest({ ...one, postings: [...one.postings].reverse() })).toBe(digest(one));
    expect(digest(fund({ orderId, buyerId, amount: euro(11) }))).not.toBe(digest(one));
    expect(digest(fund({ orderId, buyerId: buyerNo(2), amount: euro(10) }))).not.toBe(digest(one));
    expect(digest(fund({ orderId: orderNo(2), buyerId, amount: euro(10) }))).not.toBe(digest(one));
  });
});

describe('a transfer of our own making', () => {
  it.each([
    ['one posting', [{ account: { kind: 'platform', ownerId: null }, amountMinor: 1n }], 'two postings or more'],
    [
      'a posting of zero',
      [
        { account: { kind: 'platform', ownerId: null }, amountMinor: 0n },
        { account: { kind: 'outside', ownerId: null }, amountMinor: 0n },
      ],
      'no posting is zero',
    ],
    [
      'a sum that is not zero',
      [
        { account: { kind: 'platform', ownerId: null }, amountMinor: 2n },
        { account: { kind: 'outside', ownerId: null }, amountMinor: -1n },
      ],
      'sum to zero',
    ],
    [
      'an account twice',
      [
        { account: { kind: 'outside', ownerId: null }, amountMinor: 2n },
        { account: { kind: 'outside', ownerId: null }, amountMinor: -2n },
      ],
      'one posting an account',
    ],
  ] as const)('never has %s', (_, postings, message) => {
    const transfer: Transfer = { kind: 'deposit', naturalKey: 'k', orderId: null, currency: 'EUR', postings };
    expect(() => assertBalanced(transfer)).toThrow(message);
  });
});
