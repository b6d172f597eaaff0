import { disclose } from '@aceso/cohort/domain';
import type { PartyId } from '@aceso/kernel';
import type { Tx } from '@aceso/platform';
import { PERSONS_MAX_LEAST, type EarlierRequest } from '../domain';

/** Newest orders that are looked at. */
const ORDERS_MAX = 20;

/**
 * What a research center was shown of the answers to the requests that it funded last: persons asked, as `Request.asked` shows them, and the
 * persons that the order was priced for. Orders at the least price say only that few agreed, and are left out. Role api.
 */
export async function earlierRequests(tx: Tx, buyerId: PartyId): Promise<EarlierRequest[]> {
  const rows = await tx.query<EarlierRequest>(
    `select s.asked, o.persons_max as "personsMax"
       from marketplace."order" o join marketplace.shown_sums s on s.request_id = o.request_id and s.version = o.version
      where o.buyer_id = $1 and o.persons_max > $2
      order by o.funded_at desc limit $3`,
    [buyerId, PERSONS_MAX_LEAST, ORDERS_MAX],
  );
  return rows.flatMap(({ asked, personsMax }) => {
    const { approximate } = disclose(asked);
    return approximate === null ? [] : [{ asked: approximate, personsMax }];
  });
}
