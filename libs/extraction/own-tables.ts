import { makeTables, type TableFile, type TableInput } from '@aceso/deidentification';
import {
  columnsOf,
  DeidentificationError,
  ownView,
  viewKeys,
  type Cells,
  type OwnViewDocument,
  type ViewDefinition,
  type ViewScope,
} from '@aceso/deidentification/domain';
import type { LeftOutTable } from './domain/package-table';
import type { PackagedFile } from './package-assembler';

/** A table that lies in the work folder, before it is described. */
export interface MadeTable {
  readonly view: ViewDefinition;
  readonly title: string;
  /** Name of the data file that its rows come from. */
  readonly source: string;
  readonly made: TableFile;
  /** Persons to whom its rows belong, or whose rows they were chosen from. */
  readonly persons: number;
}

export interface OwnTablesWork {
  /** What the package holds: views are checked against it once more before they run. */
  readonly scope: ViewScope;
  /** The final data file of a resource type; undefined where the package has none. */
  readonly sourceOf: (resource: string) => PackagedFile | undefined;
  readonly inputOf: (file: PackagedFile) => TableInput;
  readonly outFolder: string;
}

/** Cells and characters of a table for each byte of the data file that it is made from. */
export const OWN_TABLE_GROWTH_MAX = 20;
/** A table may be this large whatever its data file is. */
const OWN_TABLE_FREE = 1_000_000;

/**
 * Makes the tables of own views, one at a time, so that no more memory is used than for the widest one. A view that cannot
 * be made of these data files leaves only its own table out: the buyer wrote it, and neither the patients' payment nor the
 * other files hang on it. Nor would an order that ends without payment whenever a view fails be safe: it would answer a
 * question about the records for nothing. What is no refusal of the view (a full disk) is thrown.
 */
export async function ownTables(
  documents: readonly OwnViewDocument[],
  work: OwnTablesWork,
): Promise<{ readonly tables: readonly MadeTable[]; readonly leftOut: readonly LeftOutTable[] }> {
  const tables: MadeTable[] = [];
  const leftOut: LeftOutTable[] = [];
  for (const document of documents) {
    try {
      tables.push(await ownTable(document, work));
    } catch (error) {
      if (!(error instanceof DeidentificationError)) throw error;
      leftOut.push({ name: document.name, code: error.code, message: error.message });
    }
  }
  return { tables, leftOut };
}

async function ownTable(
  document: OwnViewDocument,
  { scope, sourceOf, inputOf, outFolder }: OwnTablesWork,
): Promise<MadeTable> {
  const { view } = ownView(document, scope);
  const source = sourceOf(view.resource);
  if (!source) throw new DeidentificationError('TABLE_EMPTY', `the package holds no ${view.resource}`);
  const watch = new RowWatch(view, OWN_TABLE_FREE + OWN_TABLE_GROWTH_MAX * source.bytes);
  const { tables } = await makeTables({
    views: [view],
    files: [inputOf(source)],
    outFolder,
    format: 'parquet',
    watch: (_, cells) => watch.see(cells),
  });
  return {
    view,
    title: document.title ?? `Own view ${view.name}`,
    source: source.name,
    made: tables[0]!,
    persons: watch.persons,
  };
}

/** Counts the persons of a table while its rows pass by, and what they hold. Rows of one person stand together. */
class RowWatch {
  persons = 0;
  #person: unknown;
  #size = 0;
  readonly #personAt: number;

  constructor(
    view: ViewDefinition,
    private readonly sizeMax: number,
  ) {
    const { person } = viewKeys(view);
    this.#personAt = view.select.flatMap(columnsOf).findIndex(({ name }) => name === person);
  }

  see(cells: Cells): void {
    for (const cell of cells) this.#size += sizeOf(cell);
    if (this.#size > this.sizeMax) {
      const message = `the table holds more than ${OWN_TABLE_GROWTH_MAX} times its data file; take fewer rows or columns`;
      throw new DeidentificationError('VIEW_ROWS_EXCESSIVE', message);
    }
    const person = cells[this.#personAt];
    if (person === this.#person) return;
    this.#person = person;
    this.persons += 1;
  }
}

/** One for a cell, and one for each character in it. */
function sizeOf(cell: unknown): number {
  if (typeof cell === 'string') return 1 + cell.length;
  return Array.isArray(cell) ? cell.reduce((sum: number, one) => sum + sizeOf(one), 1) : 1;
}
