import { hex, type CohortId, type PartyId, type RequestId } from '@aceso/kernel';
import type { BuyerKind } from '@aceso/consent/domain';
import { sha256, type Tx } from '@aceso/platform';
import { contentHash, MarketplaceError, type AnswerSums, type RequestContent, type RequestState } from '../domain';

/** A request as the database holds it. */
export interface RequestRow {
  readonly requestId: RequestId;
  readonly buyerId: PartyId;
  readonly state: RequestState;
  readonly currentVersion: number;
}

/** One version of a request, its content checked against its hash. */
export interface VersionRow {
  readonly requestId: RequestId;
  readonly version: number;
  readonly content: RequestContent;
  /** Lower-case hexadecimal. */
  readonly contentHash: string;
  readonly answerDeadline: Date;
  readonly createdAt: Date;
}

const REQUEST_COLUMNS = `id as "requestId", buyer_id as "buyerId", state, current_version as "currentVersion"`;

/** Columns of a version under the alias `v`; {@link toVersion} reads them. */
export const VERSION_COLUMNS = `v.request_id as "requestId", v.version, v.content, v.content_hash as "digest",
                                v.answer_deadline as "answerDeadline", v.created_at as "createdAt"`;

export interface StoredVersion extends Omit<VersionRow, 'contentHash'> {
  readonly digest: Uint8Array;
}

/** `update` keeps everybody else from acting on the request, `share` keeps it as it is while others read it too. */
export type RequestLock = 'update' | 'share';

/** Locks a request, of one buyer where one is given; undefined when there is none (or it is somebody else's). */
export async function lockRequest(
  tx: Tx,
  key: { readonly requestId: RequestId; readonly buyerId?: PartyId },
  lock: RequestLock,
): Promise<RequestRow | undefined> {
  const [row] = await tx.query<RequestRow>(
    `select ${REQUEST_COLUMNS} from marketplace.request
      where id = $1 and ($2::uuid is null or buyer_id = $2) for ${lock === 'update' ? 'update' : 'share'}`,
    [key.requestId, key.buyerId ?? null],
  );
  return row;
}

/** The cohort that a request made for itself; undefined where each of its versions is of a saved cohort. */
export async function ownCohortOf(tx: Tx, requestId: RequestId): Promise<CohortId | undefined> {
  const [row] = await tx.query<{ cohortId: CohortId }>(
    `select v.cohort_id as "cohortId" from marketplace.request_version v
      where v.request_id = $1 and not exists (select from cohort.saved_cohort s where s.id = v.cohort_id)
      order by v.version desc limit 1`,
    [requestId],
  );
  return row?.cohortId;
}

/** Moves a request on; the caller has asked the domain whether it may, and the database asks again. */
export async function moveRequestRow(tx: Tx, requestId: RequestId, state: RequestState): Promise<void> {
  await tx.execute('update marketplace.request set state = $2, changed_at = clock_timestamp() where id = $1', [
    requestId,
    state,
  ]);
}

/** A version whose content still has the hash that it was stored with; throws REQUEST_ALTERED otherwise. */
export function toVersion({ digest, ...row }: StoredVersion): VersionRow {
  const hash = contentHash(row.content, sha256);
  if (hash !== hex.encode(Uint8Array.from(digest))) {
    throw new MarketplaceError('REQUEST_ALTERED', 'the stored content of the request does not have its hash');
  }
  return { ...row, contentHash: hash };
}

/** Reads one version; undefined when there is none. Throws REQUEST_ALTERED. */
export async function readVersion(tx: Tx, requestId: RequestId, version: number): Promise<VersionRow | undefined> {
  const [row] = await tx.query<StoredVersion>(
    `select ${VERSION_COLUMNS} from marketplace.request_version v where v.request_id = $1 and v.version = $2`,
    [requestId, version],
  );
  return row && toVersion(row);
}

/** How many were asked, answered and agreed by now: for decisions of the program, never to be shown as they are. */
export async function readAnswerSums(tx: Tx, requestId: RequestId, version: number): Promise<AnswerSums> {
  const [sums] = await tx.query<AnswerSums>('select * from marketplace.answers($1, $2)', [requestId, version]);
  return sums;
}

/** What kind of organisation a research center is by its registration; undefined where none was stated. */
export async function buyerKindOf(tx: Tx, buyerId: PartyId): Promise<BuyerKind | undefined> {
  const [center] = await tx.query<{ kind: BuyerKind }>(
    'select kind from identity.research_center where party_id = $1',
    [buyerId],
  );
  return center?.kind;
}

/** Milliseconds of the database's clock: the only one that decides whether an answer came in time. */
export async function databaseNow(tx: Tx): Promise<number> {
  const [row] = await tx.query<{ now: Date }>('select clock_timestamp() as now');
  return row.now.getTime();
}
