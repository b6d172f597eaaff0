import { Injectable } from '@nestjs/common';
import { assert, type OrderId, type PartyId } from '@aceso/kernel';
import type { Tx } from '@aceso/platform';
import { SettlementService } from '@aceso/settlement';
import { listOrders, moveOrderRow, readOrder, type Order } from './data/order-rows';
import { readVersion, type VersionRow } from './data/request-rows';
import { moveOrder, type OrderState, type RefundReason } from './domain';
import { notFound } from './domain/marketplace.errors';
import { Journal } from './journal';

/** An order with the request version that patients agreed to. */
export interface OrderWithRequest {
  readonly order: Order;
  readonly request: VersionRow;
}

/**
 * Moves orders through their states for whoever does the work. Every method locks the order first and may be repeated:
 * an order that is already there stays as it is. Roles api and worker.
 */
@Injectable()
export class OrderService {
  constructor(
    private readonly settlement: SettlementService,
    private readonly journal: Journal,
  ) {}

  /** An order and what was asked for, content and hash checked. Throws NOT_FOUND, REQUEST_ALTERED. */
  async read(tx: Tx, orderId: OrderId): Promise<OrderWithRequest> {
    const order = await readOrder(tx, { orderId });
    if (!order) throw notFound('order');
    const request = await readVersion(tx, order.requestId, order.version);
    assert(request, 'an order has the version of its request');
    return { order, request };
  }

  /** An order of the buyer's own; anybody else's is NOT_FOUND. */
  async readOwn(tx: Tx, buyerId: PartyId, orderId: OrderId): Promise<Order> {
    await tx.actAs(buyerId);
    const order = await readOrder(tx, { orderId, buyerId });
    if (!order) throw notFound('order');
    return order;
  }

  /** Up to `limit` orders of a buyer, newest first, after the one with the id `after`. */
  async listOwn(
    tx: Tx,
    page: { readonly buyerId: PartyId; readonly after: string | null; readonly limit: number },
  ): Promise<Order[]> {
    await tx.actAs(page.buyerId);
    return listOrders(tx, page);
  }

  /** Extraction has begun: from here on the buyer cannot cancel. Returns the order, locked. */
  async begin(tx: Tx, orderId: OrderId): Promise<Order> {
    return this.move(tx, orderId, { state: 'extracting', act: 'order.extraction-begun' });
  }

  /**
   * The package is released. Settle the escrow in the same transaction: the database refuses the commit while money is
   * left in it. The ledger entry of the release, with the root over its people, is appended by extraction.
   */
  async markReleased(tx: Tx, orderId: OrderId): Promise<Order> {
    return this.move(tx, orderId, { state: 'released', act: 'order.released' });
  }

  /** The package is encrypted to the buyer's key and can be downloaded. */
  async markDelivered(tx: Tx, orderId: OrderId): Promise<Order> {
    return this.move(tx, orderId, { state: 'delivered', act: 'order.delivered' });
  }

  /** Ends the order without data and gives the whole escrow back to the buyer. Throws ORDER_STATE_REFUSED after a release. */
  async markRefunded(
    tx: Tx,
    orderId: OrderId,
    end: { readonly reason: RefundReason; readonly actorId?: PartyId },
  ): Promise<Order> {
    const order = await this.move(tx, orderId, { state: 'refunded', act: 'order.refunded', ...end });
    await this.settlement.refundEscrow(tx, { orderId });
    return order;
  }

  private async move(
    tx: Tx,
    orderId: OrderId,
    to: { state: OrderState; act: string; reason?: RefundReason; actorId?: PartyId },
  ): Promise<Order> {
    const order = await readOrder(tx, { orderId }, 'update');
    if (!order) throw notFound('order');
    if (order.state === to.state) return order;
    const state = moveOrder(order.state, to.state);
    await moveOrderRow(tx, orderId, to);
    await this.journal.write(tx, {
      act: to.act,
      actorId: to.actorId ?? null,
      objectType: 'order',
      objectId: orderId,
      ...(to.reason ? { detail: { reason: to.reason } } : {}),
    });
    return { ...order, state, reason: to.reason ?? null };
  }
}
