import { byDateThenPseudonym, type PlacedRow, type ReleasedRow } from '@aceso/deidentification/domain';
import type { RowOrder } from './person-emission';

/** Brings the rows of one person into their order in memory; whoever uses it has bounded the person's bytes. */
export class HeldRows implements RowOrder {
  readonly #rows: PlacedRow[] = [];

  add({ row, sortDate }: PlacedRow): void {
    this.#rows.push({ row, sortDate });
  }

  *inOrder(): Generator<ReleasedRow> {
    for (const { row } of this.#rows.sort(byDateThenPseudonym)) yield row;
  }
}
