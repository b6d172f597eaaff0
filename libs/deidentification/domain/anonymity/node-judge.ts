import type { ClassTest, ClassValues } from './class-test';
import type { EncodedTable } from './encoded-table';
import type { Judged, Measured, Metric } from './metric';
import { Grouper, type Distribution, type Partition } from './partition';
import type { CompiledModels } from './privacy-model';

/** What the search keeps of a node. */
export interface NodeResult extends Measured {
  readonly suppressed: number;
  /** Records that are suppressed at every finer node as well. */
  readonly certain: number;
  readonly classes: number;
}

/** Classes held for rolling up, summed over all partitions that are kept. */
const CACHED_CELLS_MAX = 4_000_000;
const CACHED_PARTITIONS_MAX = 150;
/** A partition is worth keeping when it has at most this share of the classes of the one that it came from. */
const WORTH_KEEPING = 0.6;
const NODES_REMEMBERED_MAX = 200_000;

/** Groups, judges and measures nodes; each once while remembered. Memory is bounded whatever the size of the lattice. */
export class NodeJudge {
  nodesChecked = 0;
  private readonly grouper: Grouper;
  private readonly remembered = new Map<string, NodeResult>();
  private cachedCells = 0;
  private readonly cache: { readonly partition: Partition; usedAt: number }[] = [];

  constructor(
    private readonly table: EncodedTable,
    private readonly models: CompiledModels,
    private readonly metric: Metric,
    /** Beyond this many suppressed records a node is no solution. */
    private readonly limit: number,
    private readonly tick: () => void,
  ) {
    this.grouper = new Grouper(table.hierarchies, table.codes, {
      classesMax: table.finest.classes,
      sensitiveValues: table.sensitiveValues.length,
    });
  }

  judge(levels: readonly number[]): NodeResult {
    const key = String.fromCharCode(...levels);
    const known = this.remembered.get(key);
    if (known) return known;
    this.tick();
    this.nodesChecked += 1;
    const judged = judge(this.partition(levels), this.models, this.limit);
    const result = {
      ...this.metric.measure(judged),
      suppressed: judged.suppressedRecords,
      certain: judged.certainRecords,
      classes: judged.kept,
    };
    if (this.remembered.size >= NODES_REMEMBERED_MAX) this.remembered.clear();
    this.remembered.set(key, result);
    return result;
  }

  /** Rolled up from the smallest partition at hand that is nowhere coarser. */
  private partition(levels: readonly number[]): Partition {
    let source = this.table.finest;
    for (const entry of this.cache)
      if (entry.partition.classes < source.classes && isNowhereCoarser(entry.partition.levels, levels)) {
        source = entry.partition;
        entry.usedAt = this.nodesChecked;
      }
    const partition = this.grouper.group(source, levels);
    if (partition.classes <= source.classes * WORTH_KEEPING) this.keep(partition);
    return partition;
  }

  private keep(partition: Partition): void {
    this.cache.push({ partition, usedAt: this.nodesChecked });
    this.cachedCells += cellsOf(partition);
    while (
      this.cache.length > CACHED_PARTITIONS_MAX ||
      (this.cachedCells > CACHED_CELLS_MAX && this.cache.length > 1)
    ) {
      let oldest = 0;
      this.cache.forEach((entry, index) => {
        if (entry.usedAt < this.cache[oldest]!.usedAt) oldest = index;
      });
      this.cachedCells -= cellsOf(this.cache[oldest]!.partition);
      this.cache.splice(oldest, 1);
    }
  }
}

/** True when `finer` has no higher level than `coarser` in any column. */
export function isNowhereCoarser(finer: readonly number[], coarser: readonly number[]): boolean {
  for (let column = 0; column < finer.length; column += 1) if (finer[column]! > coarser[column]!) return false;
  return true;
}

const cellsOf = ({ classes, distribution }: Partition) => classes + (distribution?.values.length ?? 0);

/**
 * Which classes stay. A class of the population alone is no class of the release. Counting stops once more than `limit` records are
 * suppressed by models that are not certain: such a node is no solution, and how far it is from one does not matter.
 */
export function judge(partition: Partition, models: CompiledModels, limit: number): Judged {
  const { size, population, distribution, classes } = partition;
  const { sizeMin, populationMin } = models;
  const certain: number[] = [];
  const byOthers: number[] = [];
  const passed: number[] = [];
  let [certainRecords, otherRecords, empty] = [0, 0, 0];
  const values = distribution && new ClassWindow(distribution);
  for (let index = 0; index < classes; index += 1) {
    const records = size[index]!;
    if (records === 0) empty += 1;
    else if (
      records < sizeMin ||
      (population && population[index]! < populationMin) ||
      (values && !passesAll(models.certain, values.at(index, records)))
    ) {
      certain.push(index);
      certainRecords += records;
    } else if (values) passed.push(index);
  }
  if (values && models.others.length > 0)
    for (const index of passed) {
      if (certainRecords + otherRecords > limit) break;
      if (passesAll(models.others, values.at(index, size[index]!))) continue;
      byOthers.push(index);
      otherRecords += size[index]!;
    }
  const suppressed = byOthers.length === 0 ? certain : [...certain, ...byOthers];
  return {
    partition,
    suppressed,
    suppressedRecords: certainRecords + otherRecords,
    certain,
    certainRecords,
    kept: classes - empty - suppressed.length,
  };
}

function passesAll(tests: readonly ClassTest[], values: ClassValues): boolean {
  for (let index = 0; index < tests.length; index += 1) if (!tests[index]!(values)) return false;
  return true;
}

/** The values of one class after the other, in one object: there are millions of them in a search. */
class ClassWindow implements ClassValues {
  readonly values: Int32Array;
  readonly counts: Int32Array;
  from = 0;
  to = 0;
  size = 0;

  constructor(private readonly distribution: Distribution) {
    this.values = distribution.values;
    this.counts = distribution.counts;
  }

  at(index: number, size: number): this {
    this.from = this.distribution.starts[index]!;
    this.to = this.distribution.starts[index + 1]!;
    this.size = size;
    return this;
  }
}
