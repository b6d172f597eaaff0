import { Inject, Injectable } from '@nestjs/common';
import { assert, type OrderId } from '@aceso/kernel';
import { Ledger } from '@aceso/ledger';
import { OrderService } from '@aceso/marketplace';
import { CONFIG, type Config, type Tx } from '@aceso/platform';
import { lockOrder, readOrder, type OrderInWork, type OrderSources } from './data/order.store';
import { currentPackage, movePackage } from './data/package.store';
import { setStage } from './data/progress.store';
import type { RefundReason } from './domain/attempt';
import { SaleKeys } from './sale-keys';

/** Begins and ends orders in the acting transaction: the work, its state and its money move together. */
@Injectable()
export class OrderEnding {
  constructor(
    private readonly orders: OrderService,
    private readonly saleKeys: SaleKeys,
    private readonly ledger: Ledger,
    @Inject(CONFIG) private readonly config: Pick<Config, 'releaseClassMin'>,
  ) {}

  /** The order, locked until the end of the transaction. */
  lock(tx: Tx, orderId: OrderId): Promise<OrderInWork> {
    return lockOrder(tx, this.sources(), orderId);
  }

  /** The order as it is. */
  read(tx: Tx, orderId: OrderId): Promise<OrderInWork> {
    return readOrder(tx, this.sources(), orderId);
  }

  private sources(): OrderSources {
    return { orders: this.orders, classSizeMin: this.config.releaseClassMin };
  }

  /** From here on the buyer cannot cancel. */
  async markInWork(tx: Tx, order: OrderInWork): Promise<void> {
    if (order.state === 'funded') await this.orders.begin(tx, order.id);
  }

  /** The first edition is released: its order is, too. A later edition changes nothing about the order. */
  async markReleased(tx: Tx, order: OrderInWork): Promise<void> {
    await this.orders.markReleased(tx, order.id);
    await this.saleKeys.keepFor(tx, order.id, order.content.termMonths);
  }

  /** The package can be downloaded. */
  async markDelivered(tx: Tx, orderId: OrderId): Promise<void> {
    await this.orders.markDelivered(tx, orderId);
  }

  /**
   * Ends an order without data. Before the release the money goes back; after it, when a package is being made anew and
   * too few persons are left, the package is withdrawn and what was paid to patients stays theirs.
   */
  async giveUp(tx: Tx, order: Pick<OrderInWork, 'id' | 'state'>, reason: RefundReason): Promise<null> {
    if (order.state === 'funded' || order.state === 'extracting') {
      await this.orders.markRefunded(tx, order.id, { reason });
      await this.saleKeys.destroy(tx, order.id);
      await setStage(tx, order.id, 'refunded');
      return null;
    }
    const released = await currentPackage(tx, order.id);
    assert(released, 'an order that was released and is in work has a package');
    await movePackage(tx, released.id, { from: 'renewing', to: 'withdrawn' });
    await this.ledger.append(tx, {
      kind: 'order',
      code: 'package.withdrawn',
      payload: { order: order.id, manifest: released.manifestSha256, reason },
      subjectId: order.id,
    });
    await setStage(tx, order.id, 'withdrawn');
    return null;
  }
}
