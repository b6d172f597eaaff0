import type { Money, OrderId, PartyId, RequestId } from '@aceso/kernel';
import type { Tx } from '@aceso/platform';
import type { OrderState, RefundReason } from '../domain';

/** A funded request. */
export interface Order {
  readonly orderId: OrderId;
  readonly requestId: RequestId;
  readonly version: number;
  readonly buyerId: PartyId;
  readonly state: OrderState;
  /** Most persons that were paid for. */
  readonly personsMax: number;
  readonly unitMinor: bigint;
  readonly escrow: Money;
  /** Why the order was refunded; null in every other state. */
  readonly reason: RefundReason | null;
  readonly fundedAt: Date;
}

interface StoredOrder extends Omit<Order, 'unitMinor' | 'escrow'> {
  readonly unitMinor: string;
  readonly escrowMinor: string;
  readonly currency: string;
}

const COLUMNS = `id as "orderId", request_id as "requestId", version, buyer_id as "buyerId", state,
                 persons_max as "personsMax", unit_minor as "unitMinor", escrow_minor as "escrowMinor", currency, reason,
                 funded_at as "fundedAt"`;

/** Reads an order, of one buyer where one is given, locked until the end of the transaction if asked. */
export async function readOrder(
  tx: Tx,
  key: { readonly orderId: OrderId; readonly buyerId?: PartyId },
  lock: 'update' | 'none' = 'none',
): Promise<Order | undefined> {
  const rows = await tx.query<StoredOrder>(
    `select ${COLUMNS} from marketplace."order" where id = $1 and ($2::uuid is null or buyer_id = $2)
     ${lock === 'update' ? 'for update' : ''}`,
    [key.orderId, key.buyerId ?? null],
  );
  return rows.map(toOrder)[0];
}

/** The order of a request, locked; undefined before it was funded. */
export async function lockOrderOfRequest(tx: Tx, requestId: RequestId): Promise<Order | undefined> {
  const rows = await tx.query<StoredOrder>(
    `select ${COLUMNS} from marketplace."order" where request_id = $1 for update`,
    [requestId],
  );
  return rows.map(toOrder)[0];
}

/** Up to `limit` orders of a buyer, newest first, after the one with the id `after`. */
export async function listOrders(
  tx: Tx,
  page: { readonly buyerId: PartyId; readonly after: string | null; readonly limit: number },
): Promise<Order[]> {
  const rows = await tx.query<StoredOrder>(
    `select ${COLUMNS} from marketplace."order"
      where buyer_id = $1 and ($2::uuid is null or (funded_at, id) <
            (select last.funded_at, last.id from marketplace."order" last where last.id = $2 and last.buyer_id = $1))
      order by funded_at desc, id desc limit $3`,
    [page.buyerId, page.after, page.limit],
  );
  return rows.map(toOrder);
}

export async function insertOrder(tx: Tx, order: Omit<Order, 'state' | 'reason' | 'fundedAt'>): Promise<void> {
  await tx.execute(
    `insert into marketplace."order" (id, request_id, version, buyer_id, persons_max, unit_minor, currency, escrow_minor)
     values ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [
      order.orderId,
      order.requestId,
      order.version,
      order.buyerId,
      order.personsMax,
      order.unitMinor.toString(),
      order.escrow.currency,
      order.escrow.amountMinor.toString(),
    ],
  );
}

/** Moves an order on; the caller has asked the domain whether it may, and the database asks again. */
export async function moveOrderRow(
  tx: Tx,
  orderId: OrderId,
  to: { readonly state: OrderState; readonly reason?: RefundReason },
): Promise<void> {
  await tx.execute(
    'update marketplace."order" set state = $2, reason = $3, changed_at = clock_timestamp() where id = $1',
    [orderId, to.state, to.reason ?? null],
  );
}

function toOrder({ unitMinor, escrowMinor, currency, ...order }: StoredOrder): Order {
  return { ...order, unitMinor: BigInt(unitMinor), escrow: { amountMinor: BigInt(escrowMinor), currency } };
}
