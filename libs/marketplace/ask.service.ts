import { Injectable } from '@nestjs/common';
import { assert, type RequestId } from '@aceso/kernel';
import { CohortService } from '@aceso/cohort';
import { Database, type Tx } from '@aceso/platform';
import { lockRequest, moveRequestRow, readAnswerSums, readVersion } from './data/request-rows';
import { beginShownSums } from './data/shown-sums';
import { moveRequest } from './domain';
import { Journal } from './journal';
import { TermsAnswers } from './terms-answers';

/** Days after the answer deadline in which a request may still be funded; then it ends by itself. */
export const UNFUNDED_DAYS_MAX = 30;

/** Asks the cohort of an approved request, and ends requests that nobody funds. Role worker. */
@Injectable()
export class AskService {
  constructor(
    private readonly database: Database,
    private readonly cohorts: CohortService,
    private readonly journal: Journal,
    private readonly termsAnswers: TermsAnswers,
  ) {}

  /**
   * Asks every person of the cohort as it is now and answers for those whose terms approve. A repeat, or a request that moved on, changes
   * nothing.
   */
  async ask(requestId: RequestId, version: number): Promise<void> {
    const toAsk = await this.database.transaction('worker', (tx) => readApproved(tx, requestId, version, 'share'));
    if (!toAsk) return;
    // Before the transaction that asks: the index reads in a snapshot of its own, and may wait for its turn.
    const persons = await this.cohorts.find(toAsk.stored.content.cohort, { askerId: toAsk.request.buyerId });
    await this.database.transaction('worker', async (tx) => {
      const approved = await readApproved(tx, requestId, version, 'update');
      if (!approved) return;
      await tx.execute(
        `insert into marketplace.ask (request_id, version, person_id)
         select $1::uuid, $2::integer, person_id from unnest($3::uuid[]) as cohort (person_id) on conflict do nothing`,
        [requestId, version, persons],
      );
      const { asked } = await readAnswerSums(tx, requestId, version);
      await beginShownSums(tx, { requestId, version }, asked);
      await this.termsAnswers.answer(tx, approved.stored);
      await moveRequestRow(tx, requestId, moveRequest(approved.request.state, 'asking'));
      await this.report(tx, requestId, { act: 'request.asked', version });
    });
  }

  /** Ends a request whose answers came in long ago and that was not funded. A repeat changes nothing. */
  async lapse(requestId: RequestId): Promise<void> {
    await this.database.transaction('worker', async (tx) => {
      const request = await lockRequest(tx, { requestId }, 'update');
      if (request?.state !== 'asking') return;
      const [{ lapsed }] = await tx.query<{ lapsed: boolean }>(
        `select answer_deadline < clock_timestamp() - make_interval(days => $3) as lapsed
           from marketplace.request_version where request_id = $1 and version = $2`,
        [requestId, request.currentVersion, UNFUNDED_DAYS_MAX],
      );
      if (!lapsed) return;
      await moveRequestRow(tx, requestId, moveRequest(request.state, 'cancelled'));
      await this.report(tx, requestId, { act: 'request.lapsed', version: request.currentVersion });
    });
  }

  private report(tx: Tx, requestId: RequestId, { act, version }: { act: string; version: number }): Promise<void> {
    return this.journal.write(tx, {
      act,
      actorId: null,
      objectType: 'request',
      objectId: requestId,
      detail: { version },
    });
  }
}

/** An approved request whose current version this is, locked; undefined where it moved on. */
async function readApproved(tx: Tx, requestId: RequestId, version: number, lock: 'share' | 'update') {
  const request = await lockRequest(tx, { requestId }, lock);
  if (request?.state !== 'approved' || request.currentVersion !== version) return undefined;
  const stored = await readVersion(tx, requestId, version);
  assert(stored, 'the current version of a request is there');
  return { request, stored };
}
