import type { Hierarchy } from './hierarchy';

/** How often each sensitive value occurs in each class: class c owns the entries from starts[c] to starts[c + 1] - 1. */
export interface Distribution {
  readonly starts: Int32Array;
  readonly values: Int32Array;
  readonly counts: Int32Array;
}

/** The classes of records that are alike at a node of the lattice. */
export interface Partition {
  /** The node: one level a column. */
  readonly levels: readonly number[];
  readonly classes: number;
  /** One distinct combination (its index) that lies in each class. */
  readonly representative: Int32Array;
  /** Records of the table in each class; 0 for a class of the population alone. */
  readonly size: Int32Array;
  readonly population?: Int32Array;
  readonly distribution?: Distribution;
}

/** Product of cardinalities up to which classes are found by address instead of by hash: a table that fits a cache. */
const ADDRESSES_MAX = 1 << 17;
/** A word of a class key is a mixed-radix number below this. */
const WORD_MAX = 2 ** 31;

/** Puts classes of a finer node together. Buffers are kept between calls; results are copies. */
export class Grouper {
  private readonly words: Int32Array[] = [];
  private readonly into: Int32Array;
  private readonly found: Int32Array;
  private readonly addresses = new Int32Array(ADDRESSES_MAX);
  private readonly scratch: Int32Array;
  private slots = new Int32Array(1024);

  constructor(
    private readonly hierarchies: readonly Hierarchy[],
    private readonly codes: readonly Int32Array[],
    { classesMax, sensitiveValues }: { readonly classesMax: number; readonly sensitiveValues: number },
  ) {
    this.into = new Int32Array(classesMax);
    this.found = new Int32Array(classesMax);
    this.scratch = new Int32Array(sensitiveValues);
  }

  /** The classes at `levels` from those of a node that is nowhere coarser. */
  group(source: Partition, levels: readonly number[]): Partition {
    const { words, range } = this.keys(source, levels);
    const classes = words.length === 1 && range <= ADDRESSES_MAX ? this.byAddress(source) : this.byHash(source, words);
    const representative = new Int32Array(classes);
    const size = new Int32Array(classes);
    const population = source.population && new Int32Array(classes);
    for (let index = 0; index < source.classes; index += 1) size[this.into[index]!]! += source.size[index]!;
    for (let index = 0; index < classes; index += 1) representative[index] = source.representative[this.found[index]!]!;
    if (population)
      for (let index = 0; index < source.classes; index += 1)
        population[this.into[index]!]! += source.population![index]!;
    const distribution = source.distribution && this.merge(source, source.distribution, classes);
    return {
      levels: [...levels],
      classes,
      representative,
      size,
      ...(population ? { population } : {}),
      ...(distribution ? { distribution } : {}),
    };
  }

  /** The class of each source class after the last {@link group}; valid until the next. */
  classesOf(source: Partition): Int32Array {
    return this.into.slice(0, source.classes);
  }

  /** Keys of all source classes at `levels`: words of mixed-radix numbers, column by column; columns of one value add nothing. */
  private keys(source: Partition, levels: readonly number[]): { words: Int32Array[]; range: number } {
    let used = 0;
    let range = WORD_MAX;
    this.hierarchies.forEach((hierarchy, column) => {
      const { labels, codeOfLeaf } = hierarchy.levels[levels[column]!]!;
      if (labels.length === 1) return;
      if (range * labels.length > WORD_MAX) {
        this.words[used] ??= new Int32Array(this.into.length);
        this.words[used]!.fill(0, 0, source.classes);
        used += 1;
        range = 1;
      }
      addColumn(this.words[used - 1]!, source, { codes: this.codes[column]!, codeOfLeaf, stride: range });
      range *= labels.length;
    });
    if (used === 0) {
      this.words[0] ??= new Int32Array(this.into.length);
      this.words[0].fill(0, 0, source.classes);
      return { words: [this.words[0]], range: 1 };
    }
    return { words: this.words.slice(0, used), range };
  }

  private byAddress(source: Partition): number {
    const { into, found, addresses } = this;
    const word = this.words[0]!;
    let classes = 0;
    for (let index = 0; index < source.classes; index += 1) {
      let target = addresses[word[index]!]!;
      if (target === 0) {
        found[classes] = index;
        target = addresses[word[index]!] = ++classes;
      }
      into[index] = target - 1;
    }
    for (let index = 0; index < classes; index += 1) addresses[word[found[index]!]!] = 0;
    return classes;
  }

  /** Open addressing; a slot holds the number of a class plus one. Equal hashes are told apart by all words. */
  private byHash(source: Partition, words: readonly Int32Array[]): number {
    const { into, found } = this;
    let capacity = 1024;
    while (capacity < source.classes * 2) capacity *= 2;
    if (capacity > this.slots.length) this.slots = new Int32Array(capacity);
    const slots = this.slots.fill(0, 0, capacity);
    const mask = capacity - 1;
    const first = words[0]!;
    let classes = 0;
    for (let index = 0; index < source.classes; index += 1) {
      let hash = Math.imul(first[index]!, 0x9e3779b1);
      for (let word = 1; word < words.length; word += 1)
        hash = Math.imul(hash ^ (hash >>> 15) ^ words[word]![index]!, 0x85ebca6b);
      let slot = (hash ^ (hash >>> 15)) & mask;
      let target = slots[slot]!;
      while (target !== 0 && !sameKey(words, found[target - 1]!, index)) {
        slot = (slot + 1) & mask;
        target = slots[slot]!;
      }
      if (target === 0) {
        found[classes] = index;
        target = slots[slot] = ++classes;
      }
      into[index] = target - 1;
    }
    return classes;
  }

  private merge(source: Partition, { starts, values, counts }: Distribution, classes: number): Distribution {
    const { into, scratch } = this;
    const heads = new Int32Array(classes).fill(-1);
    const next = new Int32Array(source.classes);
    for (let index = source.classes - 1; index >= 0; index -= 1) {
      next[index] = heads[into[index]!]!;
      heads[into[index]!] = index;
    }
    const merged = { starts: new Int32Array(classes + 1), values: values.slice(), counts: counts.slice() };
    let end = 0;
    for (let target = 0; target < classes; target += 1) {
      const from = end;
      for (let index = heads[target]!; index >= 0; index = next[index]!)
        for (let at = starts[index]!; at < starts[index + 1]!; at += 1) {
          const value = values[at]!;
          if (scratch[value] === 0) merged.values[end++] = value;
          scratch[value]! += counts[at]!;
        }
      for (let at = from; at < end; at += 1) {
        merged.counts[at] = scratch[merged.values[at]!]!;
        scratch[merged.values[at]!] = 0;
      }
      merged.starts[target + 1] = end;
    }
    return { starts: merged.starts, values: merged.values.slice(0, end), counts: merged.counts.slice(0, end) };
  }
}

interface Column {
  readonly codes: Int32Array;
  readonly codeOfLeaf: Int32Array;
  readonly stride: number;
}

function addColumn(word: Int32Array, { representative, classes }: Partition, { codes, codeOfLeaf, stride }: Column) {
  for (let index = 0; index < classes; index += 1) word[index]! += codeOfLeaf[codes[representative[index]!]!]! * stride;
}

function sameKey(words: readonly Int32Array[], a: number, b: number): boolean {
  for (let word = 0; word < words.length; word += 1) if (words[word]![a] !== words[word]![b]) return false;
  return true;
}
