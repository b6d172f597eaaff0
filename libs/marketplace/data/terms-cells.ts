import { foundParameters, mayDecide, type FoundContext } from '@aceso/cohort/domain';
import { GRANT_RECORDS_MAX } from '@aceso/consent/domain';
import { hex } from '@aceso/kernel';
import type { Tx } from '@aceso/platform';

/** Bytes of one number in the answer. */
const NUMBER_BYTES = 4;

/**
 * Numbers of the persons whose terms would be heard, by the cell of their set of terms: as `answerable` reads them and `CohortService.deciders`
 * judges whose word they are. `cells` is by digest of a set, lower-case hexadecimal. Role api.
 */
export async function readTermsCells(
  tx: Tx,
  cells: ReadonlyMap<string, number>,
  at: Pick<FoundContext, 'day' | 'adultAgeYears'>,
): Promise<ReadonlyMap<number, number>> {
  const [adult, minor] = foundParameters(at);
  const rows = await tx.query<{ cell: number; numbers: Buffer }>(
    `select t.cell, string_agg(int4send(t.number), '') as numbers
       from consent.terms_cells($1::bytea[], $2::integer[], $3) t
       join register.person_index i on i.number = t.number
       join facts.person p on p.index_no = i.index_no
      where ${mayDecide('t.care', '$4', '$5')}
      group by t.cell`,
    [
      [...cells.keys()].map((digest) => Buffer.from(hex.decode(digest))),
      [...cells.values()],
      GRANT_RECORDS_MAX,
      adult,
      minor,
    ],
  );
  const cellOf = new Map<number, number>();
  for (const { cell, numbers } of rows) {
    for (let from = 0; from < numbers.length; from += NUMBER_BYTES) cellOf.set(numbers.readInt32BE(from), cell);
  }
  return cellOf;
}
