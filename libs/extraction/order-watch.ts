import { Injectable } from '@nestjs/common';
import type { OrderId, PartyId } from '@aceso/kernel';
import { Database } from '@aceso/platform';
import type { Progress } from './data/progress.store';
import { packageFileName, type PackageFile } from './download.service';

/** What a buyer sees of its own order while it is worked on. */
@Injectable()
export class OrderWatch {
  constructor(private readonly database: Database) {}

  /** Null before extraction begins, and for an order of somebody else. */
  async progress(buyerId: PartyId, orderId: OrderId): Promise<Progress | null> {
    const [row] = await this.own<Progress>(
      buyerId,
      `select p.stage, p.done from extraction.progress p join marketplace."order" o on o.id = p.order_id
        where o.id = $1 and o.buyer_id = $2`,
      orderId,
    );
    return row ?? null;
  }

  /** Null until there is a package to download, and for an order of somebody else. */
  async package(buyerId: PartyId, orderId: OrderId): Promise<PackageFile | null> {
    const [row] = await this.own<Omit<PackageFile, 'fileName'>>(
      buyerId,
      `select p.bytes::float8 as bytes, p.sha256 from extraction.package p join marketplace."order" o on o.id = p.order_id
        where o.id = $1 and o.buyer_id = $2 and p.state = 'ready'`,
      orderId,
    );
    return row ? { fileName: packageFileName(orderId), ...row } : null;
  }

  private own<Row>(buyerId: PartyId, sql: string, orderId: OrderId): Promise<Row[]> {
    return this.database.transaction('api', async (tx) => {
      await tx.actAs(buyerId);
      return tx.query<Row>(sql, [orderId, buyerId]);
    });
  }
}
