import type { OrderId, PartyId, RequestId } from '@aceso/kernel';
import type { RequestContent, OrderState } from '@aceso/marketplace/domain';
import type { Tx } from '@aceso/platform';

/** An order with the request version that patients agreed to. */
export interface OrderInWork {
  readonly id: OrderId;
  readonly requestId: RequestId;
  readonly version: number;
  readonly buyerId: PartyId;
  readonly state: OrderState;
  readonly personsMax: number;
  readonly unitMinor: bigint;
  readonly currency: string;
  readonly content: RequestContent;
  /** Lower-case hexadecimal. */
  readonly contentHash: string;
}

const ORDER = `
select o.id, o.request_id as "requestId", o.version, o.buyer_id as "buyerId", o.state, o.persons_max as "personsMax",
       o.unit_minor as "unitMinor", o.currency, v.content, encode(v.content_hash, 'hex') as "contentHash"
  from marketplace."order" o
  join marketplace.request_version v on v.request_id = o.request_id and v.version = o.version
 where o.id = $1`;

/** Reads an order and locks it until the end of the transaction: planning, releasing and refunding take turns. */
export async function lockOrder(tx: Tx, id: OrderId): Promise<OrderInWork | null> {
  return toOrder(await tx.query(`${ORDER} for update of o`, [id]));
}

/** Reads an order. */
export async function readOrder(tx: Tx, id: OrderId): Promise<OrderInWork | null> {
  return toOrder(await tx.query(ORDER, [id]));
}

function toOrder(
  rows: readonly (Omit<OrderInWork, 'unitMinor'> & { readonly unitMinor: string })[],
): OrderInWork | null {
  const [row] = rows;
  return row ? { ...row, unitMinor: BigInt(row.unitMinor) } : null;
}

/** The clock that decides about expiry: the database's, the same for every process. Milliseconds since 1970. */
export async function databaseNow(tx: Tx): Promise<number> {
  const [row] = await tx.query<{ ms: string }>(
    `select floor(extract(epoch from clock_timestamp()) * 1000)::bigint::text as ms`,
  );
  return Number(row?.ms);
}
