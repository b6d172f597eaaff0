import type { OrderId, PartyId } from '@aceso/kernel';
import type { Tx } from '@aceso/platform';
import { PRINT_BYTES, type PackagePrints, type PrintKind } from '../domain/linkage-prints';
import type { PackageId } from './package.store';

/** Keeps the prints of a released package. */
export async function insertPrints(tx: Tx, packageId: PackageId, prints: PackagePrints): Promise<void> {
  const joined = (kind: PrintKind): Buffer => Buffer.from(prints[kind].join(''), 'hex');
  await tx.execute(
    `insert into extraction.linkage_print (package_id, diagnoses, codes, intervals, numbers) values ($1, $2, $3, $4, $5)`,
    [packageId, joined('diagnoses'), joined('codes'), joined('intervals'), joined('numbers')],
  );
}

/** Prints of the packages that a buyer and its affiliates were given under other orders. */
export async function earlierPrints(tx: Tx, buyerId: PartyId, orderId: OrderId): Promise<readonly PackagePrints[]> {
  const rows = await tx.query<Record<PrintKind, Buffer>>(
    `select l.diagnoses, l.codes, l.intervals, l.numbers
       from extraction.linkage_print l join extraction.package p on p.id = l.package_id
       join marketplace."order" o on o.id = p.order_id
       join identity.affiliated_until($1) a on a.party_id = o.buyer_id and p.released_at < a.until
      where o.id <> $2`,
    [buyerId, orderId],
  );
  return rows.map(({ diagnoses, codes, intervals, numbers }) => ({
    diagnoses: split(diagnoses),
    codes: split(codes),
    intervals: split(intervals),
    numbers: split(numbers),
  }));
}

function split(joined: Buffer): readonly string[] {
  return Array.from({ length: joined.length / PRINT_BYTES }, (_, at) =>
    joined.toString('hex', at * PRINT_BYTES, (at + 1) * PRINT_BYTES),
  );
}
