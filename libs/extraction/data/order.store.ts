import type { OrderId, PartyId, RequestId } from '@aceso/kernel';
import type { OrderService } from '@aceso/marketplace';
import type { OrderState, RequestContent } from '@aceso/marketplace/domain';
import type { Tx } from '@aceso/platform';

/** An order with the request version that patients agreed to, content and hash checked. */
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
  /** Smallest class that this instance lets out, whatever the request asks for. */
  readonly classSizeMin: number;
}

/** Where an order and the terms of the instance are read. */
export interface OrderSources {
  readonly orders: OrderService;
  readonly classSizeMin: number;
}

/** Reads an order. Throws NOT_FOUND or REQUEST_ALTERED. */
export async function readOrder(tx: Tx, sources: OrderSources, id: OrderId): Promise<OrderInWork> {
  const { order, request } = await sources.orders.read(tx, id);
  const { classSizeMin } = sources;
  const { requestId, version, buyerId, state, personsMax, unitMinor, escrow } = order;
  const { content, contentHash } = request;
  const { currency } = escrow;
  return {
    id,
    requestId,
    version,
    buyerId,
    state,
    personsMax,
    unitMinor,
    currency,
    content,
    contentHash,
    classSizeMin,
  };
}

/** The same under a lock until the end of the transaction: planning, releasing and refunding take turns. */
export async function lockOrder(tx: Tx, sources: OrderSources, id: OrderId): Promise<OrderInWork> {
  await tx.query('select 1 from marketplace."order" where id = $1 for update', [id]);
  return readOrder(tx, sources, id);
}

/** Only the state of an order, under the same lock; null when there is no order. For what must not depend on its request. */
export async function lockOrderState(tx: Tx, id: OrderId): Promise<Pick<OrderInWork, 'id' | 'state'> | null> {
  const [order] = await tx.query<Pick<OrderInWork, 'id' | 'state'>>(
    'select id, state from marketplace."order" where id = $1 for update',
    [id],
  );
  return order ?? null;
}

/** The clock that decides about expiry: the database's, the same for every process. Milliseconds since 1970. */
export async function databaseNow(tx: Tx): Promise<number> {
  const [row] = await tx.query<{ ms: string }>(
    `select floor(extract(epoch from clock_timestamp()) * 1000)::bigint::text as ms`,
  );
  return Number(row?.ms);
}
