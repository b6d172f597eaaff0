import { Injectable } from '@nestjs/common';
import { Database } from '@aceso/platform';
import { UnfinishedWork, type UnfinishedItem } from '@aceso/platform/queue';
import { UNFUNDED_DAYS_MAX } from '../ask.service';

/** Items of one look. */
const ITEMS_MAX = 200;

interface OpenRequestRow {
  readonly id: string;
  readonly version: number;
  readonly state: 'approved' | 'asking';
}

/**
 * Requests that wait for the worker: approved ones whose cohort was not asked yet (their job may be lost), and ones
 * whose time for funding is over.
 */
@Injectable()
export class UnfinishedRequests extends UnfinishedWork {
  readonly name = 'marketplace requests';

  constructor(private readonly database: Database) {
    super();
  }

  async find(): Promise<readonly UnfinishedItem[]> {
    const rows = await this.database.query<OpenRequestRow>(
      'worker',
      `select r.id, r.current_version as version, r.state
         from marketplace.request r
         join marketplace.request_version v on v.request_id = r.id and v.version = r.current_version
        where r.state = 'approved'
           or (r.state = 'asking' and v.answer_deadline < clock_timestamp() - make_interval(days => $1))
        order by r.changed_at limit $2`,
      [UNFUNDED_DAYS_MAX, ITEMS_MAX],
    );
    return rows.map(({ id, version, state }): UnfinishedItem =>
      state === 'approved'
        ? { topic: 'marketplace.ask', payload: { requestId: id, version }, key: `ask-${id}-${version}` }
        : { topic: 'marketplace.lapse', payload: { requestId: id }, key: `lapse-${id}` },
    );
  }
}
