import { asId, type OrderId, type PartyId, type PersonId } from '@aceso/kernel';

/** Fixed ids that read as what they are: the first digit is the kind, the last digits the number. */
export const buyerNo = (n: number): PartyId => asId<'Party'>(uuid('b', n));
export const providerNo = (n: number): PartyId => asId<'Party'>(uuid('c', n));
export const personNo = (n: number): PersonId => asId<'Person'>(uuid('a', n));
export const orderNo = (n: number): OrderId => asId<'Order'>(uuid('d', n));

/** Euros as minor units with their currency. */
export const euro = (amount: number): { amountMinor: bigint; currency: string } => ({
  amountMinor: BigInt(Math.round(amount * 100)),
  currency: 'EUR',
});

function uuid(kind: string, n: number): string {
  return `${kind.repeat(8)}-0000-4000-8000-${n.toString(16).padStart(12, '0')}`;
}
