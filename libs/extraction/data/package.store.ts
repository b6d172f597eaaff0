import type { AccessEventId, LedgerEntryId, OrderId, PartyId } from '@aceso/kernel';
import type { Tx } from '@aceso/platform';
import type { ByteRange } from '../domain/byte-range';
import type { PackageState } from '../domain/package-state';
import type { PackagedFile } from '../package-assembler';
import type { AttemptId } from './attempt.store';

export type PackageId = string;

export interface PackageRow {
  readonly id: PackageId;
  readonly orderId: OrderId;
  readonly edition: number;
  readonly attemptId: AttemptId;
  readonly state: PackageState;
  /** Blob key under which the released files lie until they are encrypted. */
  readonly folder: string;
  readonly manifestSha256: string;
  readonly entryId: LedgerEntryId;
  readonly sha256: string | null;
  /** Bytes of the encrypted file. */
  readonly bytes: number | null;
  /** Where the encrypted file lies. */
  readonly blobKey: string | null;
  /** It was answered with bytes of the encrypted file at least once. */
  readonly fetched: boolean;
}

const COLUMNS = `p.id, p.order_id as "orderId", p.edition, p.attempt_id as "attemptId", p.state, p.folder,
  p.manifest_sha256 as "manifestSha256", p.entry_id as "entryId", p.sha256, p.bytes::float8 as bytes,
  p.blob_key as "blobKey", p.first_fetched_at is not null as fetched`;

/** The package of an order that counts: released, ready or being made anew. */
export async function currentPackage(tx: Pick<Tx, 'query'>, orderId: OrderId): Promise<PackageRow | null> {
  const [row] = await tx.query<PackageRow>(
    `select ${COLUMNS} from extraction.package p
      where p.order_id = $1 and p.state in ('released', 'ready', 'renewing')`,
    [orderId],
  );
  return row ?? null;
}

/** A package by its id; locked against other workers when asked for. */
export async function findPackage(tx: Tx, id: PackageId, lock = false): Promise<PackageRow | null> {
  const [row] = await tx.query<PackageRow>(
    `select ${COLUMNS} from extraction.package p where p.id = $1 ${lock ? 'for update' : ''}`,
    [id],
  );
  return row ?? null;
}

/**
 * The newest package of a buyer's order, locked: what belongs to another buyer does not exist. It is looked for by its edition
 * and judged by its state once the lock is held. Looked for by its state, a package whose place another one takes meanwhile
 * would be gone after the wait, and the other one not yet in what this statement sees.
 */
export async function lockBuyersPackage(tx: Tx, orderId: OrderId, buyerId: PartyId): Promise<PackageRow | null> {
  await tx.actAs(buyerId);
  const [row] = await tx.query<PackageRow>(
    `select ${COLUMNS} from extraction.package p join marketplace."order" o on o.id = p.order_id
      where p.order_id = $1 and o.buyer_id = $2 order by p.edition desc limit 1 for update of p`,
    [orderId, buyerId],
  );
  return row ?? null;
}

/** Writes a released package, taking the place of the edition before. */
export async function insertPackage(
  tx: Tx,
  row: Pick<PackageRow, 'id' | 'orderId' | 'edition' | 'attemptId' | 'folder' | 'manifestSha256' | 'entryId'>,
): Promise<void> {
  await tx.execute(`update extraction.package set state = 'superseded' where order_id = $1 and state = 'renewing'`, [
    row.orderId,
  ]);
  await tx.execute(
    `insert into extraction.package (id, order_id, edition, attempt_id, folder, manifest_sha256, entry_id)
     values ($1, $2, $3, $4, $5, $6, $7)`,
    [row.id, row.orderId, row.edition, row.attemptId, row.folder, row.manifestSha256, row.entryId],
  );
}

/** One disclosure a file: what leaves is written down before it can. */
export async function insertDisclosures(
  tx: Tx,
  released: { readonly packageId: PackageId; readonly entryId: LedgerEntryId },
  files: readonly Omit<PackagedFile, 'blobKey'>[],
): Promise<void> {
  await tx.execute(
    `insert into extraction.disclosure (package_id, entry_id, file, sha256, bytes, rows)
     select $1, $2, * from unnest($3::text[], $4::text[], $5::bigint[], $6::bigint[])`,
    [
      released.packageId,
      released.entryId,
      files.map((file) => file.name),
      files.map((file) => file.sha256),
      files.map((file) => file.bytes),
      files.map((file) => file.rows),
    ],
  );
}

/** Files that were disclosed with a package, by name. */
export async function disclosedFiles(
  tx: Pick<Tx, 'query'>,
  packageId: PackageId,
): Promise<readonly Omit<PackagedFile, 'blobKey'>[]> {
  return tx.query(
    `select file as name, sha256, bytes::float8 as bytes, rows::float8 as rows
       from extraction.disclosure where package_id = $1 order by file`,
    [packageId],
  );
}

/** Attempts and packages of an order whose files nothing needs any more. */
export async function disposableWork(
  tx: Tx,
  orderId: OrderId,
): Promise<{ readonly attempts: readonly AttemptId[]; readonly packages: readonly PackageId[] }> {
  const attempts = await tx.query<{ id: AttemptId }>(
    `select a.id from extraction.attempt a
      where a.order_id = $1 and a.state <> 'emitting'
        and not exists (select from extraction.package p where p.attempt_id = a.id and p.state = 'released')`,
    [orderId],
  );
  const packages = await tx.query<{ id: PackageId }>(
    `select id from extraction.package where order_id = $1 and state in ('superseded', 'withdrawn')`,
    [orderId],
  );
  return { attempts: attempts.map(({ id }) => id), packages: packages.map(({ id }) => id) };
}

/** Moves a package from one state to another; false when it is in another one. */
export async function movePackage(
  tx: Tx,
  id: PackageId,
  move: { from: PackageState; to: PackageState },
): Promise<boolean> {
  const moved = await tx.execute('update extraction.package set state = $3 where id = $1 and state = $2', [
    id,
    move.from,
    move.to,
  ]);
  return moved === 1;
}

/** Makes a released package ready for download; false when it no longer waits for that. */
export async function markReady(
  tx: Tx,
  id: PackageId,
  file: { readonly sha256: string; readonly bytes: number; readonly blobKey: string },
): Promise<boolean> {
  const ready = await tx.execute(
    `update extraction.package set state = 'ready', sha256 = $2, bytes = $3, blob_key = $4, ready_at = clock_timestamp()
      where id = $1 and state = 'released'`,
    [id, file.sha256, file.bytes, file.blobKey],
  );
  return ready === 1;
}

/** Notes a fetch before its first byte; the first one marks the package, and no gate can call it back from then on. */
export async function insertFetch(
  tx: Tx,
  fetch: {
    readonly id: string;
    readonly packageId: PackageId;
    readonly accessEventId: AccessEventId;
    readonly entryId: LedgerEntryId;
    readonly range: Required<ByteRange>;
  },
): Promise<void> {
  const { id, packageId, accessEventId, entryId, range } = fetch;
  await tx.execute(
    `insert into extraction.fetch (id, package_id, access_event_id, entry_id, range_start, range_end)
     values ($1, $2, $3, $4, $5, $6)`,
    [id, packageId, accessEventId, entryId, range.start, range.end],
  );
}

/** Responses of the last 24 hours for a package. */
export async function recentFetches(tx: Tx, id: PackageId): Promise<number> {
  const [row] = await tx.query<{ fetches: number }>(
    `select count(*)::integer as fetches from extraction.fetch
      where package_id = $1 and fetched_at > clock_timestamp() - interval '24 hours'`,
    [id],
  );
  return row?.fetches ?? 0;
}

/**
 * Whether permission and record of every person in the package stand as when rows were emitted; locks their gates. `minorFrom`: earliest
 * birth month of which nobody is of age.
 */
export async function gatesUnmoved(tx: Tx, id: PackageId, minorFrom: string): Promise<boolean> {
  const [row] = await tx.query<{ unmoved: boolean }>('select extraction.gates_unmoved($1, $2) as unmoved', [
    id,
    minorFrom,
  ]);
  return row?.unmoved === true;
}
