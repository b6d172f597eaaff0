import { Injectable } from '@nestjs/common';
import type { OrderId, PartyId, RequestId } from '@aceso/kernel';
import { disclose, type DisclosedCount } from '@aceso/cohort/domain';
import type { Tx } from '@aceso/platform';
import type { Actor } from '@aceso/platform/graphql';
import { readAnswerSums, toVersion, VERSION_COLUMNS, type StoredVersion, type VersionRow } from './data/request-rows';
import { quote, type Decision, type Quote, type RequestState } from './domain';
import { notFound } from './domain/marketplace.errors';

/** A request in its newest version as its buyer and the compliance officers see it. */
export interface RequestView extends VersionRow {
  readonly buyerId: PartyId;
  readonly state: RequestState;
  readonly decision: { readonly decision: Decision; readonly reason: string; readonly decidedAt: Date } | null;
  readonly orderId: OrderId | null;
}

/** Sums about a request, as far as they may be shown. */
export interface RequestSums {
  readonly asked: DisclosedCount;
  readonly answered: DisclosedCount;
  /** The price at this moment; null unless answers are being taken. */
  readonly quote: Quote | null;
}

type StoredView = StoredVersion &
  Pick<RequestView, 'buyerId' | 'state' | 'orderId'> & {
    readonly decision: Decision | null;
    readonly reason: string | null;
    readonly decidedAt: Date | null;
  };

const VIEW = `select ${VERSION_COLUMNS}, r.buyer_id as "buyerId", r.state, d.decision, d.reason,
                     d.decided_at as "decidedAt", o.id as "orderId"
   from marketplace.request r
   join marketplace.request_version v on v.request_id = r.id and v.version = r.current_version
   left join marketplace.decision d on d.request_id = v.request_id and d.version = v.version
   left join marketplace."order" o on o.request_id = r.id`;

/** Reads requests for those who may see them. Role api. */
@Injectable()
export class RequestCatalogue {
  /** One request: of the acting research center, or any for a compliance officer. Everything else is NOT_FOUND. */
  async read(tx: Tx, actor: Actor, requestId: RequestId): Promise<RequestView> {
    const buyerId = actor.role === 'officer' ? null : actor.partyId;
    const [row] = await tx.query<StoredView>(`${VIEW} where r.id = $1 and ($2::uuid is null or r.buyer_id = $2)`, [
      requestId,
      buyerId,
    ]);
    if (!row) throw notFound('request');
    return toView(row);
  }

  /** Up to `limit` requests of a research center, newest first, after the one with the id `after`. */
  async listOwn(tx: Tx, page: { buyerId: PartyId; after: string | null; limit: number }): Promise<RequestView[]> {
    const rows = await tx.query<StoredView>(
      `${VIEW} where r.buyer_id = $1 and ($2::uuid is null or (r.created_at, r.id) <
              (select last.created_at, last.id from marketplace.request last where last.id = $2 and last.buyer_id = $1))
        order by r.created_at desc, r.id desc limit $3`,
      [page.buyerId, page.after, page.limit],
    );
    return rows.map(toView);
  }

  /** Up to `limit` requests that wait for a decision, longest waiting first, after the one with the id `after`. */
  async listToReview(tx: Tx, page: { after: string | null; limit: number }): Promise<RequestView[]> {
    const rows = await tx.query<StoredView>(
      `${VIEW} where r.state = 'submitted' and ($1::uuid is null or (r.changed_at, r.id) >
              (select last.changed_at, last.id from marketplace.request last where last.id = $1))
        order by r.changed_at, r.id limit $2`,
      [page.after, page.limit],
    );
    return rows.map(toView);
  }

  /** Asked and answered behind the count threshold, and the quote. */
  async sums(tx: Tx, view: Pick<RequestView, 'requestId' | 'version' | 'state' | 'content'>): Promise<RequestSums> {
    const { asked, answered, granted } = await readAnswerSums(tx, view.requestId, view.version);
    return {
      asked: disclose(asked),
      answered: disclose(answered),
      quote: view.state === 'asking' ? quote(granted, view.content.price.unitMinor) : null,
    };
  }
}

function toView({ decision, reason, decidedAt, buyerId, state, orderId, ...stored }: StoredView): RequestView {
  const decided = decision && reason !== null && decidedAt ? { decision, reason, decidedAt } : null;
  return { ...toVersion(stored), buyerId, state, orderId, decision: decided };
}
