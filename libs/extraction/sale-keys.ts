import { Injectable } from '@nestjs/common';
import { AuditService } from '@aceso/audit';
import { assert, utf8, type OrderId } from '@aceso/kernel';
import { KeyCustody, Runtime, type KeyTable, type Tx } from '@aceso/platform';

const SALE_KEY_BYTES = 32;

interface KeyRow {
  readonly id: string;
  readonly wrapped: Buffer | null;
  readonly epoch: number;
}

/** Keys of sales, for the turn of an epoch. */
export const SALE_KEY_TABLE: KeyTable = {
  table: 'extraction.sale_key',
  key: { id: 'uuid' },
  wrapped: 'wrapped',
  epoch: 'epoch',
  aad: ({ id }) => keyData(String(id)),
};

/**
 * The key of one sale: pseudonyms and date shifts are keyed hashes under it. It is wrapped by key custody, opened with a
 * reason, and destroyed when the buyer's permit ends, together with the tags of its date shifts: neither a pseudonym nor a
 * shift of that sale can be computed again.
 */
@Injectable()
export class SaleKeys {
  constructor(
    private readonly custody: KeyCustody,
    private readonly audit: AuditService,
    private readonly runtime: Runtime,
  ) {}

  /** Makes the key of an order unless it has one; every edition of an order uses the same. */
  async provide(tx: Tx, orderId: OrderId): Promise<void> {
    const id = this.runtime.uuid();
    const { wrapped, epoch } = this.custody.wrap(this.runtime.randomBytes(SALE_KEY_BYTES), keyData(id));
    await tx.execute(
      `insert into extraction.sale_key (id, order_id, wrapped, epoch) values ($1, $2, $3, $4)
       on conflict (order_id) do nothing`,
      [id, orderId, wrapped, epoch],
    );
  }

  /** Opens the key of an order for the acting job; the access event and the unwrapping stand in the transaction. */
  async open(
    tx: Tx,
    orderId: OrderId,
    act:
      | 'extraction.planned'
      | 'extraction.emitted'
      | 'extraction.measured'
      | 'extraction.released'
      | 'withdrawals.listed'
      | 'withdrawals.packed',
  ): Promise<Uint8Array> {
    const [row] = await tx.query<KeyRow>(
      `select id, wrapped, epoch from extraction.sale_key where order_id = $1 and wrapped is not null`,
      [orderId],
    );
    assert(row?.wrapped, 'an order in work, or whose permit lasts, has a sale key');
    const accessEventId = await this.audit.record(tx, {
      act,
      actorId: null,
      objectType: 'order',
      objectId: orderId,
      outcome: 'permitted',
    });
    const { id, wrapped, epoch } = row;
    const [key] = await this.custody.unwrap(tx, [{ keyOwner: id, wrapped, epoch, aad: keyData(id), accessEventId }]);
    assert(key, 'custody opens every key that it is asked for');
    return key;
  }

  /** Sets the day on which the key goes: the permit's term counts from the release. */
  async keepFor(tx: Tx, orderId: OrderId, termMonths: number): Promise<void> {
    await tx.execute(
      `update extraction.sale_key set destroy_on = (current_date + make_interval(months => $2))::date
       where order_id = $1 and destroy_on is null`,
      [orderId, termMonths],
    );
  }

  /** Destroys the key of an order from which nothing was released. */
  async destroy(tx: Tx, orderId: OrderId): Promise<void> {
    await forget(tx, `order_id = $1`, [orderId]);
  }

  /** Destroys every key whose permit has ended; tells how many. */
  async destroyDue(tx: Tx): Promise<number> {
    return forget(tx, 'destroy_on <= current_date');
  }
}

/** Keys go, and with each of them, in the same transaction, what leads to the date shifts of its order. */
async function forget(tx: Tx, which: string, params: readonly unknown[] = []): Promise<number> {
  const rows = await tx.query<{ orderId: OrderId }>(
    `update extraction.sale_key set wrapped = null, destroyed_at = clock_timestamp()
      where wrapped is not null and ${which} returning order_id as "orderId"`,
    params,
  );
  await tx.execute('delete from extraction.date_shift where order_id = any ($1::uuid[])', [
    rows.map(({ orderId }) => orderId),
  ]);
  return rows.length;
}

function keyData(id: string): Uint8Array {
  return utf8(`aceso/sale-key/v1\0${id}`);
}
