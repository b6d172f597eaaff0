import { Injectable } from '@nestjs/common';
import type { OrderId, PartyId, RequestId } from '@aceso/kernel';
import type { CohortVersion } from '@aceso/cohort';
import { disclose, type DisclosedCount } from '@aceso/cohort/domain';
import type { Tx } from '@aceso/platform';
import type { Actor } from '@aceso/platform/graphql';
import {
  databaseNow,
  lockRequest,
  readAnswerSums,
  toVersion,
  VERSION_COLUMNS,
  type StoredVersion,
  type VersionRow,
} from './data/request-rows';
import { lockShownSums, moveShownSums } from './data/shown-sums';
import { movesOn, quote, type AnswerSums, type Decision, type Quote, type RequestState } from './domain';
import { notFound } from './domain/marketplace.errors';
import type { ShownVisa } from './visa-evidence';

/** A request in its newest version as its buyer and the compliance officers see it. */
export interface RequestView extends VersionRow {
  readonly buyerId: PartyId;
  readonly state: RequestState;
  readonly decision: { readonly decision: Decision; readonly reason: string; readonly decidedAt: Date } | null;
  readonly orderId: OrderId | null;
  /** What visas said that came with this version. */
  readonly visas: readonly ShownVisa[];
  /** The version of a saved cohort that this version is of, for its owner; null for all others, and where there is none. */
  readonly savedCohort: CohortVersion | null;
}

/** Sums about a request, as far as they may be shown. */
export interface RequestSums {
  readonly asked: DisclosedCount;
  readonly answered: DisclosedCount;
  /** The price by the answers that are shown; null unless answers are being taken. */
  readonly quote: Quote | null;
}

type StoredView = StoredVersion &
  Pick<RequestView, 'buyerId' | 'state' | 'orderId' | 'visas' | 'savedCohort'> & {
    readonly decision: Decision | null;
    readonly reason: string | null;
    readonly decidedAt: Date | null;
  };

const VIEW = `select ${VERSION_COLUMNS}, r.buyer_id as "buyerId", r.state, d.decision, d.reason,
                     d.decided_at as "decidedAt", o.id as "orderId",
                     (select coalesce(jsonb_agg(jsonb_build_object('issuer', e.issuer, 'type', e.type, 'value', e.value, 'source', e.source,
                               'by', e.said_by, 'asserted', e.asserted_at, 'expires', e.expires_at) order by e.number), '[]')
                        from marketplace.request_visa e
                       where e.request_id = v.request_id and e.version = v.version) as visas,
                     (select jsonb_build_object('cohortId', s.id, 'version', v.cohort_version)
                        from cohort.saved_cohort s where s.id = v.cohort_id) as "savedCohort"
   from marketplace.request r
   join marketplace.request_version v on v.request_id = r.id and v.version = r.current_version
   left join marketplace.decision d on d.request_id = v.request_id and d.version = v.version
   left join marketplace."order" o on o.request_id = r.id`;

/** Reads requests for those who may see them. Role api. */
@Injectable()
export class RequestCatalogue {
  /** One request: of the acting research center, or any for a compliance officer. Everything else is NOT_FOUND. */
  async read(tx: Tx, actor: Actor, requestId: RequestId): Promise<RequestView> {
    await tx.actAs(actor.partyId);
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
    await tx.actAs(page.buyerId);
    const rows = await tx.query<StoredView>(
      `${VIEW} where r.buyer_id = $1 and ($2::uuid is null or (r.created_at, r.id) <
              (select last.created_at, last.id from marketplace.request last where last.id = $2 and last.buyer_id = $1))
        order by r.created_at desc, r.id desc limit $3`,
      [page.buyerId, page.after, page.limit],
    );
    return rows.map(toView);
  }

  /** Up to `limit` requests that wait for a decision, longest waiting first, after the one with the id `after`. */
  async listToReview(tx: Tx, officer: Actor, page: { after: string | null; limit: number }): Promise<RequestView[]> {
    await tx.actAs(officer.partyId);
    const rows = await tx.query<StoredView>(
      `${VIEW} where r.state = 'submitted' and ($1::uuid is null or (r.changed_at, r.id) >
              (select last.changed_at, last.id from marketplace.request last where last.id = $1))
        order by r.changed_at, r.id limit $2`,
      [page.after, page.limit],
    );
    return rows.map(toView);
  }

  /**
   * Asked and answered behind the count threshold, and the quote. All three stay as they were shown last until enough
   * answers have come in since, or the answer deadline is over.
   */
  async sums(tx: Tx, actor: Actor, view: RequestView): Promise<RequestSums> {
    await tx.actAs(actor.partyId);
    const { asked, answered, granted } = await shownSums(tx, view);
    return {
      asked: disclose(asked),
      answered: disclose(answered),
      quote: view.state === 'asking' ? quote(granted, view.content.price.unitMinor) : null,
    };
  }
}

const NOBODY: AnswerSums = { asked: 0, answered: 0, granted: 0 };

async function shownSums(tx: Tx, view: RequestView): Promise<AnswerSums> {
  const shown = await lockShownSums(tx, view);
  if (!shown || shown.final) return shown ?? NOBODY;
  const deadlinePassed = (await databaseNow(tx)) > view.answerDeadline.getTime();
  // Answers hold a shared lock on the request: those that came in time and are not committed yet are waited for.
  if (deadlinePassed) await lockRequest(tx, view, 'update');
  const now = within(shown.asked, await readAnswerSums(tx, view.requestId, view.version));
  if (!movesOn(shown, now, { deadlinePassed })) return shown;
  await moveShownSums(tx, view, { ...now, final: deadlinePassed });
  return now;
}

/** Who counts may change after the asking, with bindings and affiliations: never more than were shown as asked. */
function within(asked: number, now: AnswerSums): AnswerSums {
  const answered = Math.min(asked, now.answered);
  return { asked, answered, granted: Math.min(answered, now.granted) };
}

function toView(row: StoredView): RequestView {
  const { decision, reason, decidedAt, buyerId, state, orderId, visas, savedCohort, ...stored } = row;
  const decided = decision && reason !== null && decidedAt ? { decision, reason, decidedAt } : null;
  return { ...toVersion(stored), buyerId, state, orderId, visas, savedCohort, decision: decided };
}
