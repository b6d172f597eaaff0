import type { PersonId } from '@aceso/kernel';
import type { Tx } from '@aceso/platform';
import type { AskState, RequestState } from '../domain';
import { toVersion, VERSION_COLUMNS, type StoredVersion, type VersionRow } from './request-rows';

/** What one person was asked, with the request version and the state of the request now. */
export interface AskRow extends VersionRow {
  readonly answer: AskState;
  readonly state: RequestState;
  readonly currentVersion: number;
}

type StoredAsk = StoredVersion & Pick<AskRow, 'answer' | 'state' | 'currentVersion'>;

/** A grant that was revoked is a no, and an answer of terms that newer ones replaced; row-level security lets the acting patient's own grants through. */
const ANSWER = `case when a.state = 'granted' and not exists (
    select from consent.standing_grant g
     where g.person_id = a.person_id and g.request_id = a.request_id and g.version = a.version
  ) then 'declined' else a.state end`;

/**
 * Up to `limit` asks of the acting person that can be answered or were, newest first, after the one about the request
 * with the id `after`. The database's clock decides what can be answered.
 */
export async function listAsks(
  tx: Tx,
  page: { readonly personId: PersonId; readonly after: string | null; readonly limit: number },
): Promise<AskRow[]> {
  const rows = await tx.query<StoredAsk>(
    `select ${VERSION_COLUMNS}, ${ANSWER} as answer, r.state, r.current_version as "currentVersion"
       from marketplace.ask a
       join marketplace.request r on r.id = a.request_id and r.current_version = a.version
       join marketplace.request_version v on v.request_id = a.request_id and v.version = a.version
      where a.person_id = $1
        and (a.state <> 'asked' or (r.state = 'asking' and v.answer_deadline >= clock_timestamp()))
        and ($2::uuid is null or (a.asked_at, a.request_id) <
             (select last.asked_at, last.request_id from marketplace.ask last
               where last.person_id = $1 and last.request_id = $2 order by last.version desc limit 1))
      order by a.asked_at desc, a.request_id desc limit $3`,
    [page.personId, page.after, page.limit],
  );
  return rows.map(({ answer, state, currentVersion, ...stored }) => ({
    ...toVersion(stored),
    answer,
    state,
    currentVersion,
  }));
}
