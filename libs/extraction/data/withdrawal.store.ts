import type { AccessEventId, LedgerEntryId, OrderId, PartyId, PersonId } from '@aceso/kernel';
import type { Tx } from '@aceso/platform';
import type { AttemptId } from './attempt.store';
import type { PackageId } from './package.store';

export type ListId = string;

/** Rows of one look; the next one finds the rest. */
const UNREADY_MAX = 200;

/** A package that was fetched and whose permit lasts. */
export interface FetchedPackage {
  readonly id: PackageId;
  readonly orderId: OrderId;
  readonly attemptId: AttemptId;
  readonly buyerId: PartyId;
  readonly manifestSha256: string;
  /** YYYY-MM-DD: on this day the sale key goes, and with it the last list. */
  readonly permitEnds: string;
}

export interface WaitingRow {
  readonly personId: PersonId;
  readonly providerIds: readonly PartyId[];
}

/** A list as it was made. */
export interface MadeList {
  readonly id: ListId;
  readonly orderId: OrderId;
  readonly packageId: PackageId;
  readonly number: number;
  readonly round: number;
  readonly listSha256: string;
  readonly entryId: LedgerEntryId;
  readonly madeAt: Date;
}

/** A list that can be fetched. */
export interface ReadyList extends MadeList {
  readonly sha256: string;
  /** Of the encrypted file. */
  readonly bytes: number;
  readonly blobKey: string;
  readonly readyAt: Date;
  readonly acknowledgedAt: Date | null;
}

const FETCHED = `
select p.id, p.order_id as "orderId", p.attempt_id as "attemptId", o.buyer_id as "buyerId",
       p.manifest_sha256 as "manifestSha256", k.destroy_on::text as "permitEnds"
  from extraction.package p
  join marketplace."order" o on o.id = p.order_id
  join extraction.sale_key k on k.order_id = p.order_id and k.wrapped is not null and k.destroy_on > current_date
 where p.first_fetched_at is not null`;

const MADE = `l.id, l.order_id as "orderId", l.package_id as "packageId", l.number, l.round,
  l.list_sha256 as "listSha256", l.entry_id as "entryId", l.made_at as "madeAt"`;

/** Orders of which somebody may have to be named to the buyer, by id. */
export async function ordersWithBuyers(tx: Tx): Promise<readonly OrderId[]> {
  const rows = await tx.query<{ orderId: OrderId }>(`${FETCHED} order by p.order_id`);
  return rows.map(({ orderId }) => orderId);
}

/** The package of an order that its buyer has; locked, so that rounds take turns and the sale key stays until the end. */
export async function lockFetchedPackage(tx: Tx, orderId: OrderId): Promise<FetchedPackage | null> {
  const [row] = await tx.query<FetchedPackage>(`${FETCHED} and p.order_id = $1 for update of p, k`, [orderId]);
  return row ?? null;
}

/** Notes who withdrew since the last look, and whose guardian lost its authority. `minorFrom`: earliest month of birth of a sure minor. */
export async function noteWithdrawn(tx: Tx, { attemptId, buyerId }: FetchedPackage, minorFrom: string): Promise<void> {
  await tx.execute(
    `update extraction.member m set withdrawn_on = current_date
      where m.attempt_id = $1 and m.state = 'released' and m.withdrawn_on is null
        and (extraction.withdrew(m.person_id, m.grant_digest, $2) or extraction.authority_fell(m.grant_digest, $3))`,
    [attemptId, buyerId, minorFrom],
  );
}

/** Who withdrew and stands on no list. */
export async function waitingMembers(tx: Tx, attemptId: AttemptId): Promise<readonly WaitingRow[]> {
  return tx.query(
    `select person_id as "personId", provider_ids as "providerIds" from extraction.member
      where attempt_id = $1 and withdrawn_on is not null and withdrawal_list_id is null order by person_id`,
    [attemptId],
  );
}

/** The persons of a list. */
export async function membersOfList(tx: Tx, listId: ListId): Promise<readonly PersonId[]> {
  const rows = await tx.query<{ personId: PersonId }>(
    'select person_id as "personId" from extraction.member where withdrawal_list_id = $1 order by person_id',
    [listId],
  );
  return rows.map(({ personId }) => personId);
}

/** Number of the last list of an order, and the round it was made in; null when there is none. */
export async function lastList(tx: Tx, orderId: OrderId): Promise<Pick<MadeList, 'number' | 'round'> | null> {
  const [row] = await tx.query<Pick<MadeList, 'number' | 'round'>>(
    'select number, round from extraction.withdrawal_list where order_id = $1 order by number desc limit 1',
    [orderId],
  );
  return row ?? null;
}

/** Writes a list and puts its persons on it, and those whose single rows it names. */
export async function insertList(
  tx: Tx,
  list: MadeList,
  attemptId: AttemptId,
  { persons, corrected }: { readonly persons: readonly PersonId[]; readonly corrected: readonly PersonId[] },
): Promise<void> {
  await tx.execute(
    `insert into extraction.withdrawal_list (id, order_id, package_id, number, round, list_sha256, entry_id, made_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [list.id, list.orderId, list.packageId, list.number, list.round, list.listSha256, list.entryId, list.madeAt],
  );
  await tx.execute(
    'update extraction.member set withdrawal_list_id = $1 where attempt_id = $2 and person_id = any ($3::uuid[])',
    [list.id, attemptId, persons],
  );
  await tx.execute(
    `update extraction.correction set withdrawal_list_id = $1
      where attempt_id = $2 and person_id = any ($3::uuid[]) and withdrawal_list_id is null`,
    [list.id, attemptId, corrected],
  );
}

/** A list that is not encrypted yet; null when it is, or when there is none. */
export async function findUnready(tx: Tx, id: ListId): Promise<MadeList | null> {
  const [row] = await tx.query<MadeList>(
    `select ${MADE} from extraction.withdrawal_list l where l.id = $1 and l.ready_at is null`,
    [id],
  );
  return row ?? null;
}

/** Makes a list ready; false when another run did. */
export async function markListReady(
  tx: Tx,
  id: ListId,
  file: { readonly sha256: string; readonly bytes: number; readonly blobKey: string; readonly readyAt: Date },
): Promise<boolean> {
  const ready = await tx.execute(
    `update extraction.withdrawal_list set sha256 = $2, bytes = $3, blob_key = $4, ready_at = $5
      where id = $1 and ready_at is null`,
    [id, file.sha256, file.bytes, file.blobKey, file.readyAt],
  );
  return ready === 1;
}

/** Lists that wait for their encryption while the permit lasts. */
export async function unreadyLists(tx: Pick<Tx, 'query'>): Promise<readonly ListId[]> {
  const rows = await tx.query<{ id: ListId }>(
    `select l.id from extraction.withdrawal_list l
       join extraction.sale_key k on k.order_id = l.order_id and k.wrapped is not null
      where l.ready_at is null and l.made_at < clock_timestamp() - interval '10 seconds'
      order by l.made_at, l.id limit ${UNREADY_MAX}`,
  );
  return rows.map(({ id }) => id);
}

/** Whether a round was run to its end. */
export async function hasRun(tx: Pick<Tx, 'query'>, round: number): Promise<boolean> {
  return (await tx.query('select from extraction.withdrawal_round where round = $1', [round])).length > 0;
}

export async function noteRound(tx: Tx, round: number): Promise<void> {
  await tx.execute('insert into extraction.withdrawal_round (round) values ($1) on conflict do nothing', [round]);
}

/** Lists of an order that the acting buyer can fetch, by number. */
export async function readyLists(tx: Tx, orderId: OrderId): Promise<readonly ReadyList[]> {
  return tx.query(
    `select ${MADE}, l.sha256, l.bytes::float8 as bytes, l.blob_key as "blobKey", l.ready_at as "readyAt",
            a.acknowledged_at as "acknowledgedAt"
       from extraction.withdrawal_list l left join extraction.withdrawal_acknowledgement a on a.list_id = l.id
      where l.order_id = $1 and l.ready_at is not null order by l.number`,
    [orderId],
  );
}

/** Notes a fetch before its first byte. */
export async function insertListFetch(
  tx: Tx,
  fetch: {
    readonly id: string;
    readonly listId: ListId;
    readonly accessEventId: AccessEventId;
    readonly entryId: LedgerEntryId;
  },
): Promise<void> {
  await tx.execute(
    'insert into extraction.withdrawal_fetch (id, list_id, access_event_id, entry_id) values ($1, $2, $3, $4)',
    [fetch.id, fetch.listId, fetch.accessEventId, fetch.entryId],
  );
}

/** How often a list was fetched, ever and in the last 24 hours. */
export async function listFetches(tx: Tx, listId: ListId): Promise<{ readonly all: number; readonly recent: number }> {
  const [row] = await tx.query<{ all: number; recent: number }>(
    `select count(*)::integer as "all",
            count(*) filter (where fetched_at > clock_timestamp() - interval '24 hours')::integer as recent
       from extraction.withdrawal_fetch where list_id = $1`,
    [listId],
  );
  return row ?? { all: 0, recent: 0 };
}

/** Notes an acknowledgement; false when the list has one. */
export async function insertAcknowledgement(
  tx: Tx,
  row: { readonly listId: ListId; readonly statementDigest: Uint8Array; readonly at: Date },
): Promise<boolean> {
  const inserted = await tx.execute(
    `insert into extraction.withdrawal_acknowledgement (list_id, statement_digest, acknowledged_at) values ($1, $2, $3)
     on conflict (list_id) do nothing`,
    [row.listId, row.statementDigest, row.at],
  );
  return inserted === 1;
}

/** What left of the acting patient in one order. */
export interface OwnDeparture {
  readonly orderId: OrderId;
  readonly leftAt: Date;
  readonly withdrawn: boolean;
  readonly listNumber: number | null;
  readonly sentAt: Date | null;
  readonly acknowledgedAt: Date | null;
  /** YYYY-MM-DD. */
  readonly recallEnds: string | null;
  readonly recallEnded: boolean;
}

/** Packages with rows of the acting patient that were fetched, newest first. */
export async function ownDepartures(tx: Tx, minorFrom: string, limit: number): Promise<readonly OwnDeparture[]> {
  return tx.query(
    `select order_id as "orderId", left_at as "leftAt", withdrawn, list_number as "listNumber", sent_at as "sentAt",
            acknowledged_at as "acknowledgedAt", recall_ends::text as "recallEnds", recall_ended as "recallEnded"
       from extraction.own_departures($1) order by left_at desc, order_id limit $2`,
    [minorFrom, limit],
  );
}
