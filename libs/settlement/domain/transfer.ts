import { assert, canonicalJson, utf8, type Money, type OrderId, type PartyId, type Sha256 } from '@aceso/kernel';
import { accountKey, OUTSIDE, PLATFORM, type Account } from './account';
import { SettlementError } from './settlement.errors';
import { splitUnit, type IncludedPerson } from './split-rule';

/** One line of a transfer: a positive amount raises the account's balance, a negative one lowers it. */
export interface Posting {
  readonly account: Account;
  readonly amountMinor: bigint;
}

export type TransferKind = 'deposit' | 'fund' | 'release' | 'refund' | 'payout';

/**
 * Postings that happen together or not at all and sum to zero. `naturalKey` is permanent and unique: the same
 * business fact can be booked once, however often and from wherever it is repeated.
 */
export interface Transfer {
  readonly kind: TransferKind;
  readonly naturalKey: string;
  readonly orderId: OrderId | null;
  readonly currency: string;
  readonly postings: readonly Posting[];
}

/** Largest amount of one transfer in minor units: far above any order, far below 2^63. */
export const TRANSFER_MINOR_MAX = 1_000_000_000_000n;

/** Length of a bank reference. */
export const REFERENCE_LENGTH_MAX = 64;
const REFERENCE = /^[A-Za-z0-9][A-Za-z0-9 ./_-]*$/;

/** Refuses what is no amount to move: zero, negative, beyond the limit, or no ISO 4217 code. */
export function checkAmount({ amountMinor, currency }: Money): void {
  if (amountMinor <= 0n || amountMinor > TRANSFER_MINOR_MAX) {
    throw new SettlementError('AMOUNT_INVALID', `an amount is between 1 and ${TRANSFER_MINOR_MAX} minor units`);
  }
  if (!/^[A-Z]{3}$/.test(currency)) {
    throw new SettlementError('AMOUNT_INVALID', 'a currency is three capital letters (ISO 4217)');
  }
}

/** Whole minor units that came as a decimal number. Throws AMOUNT_INVALID. */
export function parseMinor(text: string): bigint {
  if (!/^[1-9][0-9]{0,17}$/.test(text)) {
    throw new SettlementError('AMOUNT_INVALID', 'an amount is a whole number of minor units, written in digits');
  }
  return BigInt(text);
}

/** A bank deposit that the operator booked for a buyer. The bank's reference is the natural key. */
export function deposit(input: { buyerId: PartyId; amount: Money; reference: string }): Transfer {
  checkAmount(input.amount);
  const { reference } = input;
  if (reference.length > REFERENCE_LENGTH_MAX || !REFERENCE.test(reference)) {
    throw new SettlementError('DEPOSIT_REFERENCE_INVALID', `1 to ${REFERENCE_LENGTH_MAX} of letters, digits, " ./_-"`);
  }
  return move({
    kind: 'deposit',
    naturalKey: `deposit:${reference}`,
    orderId: null,
    amount: input.amount,
    from: OUTSIDE,
    to: { kind: 'buyer', ownerId: input.buyerId },
  });
}

/** The buyer's money is set aside for one order. */
export function fund(input: { orderId: OrderId; buyerId: PartyId; amount: Money }): Transfer {
  checkAmount(input.amount);
  return move({
    kind: 'fund',
    naturalKey: `fund:${input.orderId}`,
    orderId: input.orderId,
    amount: input.amount,
    from: { kind: 'buyer', ownerId: input.buyerId },
    to: { kind: 'escrow', ownerId: input.orderId },
  });
}

/** The whole escrow goes back to the buyer. */
export function refund(input: { orderId: OrderId; buyerId: PartyId; escrow: Money }): Transfer {
  checkAmount(input.escrow);
  return move({
    kind: 'refund',
    naturalKey: `refund:${input.orderId}`,
    orderId: input.orderId,
    amount: input.escrow,
    from: { kind: 'escrow', ownerId: input.orderId },
    to: { kind: 'buyer', ownerId: input.buyerId },
  });
}

/** A patient or provider takes earned money out. `key` names the payout request for ever. */
export function payout(input: {
  from: Extract<Account, { kind: 'patient' | 'provider' }>;
  amount: Money;
  key: string;
}): Transfer {
  checkAmount(input.amount);
  return move({
    kind: 'payout',
    naturalKey: `payout:${input.key}`,
    orderId: null,
    amount: input.amount,
    from: input.from,
    to: OUTSIDE,
  });
}

export interface Release {
  readonly orderId: OrderId;
  readonly buyerId: PartyId;
  /** What was put into escrow for the order. */
  readonly escrow: Money;
  readonly unitMinor: bigint;
  readonly persons: readonly IncludedPerson[];
}

/** What one owner earns by a release: a leaf of the order's ledger entry. */
export interface Earning {
  readonly account: Extract<Account, { kind: 'patient' | 'provider' }>;
  readonly amountMinor: bigint;
}

/** Sums of a release in minor units; together they are the escrow. */
export interface ReleaseTotals {
  readonly patients: bigint;
  readonly providers: bigint;
  readonly platform: bigint;
  readonly refunded: bigint;
}

/**
 * Turns the escrow into shares by the split rule: one posting an owner, what is not spent back to the buyer.
 * Refuses ESCROW_TOO_SMALL when more persons were included than were paid for.
 */
export function release(input: Release): { transfer: Transfer; totals: ReleaseTotals; earnings: readonly Earning[] } {
  const { orderId, buyerId, escrow, persons } = input;
  checkAmount(escrow);
  assert(persons.length > 0, 'a release includes somebody');
  assert(new Set(persons.map(({ personId }) => personId)).size === persons.length, 'every person is included once');

  const refunded = escrow.amountMinor - input.unitMinor * BigInt(persons.length);
  if (refunded < 0n) throw new SettlementError('ESCROW_TOO_SMALL', 'the escrow does not cover the included persons');
  const { earnings, platform } = shareOut(input.unitMinor, persons);
  const postings: Posting[] = [
    { account: { kind: 'escrow', ownerId: orderId }, amountMinor: -escrow.amountMinor },
    ...earnings,
    { account: PLATFORM, amountMinor: platform },
    { account: { kind: 'buyer', ownerId: buyerId }, amountMinor: refunded },
  ];
  const transfer: Transfer = {
    kind: 'release',
    naturalKey: `release:${orderId}`,
    orderId,
    currency: escrow.currency,
    postings: postings.filter(({ amountMinor }) => amountMinor !== 0n),
  };
  assertBalanced(transfer);
  const totals = { patients: sumOf(earnings, 'patient'), providers: sumOf(earnings, 'provider'), platform, refunded };
  return { transfer, totals, earnings };
}

function shareOut(unitMinor: bigint, persons: readonly IncludedPerson[]): { earnings: Earning[]; platform: bigint } {
  const earnings: Earning[] = [];
  const providers = new Map<PartyId, bigint>();
  let platform = 0n;
  for (const { personId, providerIds } of persons) {
    const shares = splitUnit(unitMinor, providerIds);
    platform += shares.platform;
    if (shares.patient > 0n) {
      earnings.push({ account: { kind: 'patient', ownerId: personId }, amountMinor: shares.patient });
    }
    for (const { providerId, amountMinor } of shares.providers) {
      providers.set(providerId, (providers.get(providerId) ?? 0n) + amountMinor);
    }
  }
  for (const [ownerId, amountMinor] of providers) {
    if (amountMinor > 0n) earnings.push({ account: { kind: 'provider', ownerId }, amountMinor });
  }
  return { earnings, platform };
}

/** States that the postings of a transfer sum to zero, are not empty and name each account once. */
export function assertBalanced({ postings }: Transfer): void {
  assert(postings.length >= 2, 'a transfer has two postings or more');
  assert(
    postings.every(({ amountMinor }) => amountMinor !== 0n),
    'no posting is zero',
  );
  assert(postings.reduce((sum, { amountMinor }) => sum + amountMinor, 0n) === 0n, 'postings sum to zero');
  assert(
    new Set(postings.map(({ account }) => accountKey(account))).size === postings.length,
    'one posting an account',
  );
}

/** SHA-256 over what the transfer says, postings sorted by account: a natural key that returns must say the same again. */
export function transferDigest(transfer: Transfer, sha256: Sha256): Uint8Array {
  const postings = transfer.postings
    .map(({ account, amountMinor }) => [accountKey(account), amountMinor.toString()])
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const { kind, naturalKey, currency } = transfer;
  return sha256(utf8(canonicalJson({ kind, naturalKey, currency, postings })));
}

function move(
  input: Omit<Transfer, 'postings' | 'currency'> & { amount: Money; from: Account; to: Account },
): Transfer {
  const { amount, from, to, ...head } = input;
  const postings = [
    { account: from, amountMinor: -amount.amountMinor },
    { account: to, amountMinor: amount.amountMinor },
  ];
  const transfer = { ...head, currency: amount.currency, postings };
  assertBalanced(transfer);
  return transfer;
}

function sumOf(earnings: readonly Earning[], kind: Earning['account']['kind']): bigint {
  return earnings.reduce((sum, { account, amountMinor }) => (account.kind === kind ? sum + amountMinor : sum), 0n);
}
