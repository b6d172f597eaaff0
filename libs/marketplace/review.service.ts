import { Injectable } from '@nestjs/common';
import type { RequestId } from '@aceso/kernel';
import { Outbox, type Tx } from '@aceso/platform';
import type { Actor } from '@aceso/platform/graphql';
import { lockRequest, moveRequestRow } from './data/request-rows';
import { decide, MarketplaceError, type Decision, type RequestState } from './domain';
import { notFound } from './domain/marketplace.errors';
import { Journal } from './journal';

/** Compliance officers decide whether patients are asked at all. Role api. */
@Injectable()
export class ReviewService {
  constructor(
    private readonly journal: Journal,
    private readonly outbox: Outbox,
  ) {}

  /**
   * Approves or declines the version that the officer has read; approval lets the worker ask the cohort. Throws NOT_FOUND,
   * REQUEST_VERSION_OUTDATED, DECIDER_IS_BUYER, DECISION_REASON_INVALID, REQUEST_STATE_REFUSED.
   */
  async decide(
    tx: Tx,
    officer: Actor,
    act: { requestId: RequestId; version: number; decision: Decision; reason: string },
  ): Promise<RequestState> {
    await tx.actAs(officer.partyId);
    const { requestId, version, decision } = act;
    const request = await lockRequest(tx, { requestId }, 'update');
    if (!request) throw notFound('request');
    if (version !== request.currentVersion) {
      throw new MarketplaceError('REQUEST_VERSION_OUTDATED', 'the request has a newer version');
    }
    const reason = act.reason.trim();
    const state = decide(request, { decision, officerId: officer.partyId, reason });
    await tx.execute(
      `insert into marketplace.decision (request_id, version, officer_id, decision, reason)
       values ($1, $2, $3, $4, $5)`,
      [requestId, version, officer.partyId, decision, reason],
    );
    await moveRequestRow(tx, requestId, state);
    if (state === 'approved')
      await this.outbox.publish(tx, { topic: 'marketplace.ask', payload: { requestId, version } });
    await this.journal.write(tx, {
      act: `request.${state}`,
      actorId: officer.partyId,
      objectType: 'request',
      objectId: requestId,
      detail: { version },
    });
    return state;
  }
}
