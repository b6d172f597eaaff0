import { Injectable } from '@nestjs/common';
import { Database, Runtime } from '@aceso/platform';
import { UnfinishedWork, type UnfinishedItem } from '@aceso/platform/queue';
import { hasDueKeys, undeliveredPackages, unfinishedOrders, type UnfinishedOrder } from '../data/unfinished.store';
import { unreadyLists } from '../data/withdrawal.store';
import { WithdrawalRounds } from '../withdrawal-rounds';
import { releaseJobId, TOPICS } from './extraction-flow';

/** What rows say is not finished: orders under extraction, packages not delivered, withdrawal lists, keys past their day. */
@Injectable()
export class UnfinishedExtraction extends UnfinishedWork {
  readonly name = 'extraction';

  constructor(
    private readonly database: Database,
    private readonly runtime: Runtime,
    private readonly rounds: WithdrawalRounds,
  ) {
    super();
  }

  async find(): Promise<readonly UnfinishedItem[]> {
    const round = await this.rounds.due();
    const rounds = round === null ? [] : [{ topic: TOPICS.withdrawals, payload: {}, key: `withdrawals-${round}` }];
    return this.database.transaction(
      'worker',
      async (tx) => {
        const orders = (await unfinishedOrders(tx)).map(planItem);
        const packages = (await undeliveredPackages(tx)).map((id) => ({
          topic: TOPICS.deliver,
          payload: { package: id },
          key: `deliver-${id}`,
        }));
        const day = new Date(this.runtime.now()).toISOString().slice(0, 10);
        const keys = (await hasDueKeys(tx)) ? [{ topic: TOPICS.forget, payload: {}, key: `forget-${day}` }] : [];
        const lists = (await unreadyLists(tx)).map((id) => ({
          topic: TOPICS.packList,
          payload: { list: id },
          key: `pack-list-${id}`,
        }));
        return [...orders, ...packages, ...rounds, ...lists, ...keys];
      },
      { readOnly: true },
    );
  }
}

function planItem({ orderId, attemptId, flowKey }: UnfinishedOrder): UnfinishedItem {
  return {
    topic: TOPICS.plan,
    payload: { orderId },
    key: `plan-${orderId}-${attemptId ?? 'next'}`,
    ...(attemptId && flowKey && { jobIds: [releaseJobId(attemptId, flowKey)] }),
  };
}
