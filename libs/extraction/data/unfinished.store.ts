import type { OrderId } from '@aceso/kernel';
import type { Tx } from '@aceso/platform';
import type { AttemptId } from './attempt.store';
import type { PackageId } from './package.store';

/** Rows of one look; the next one finds the rest. */
const ROWS_MAX = 200;
/** Younger work is on its way through outbox and queue. */
const GRACE = `interval '10 seconds'`;

export interface UnfinishedOrder {
  readonly orderId: OrderId;
  readonly attemptId: AttemptId | null;
  readonly flowKey: string | null;
}

/** Orders with money in escrow or a package to be made anew, and the attempt that is under way for them. */
export async function unfinishedOrders(tx: Pick<Tx, 'query'>): Promise<readonly UnfinishedOrder[]> {
  return tx.query(
    `select o.id as "orderId", a.id as "attemptId", a.flow_key as "flowKey"
       from marketplace."order" o
       left join extraction.attempt a on a.order_id = o.id and a.state = 'emitting'
       left join extraction.package p on p.order_id = o.id and p.state = 'renewing'
      where (o.state in ('funded', 'extracting') or p.id is not null)
        and coalesce(a.started_at, o.changed_at) < clock_timestamp() - ${GRACE}
      order by o.changed_at, o.id limit ${ROWS_MAX}`,
  );
}

/** Packages that are released but not encrypted. */
export async function undeliveredPackages(tx: Pick<Tx, 'query'>): Promise<readonly PackageId[]> {
  const rows = await tx.query<{ id: PackageId }>(
    `select id from extraction.package where state = 'released' and released_at < clock_timestamp() - ${GRACE}
      order by released_at, id limit ${ROWS_MAX}`,
  );
  return rows.map((row) => row.id);
}

/** Whether a permit has ended whose sale key is still there. */
export async function hasDueKeys(tx: Pick<Tx, 'query'>): Promise<boolean> {
  const [row] = await tx.query<{ due: boolean }>(
    `select exists (select from extraction.sale_key where wrapped is not null and destroy_on <= current_date) as due`,
  );
  return row?.due === true;
}
