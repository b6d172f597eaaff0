import { Injectable } from '@nestjs/common';
import { asId, assert, type OrderId, type RequestId } from '@aceso/kernel';
import { Outbox, Runtime, type Tx } from '@aceso/platform';
import type { Actor } from '@aceso/platform/graphql';
import { SettlementService } from '@aceso/settlement';
import { insertOrder, lockOrderOfRequest } from './data/order-rows';
import { lockRequest, moveRequestRow, readAnswerSums, readVersion } from './data/request-rows';
import { MarketplaceError, moveRequest, quote } from './domain';
import { notFound } from './domain/marketplace.errors';
import { Journal } from './journal';
import { OrderService } from './order.service';

/** Money for requests: funding closes answering and makes an order, cancelling gives the money back. Role api. */
@Injectable()
export class FundingService {
  constructor(
    private readonly settlement: SettlementService,
    private readonly orders: OrderService,
    private readonly outbox: Outbox,
    private readonly journal: Journal,
    private readonly runtime: Runtime,
  ) {}

  /**
   * Funds the request for everybody who has agreed by now, rounded up: money moves into escrow, no more answers are
   * taken, extraction is planned. Funding the same version again answers the same order. Throws NOT_FOUND, REQUEST_VERSION_OUTDATED,
   * REQUEST_STATE_REFUSED, INSUFFICIENT_FUNDS.
   */
  async fund(
    tx: Tx,
    buyer: Actor,
    { requestId, version }: { requestId: RequestId; version: number },
  ): Promise<OrderId> {
    await tx.actAs(buyer.partyId);
    // Answers hold a shared lock: those that came first are counted, later ones find the request funded.
    const request = await lockRequest(tx, { requestId, buyerId: buyer.partyId }, 'update');
    if (!request) throw notFound('request');
    if (version !== request.currentVersion) {
      throw new MarketplaceError('REQUEST_VERSION_OUTDATED', 'the request has another current version');
    }
    if (request.state === 'funded') return this.fundedBefore(tx, requestId);
    const state = moveRequest(request.state, 'funded');

    const stored = await readVersion(tx, requestId, version);
    assert(stored, 'the current version of a request is there');
    const { unitMinor, currency } = stored.content.price;
    const { granted } = await readAnswerSums(tx, requestId, version);
    const { personsMax, escrowMinor, ...price } = quote(granted, unitMinor);
    const orderId = asId<'Order'>(this.runtime.uuid());
    const escrow = { amountMinor: escrowMinor, currency };

    const buyerId = buyer.partyId;
    await insertOrder(tx, { orderId, requestId, version, buyerId, personsMax, unitMinor: price.unitMinor, escrow });
    await this.settlement.fundEscrow(tx, { orderId, buyerId, amount: escrow });
    await moveRequestRow(tx, requestId, state);
    await this.outbox.publish(tx, { topic: 'extraction.plan', payload: { orderId } });
    await this.journal.write(tx, {
      act: 'order.funded',
      actorId: buyerId,
      objectType: 'order',
      objectId: orderId,
      detail: { request: requestId, version, contentHash: stored.contentHash },
    });
    return orderId;
  }

  /**
   * Cancels a request; a funded one while extraction has not begun, with a refund of everything. Cancelling again
   * changes nothing. Throws NOT_FOUND, ORDER_IN_WORK.
   */
  async cancel(tx: Tx, buyer: Actor, requestId: RequestId): Promise<void> {
    await tx.actAs(buyer.partyId);
    const request = await lockRequest(tx, { requestId, buyerId: buyer.partyId }, 'update');
    if (!request) throw notFound('request');
    if (request.state === 'cancelled') return;
    const state = moveRequest(request.state, 'cancelled');
    const order = await lockOrderOfRequest(tx, requestId);
    if (order && order.state !== 'funded') {
      throw new MarketplaceError('ORDER_IN_WORK', 'extraction has begun: the order can no longer be cancelled');
    }
    if (order) {
      await this.orders.markRefunded(tx, order.orderId, { reason: 'CANCELLED_BY_BUYER', actorId: buyer.partyId });
    }
    await moveRequestRow(tx, requestId, state);
    await this.journal.write(tx, {
      act: 'request.cancelled',
      actorId: buyer.partyId,
      objectType: 'request',
      objectId: requestId,
      detail: { version: request.currentVersion },
    });
  }

  private async fundedBefore(tx: Tx, requestId: RequestId): Promise<OrderId> {
    const order = await lockOrderOfRequest(tx, requestId);
    assert(order, 'a funded request has its order');
    return order.orderId;
  }
}
