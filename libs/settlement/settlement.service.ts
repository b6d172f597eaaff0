import { Injectable } from '@nestjs/common';
import { assert, type Money, type OrderId, type PartyId, type PersonId } from '@aceso/kernel';
import { sha256, type Tx } from '@aceso/platform';
import type { Account, AccountKind } from './domain/account';
import { SettlementError } from './domain/settlement.errors';
import { providerShares, type IncludedPerson } from './domain/split-rule';
import * as transfers from './domain/transfer';
import type { Earning, ReleaseTotals, Transfer } from './domain/transfer';

/** Owner of the platform's and the outside's accounts, which belong to no party. */
const NOBODY = '00000000-0000-0000-0000-000000000000';

/** What a repeated call finds out: the fact was booked before, nothing moved this time. */
export interface Booking {
  readonly repeated: boolean;
}

export interface ReleaseSettlement extends ReleaseTotals, Booking {
  readonly currency: string;
  /** What each patient and provider earned: the leaves of the order's ledger entry. */
  readonly earnings: readonly Earning[];
}

/** Moves money inside the caller's transaction. Every method may be repeated: its natural key books once. */
@Injectable()
export class SettlementService {
  /** Bank money for a buyer. Throws AMOUNT_INVALID, DEPOSIT_REFERENCE_INVALID, TRANSFER_KEY_REUSED. */
  async deposit(tx: Tx, input: { buyerId: PartyId; amount: Money; reference: string }): Promise<Booking> {
    return this.#book(tx, transfers.deposit(input));
  }

  /** Sets the buyer's money aside for one order. Throws INSUFFICIENT_FUNDS, TRANSFER_KEY_REUSED. */
  async fundEscrow(tx: Tx, input: { orderId: OrderId; buyerId: PartyId; amount: Money }): Promise<Booking> {
    return this.#book(tx, transfers.fund(input));
  }

  /**
   * Divides the escrow among the included persons, their providers, the platform and, for what was not spent, the
   * buyer. Closes the pools of providers that have enough patients now. Throws ESCROW_UNKNOWN, ESCROW_SETTLED after a refund, ESCROW_TOO_SMALL, CURRENCY_MISMATCH.
   */
  async settleRelease(
    tx: Tx,
    input: { orderId: OrderId; unitMinor: bigint; currency: string; persons: readonly IncludedPerson[] },
  ): Promise<ReleaseSettlement> {
    const { buyerId, escrow } = await this.#funding(tx, input.orderId);
    if (escrow.currency !== input.currency) {
      throw new SettlementError('CURRENCY_MISMATCH', 'the escrow is in another currency');
    }
    const { transfer, totals, earnings } = transfers.release({ ...input, buyerId, escrow });
    const { repeated } = await this.#book(tx, transfer);
    if (!repeated) await this.#addToPools(tx, input);
    return { ...totals, earnings, currency: input.currency, repeated };
  }

  /** Gives the whole escrow back. Throws ESCROW_UNKNOWN, ESCROW_SETTLED after a release. */
  async refundEscrow(tx: Tx, input: { orderId: OrderId }): Promise<Booking & { refunded: Money }> {
    const { buyerId, escrow } = await this.#funding(tx, input.orderId);
    const { repeated } = await this.#book(tx, transfers.refund({ orderId: input.orderId, buyerId, escrow }));
    return { repeated, refunded: escrow };
  }

  /** Earned money leaves to its owner; `key` names the payout request for ever. Throws INSUFFICIENT_FUNDS, TRANSFER_KEY_REUSED. */
  async payOut(
    tx: Tx,
    input: ({ personId: PersonId } | { partyId: PartyId }) & { amount: Money; key: string },
  ): Promise<Booking> {
    const { amount, key } = input;
    const from =
      'personId' in input
        ? ({ kind: 'patient', ownerId: input.personId } as const)
        : ({ kind: 'provider', ownerId: input.partyId } as const);
    return this.#book(tx, transfers.payout({ from, amount, key }));
  }

  /** The sum of an account's postings; zero for an account that nobody used yet. What a provider is shown is {@link payable}. */
  async balance(tx: Tx, account: Account, currency: string): Promise<Money> {
    const [{ amount }] = await tx.query<{ amount: string }>(
      `select coalesce(sum(p.amount_minor), 0)::text as amount
         from settlement.account a join settlement.posting p on p.account_id = a.id
        where a.kind = $1 and a.owner_id = $2 and a.currency = $3`,
      [account.kind, account.ownerId ?? NOBODY, currency],
    );
    return { amountMinor: BigInt(amount), currency };
  }

  /** What its owner may see and take out: of a provider's account what closed pools hold, of any other the balance. */
  async payable(tx: Tx, account: Account, currency: string): Promise<Money> {
    if (account.kind !== 'provider') return this.balance(tx, account, currency);
    const [row] = await tx.query<{ amount: string }>(
      `select (coalesce((select sum(l.amount_minor) from settlement.provider_pool l where l.account_id = a.id), 0)
             + coalesce((select sum(p.amount_minor) from settlement.posting p
                          where p.account_id = a.id and p.amount_minor < 0), 0))::text as amount
         from settlement.account a where a.kind = 'provider' and a.owner_id = $1 and a.currency = $2`,
      [account.ownerId, currency],
    );
    return { amountMinor: BigInt(row?.amount ?? 0), currency };
  }

  /** What became of an order's escrow, in sums that its buyer may see; null while it is held. */
  async totals(tx: Tx, orderId: OrderId): Promise<(ReleaseTotals & { readonly currency: string }) | null> {
    const rows = await tx.query<{ kind: string; amount_minor: string; currency: string }>(
      'select kind, amount_minor, currency from settlement.release_totals($1)',
      [orderId],
    );
    const [first] = rows;
    if (!first) return null;
    const of = (kind: AccountKind) => BigInt(rows.find((row) => row.kind === kind)?.amount_minor ?? 0);
    const { currency } = first;
    return {
      patients: of('patient'),
      providers: of('provider'),
      platform: of('platform'),
      refunded: of('buyer'),
      currency,
    };
  }

  /** Providers' money is shown and paid in pools of eleven patients or more (privacy-and-keys section 9). */
  async #addToPools(
    tx: Tx,
    release: { unitMinor: bigint; currency: string; persons: readonly IncludedPerson[] },
  ): Promise<void> {
    const shares = providerShares(release.unitMinor, release.persons);
    await tx.query('select settlement.add_to_pools($1, $2::uuid[], $3::uuid[])', [
      release.currency,
      shares.map(({ providerId }) => providerId),
      shares.map(({ personId }) => personId),
    ]);
  }

  /** Who put how much into the escrow of an order; throws ESCROW_UNKNOWN for an order that was never funded. */
  async #funding(tx: Tx, orderId: OrderId): Promise<{ buyerId: PartyId; escrow: Money }> {
    const [funding] = await tx.query<{ buyer_id: PartyId; amount: string; currency: string }>(
      `select a.owner_id as buyer_id, (-p.amount_minor)::text as amount, p.currency
         from settlement.transfer t
         join settlement.posting p on p.transfer_id = t.id
         join settlement.account a on a.id = p.account_id and a.kind = 'buyer'
        where t.natural_key = $1`,
      [`fund:${orderId}`],
    );
    if (!funding) throw new SettlementError('ESCROW_UNKNOWN', 'no money was set aside for this order');
    return {
      buyerId: funding.buyer_id,
      escrow: { amountMinor: BigInt(funding.amount), currency: funding.currency },
    };
  }

  /** Books once: the unique natural key makes rivals wait for each other, and the later one compares what was said. */
  async #book(tx: Tx, transfer: Transfer): Promise<Booking> {
    const digest = transfers.transferDigest(transfer, sha256);
    try {
      const [booked] = await tx.query<{ id: string }>(
        `insert into settlement.transfer (kind, natural_key, order_id, digest) values ($1, $2, $3, $4)
         on conflict (natural_key) do nothing returning id`,
        [transfer.kind, transfer.naturalKey, transfer.orderId, digest],
      );
      if (booked) await this.#post(tx, booked.id, transfer);
      else await this.#compare(tx, transfer.naturalKey, digest);
      return { repeated: !booked };
    } catch (error) {
      throw refusalOf(error);
    }
  }

  async #post(tx: Tx, transferId: string, { postings, currency }: Transfer): Promise<void> {
    // Accounts are opened in one order for everybody, so that two releases with common owners do not wait in a circle.
    const rows = postings
      .map(({ account, amountMinor }) => ({ kind: account.kind, owner: account.ownerId ?? NOBODY, amountMinor }))
      .sort((a, b) => (`${a.kind}${a.owner}` < `${b.kind}${b.owner}` ? -1 : 1));
    const owners = [rows.map(({ kind }) => kind), rows.map(({ owner }) => owner)];
    await tx.execute(
      `insert into settlement.account (kind, owner_id, currency)
       select kind, owner_id, $3 from unnest($1::text[], $2::uuid[]) as wanted (kind, owner_id) on conflict do nothing`,
      [...owners, currency],
    );
    const posted = await tx.execute(
      `insert into settlement.posting (transfer_id, account_id, currency, amount_minor)
       select $4, a.id, a.currency, line.amount_minor
         from unnest($1::text[], $2::uuid[], $3::bigint[]) as line (kind, owner_id, amount_minor)
         join settlement.account a on a.kind = line.kind and a.owner_id = line.owner_id and a.currency = $5`,
      [...owners, rows.map(({ amountMinor }) => amountMinor.toString()), transferId, currency],
    );
    assert(posted === postings.length, 'every posting found its account');
  }

  async #compare(tx: Tx, naturalKey: string, digest: Uint8Array): Promise<void> {
    const [known] = await tx.query<{ same: boolean }>(
      'select digest = $2 as same from settlement.transfer where natural_key = $1',
      [naturalKey, digest],
    );
    assert(known, 'the natural key that was taken is there');
    if (!known.same) throw new SettlementError('TRANSFER_KEY_REUSED', 'this key was used for another transfer');
  }
}

/** Names of the database's checks and what they mean to a caller. */
const REFUSALS: Record<string, () => SettlementError> = {
  balance_not_negative: () => new SettlementError('INSUFFICIENT_FUNDS', 'the balance does not cover this'),
  escrow_settled_once: () => new SettlementError('ESCROW_SETTLED', 'the escrow of this order was settled before'),
};

function refusalOf(error: unknown): unknown {
  const constraint = error instanceof Error && 'constraint' in error ? String(error.constraint) : '';
  return REFUSALS[constraint]?.() ?? error;
}
