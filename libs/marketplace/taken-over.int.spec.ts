import { randomUUID } from 'node:crypto';
import type { Member } from '@aceso/identity/testing';
import type { OrderId } from '@aceso/kernel';
import type { Tx } from '@aceso/platform';
import { openMarketplaceKit, type Askable, type MarketplaceKit } from './testing';

const EURO = (amount: number) => ({ amountMinor: BigInt(amount * 100), currency: 'EUR' });
const ESCROW_MINOR = 15_000n;
const NOBODY = '00000000-0000-0000-0000-000000000000';
const byRole = 'violates row-level security policy for table "transfer"';
const byRule = 'does not move money between these accounts';

interface Booking {
  readonly kind: string;
  readonly key?: string;
  readonly order?: OrderId | null;
  /** Account kind, owner and amount of each posting. */
  readonly lines: readonly (readonly [string, string, bigint])[];
}

/** What whoever took the process on the network over could write, past the program. */
async function book(tx: Tx, { kind, order = null, key = order ?? randomUUID(), lines }: Booking): Promise<void> {
  for (const [account, owner] of lines) {
    await tx.execute(
      `insert into settlement.account (kind, owner_id, currency) values ($1, $2, 'EUR') on conflict do nothing`,
      [account, owner],
    );
  }
  const id = randomUUID();
  await tx.execute(
    `insert into settlement.transfer (id, kind, natural_key, order_id, digest) values ($1, $2, $3, $4, sha256('x'))`,
    [id, kind, `${kind}:${key}`, order],
  );
  const posted = await tx.execute(
    `insert into settlement.posting (transfer_id, account_id, currency, amount_minor)
     select $1, a.id, a.currency, l.amount
       from unnest($2::text[], $3::uuid[], $4::bigint[]) l (kind, owner, amount)
       join settlement.account a on a.kind = l.kind and a.owner_id = l.owner and a.currency = 'EUR'`,
    [id, ...[0, 1, 2].map((at) => lines.map((line) => String(line[at])))],
  );
  expect(posted).toBe(lines.length);
}

describe('the role of the process on the network', () => {
  let kit: MarketplaceKit;
  let buyer: Member;
  let thief: Askable;
  let accomplice: Member;
  let orderId: OrderId;
  beforeAll(async () => {
    kit = await openMarketplaceKit();
    const officer = await kit.consent.identity.member('officer');
    thief = await kit.patient(await kit.consent.identity.member('provider'));
    buyer = await kit.buyer(EURO(1_000));
    accomplice = await kit.buyer(EURO(1));
    orderId = await kit.fund(buyer, await kit.asking(buyer, officer));
  }, 120_000);
  afterAll(() => kit.test.close());

  /** Sets every party that it likes: what row-level security by the acting party cannot stop. */
  const as = (actor: Member, booking: Booking) =>
    kit.api(async (tx) => {
      await tx.actAs(actor.actor.partyId);
      await book(tx, booking);
    });
  const escrow = (amount: bigint) => ['escrow', orderId, amount] as const;
  const own = (amount: bigint) => ['patient', thief.actor.personId!, amount] as const;
  const end = `update marketplace."order" set state = 'refunded', reason = 'CANCELLED_BY_BUYER' where id = $1`;

  it('books no release', async () => {
    const release = { kind: 'release', order: orderId, lines: [escrow(-ESCROW_MINOR), own(ESCROW_MINOR)] };
    for (const actor of [thief, buyer]) await expect(as(actor, release)).rejects.toThrow(byRole);
  });

  it.each(['deposit', 'payout'])('takes nothing out of an escrow by a %s', async (kind) => {
    await expect(as(thief, { kind, lines: [escrow(-100n), own(100n)] })).rejects.toThrow(byRule);
    const outside = ['outside', NOBODY, 100n] as const;
    await expect(as(thief, { kind, lines: [escrow(-100n), outside] })).rejects.toThrow(byRule);
  });

  it('takes nothing out of an escrow for another order, or under another key', async () => {
    const lines = [escrow(-100n), ['buyer', accomplice.actor.partyId, 100n] as const];
    const other = randomUUID() as OrderId;
    await expect(as(buyer, { kind: 'refund', order: other, lines })).rejects.toThrow(byRole);
    await expect(as(buyer, { kind: 'fund', order: orderId, lines })).rejects.toThrow('transfer_natural_key_key');
    await expect(as(buyer, { kind: 'fund', order: orderId, key: 'other', lines })).rejects.toThrow('does not hold');
  });

  it('gives an escrow back whole, to the buyer who filled it, and ends the order with it', async () => {
    const back = (to: Member, amount = ESCROW_MINOR): Booking => ({
      kind: 'refund',
      order: orderId,
      lines: [escrow(-amount), ['buyer', to.actor.partyId, amount]],
    });
    await expect(as(buyer, back(buyer))).rejects.toThrow(byRole);
    const ended = (booking: Booking) =>
      kit.api(async (tx) => {
        await tx.actAs(buyer.actor.partyId);
        await tx.execute(end, [orderId]);
        await book(tx, booking);
      });
    await expect(ended(back(accomplice))).rejects.toThrow(byRule);
    await expect(ended(back(buyer, 100n))).rejects.toThrow('does not hold what it should');
    await expect(kit.worker((tx) => book(tx, back(buyer)))).rejects.toThrow('does not hold what it should');
    await ended(back(buyer));
    expect(await kit.balance(buyer)).toBe(100_000n);
  });

  it('sets nobody else’s money aside', async () => {
    const officer = await kit.consent.identity.member('officer');
    const sent = await kit.asking(accomplice, officer);
    const order = randomUUID() as OrderId;
    const funding = kit.api(async (tx) => {
      await tx.actAs(accomplice.actor.partyId);
      await tx.execute(
        `insert into marketplace."order" (id, request_id, version, buyer_id, persons_max, unit_minor, currency, escrow_minor)
         values ($1, $2, 1, $3, 15, 1000, 'EUR', 15000)`,
        [order, sent.requestId, accomplice.actor.partyId],
      );
      const lines = [['buyer', buyer.actor.partyId, -ESCROW_MINOR] as const, ['escrow', order, ESCROW_MINOR] as const];
      await book(tx, { kind: 'fund', order, lines });
    });
    await expect(funding).rejects.toThrow(byRule);
  });
});
