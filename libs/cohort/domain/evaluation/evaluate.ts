import { assert } from '@aceso/kernel';
import { BLOCK_SLOTS, NO_DAY, UNKNOWN, type FactColumns, type PersonColumns } from '@aceso/register/domain';
import { countDays, countRowsWithin, dayKey, dayOfKey, placeOfKey, SortedKeys, type DayCount } from './distinct-days';
import { agedOn, matched, type Births } from './matched';
import { keepBirths, said, type SaidRule } from './said';
import {
  keepFirst,
  keepLast,
  keepWithin,
  mark,
  markRowsWithin,
  markWithin,
  NEVER,
  windowOf,
  type Facts,
  type Window,
} from './passes';
import type { Limits, Plan, PlannedRule, Scan } from './plan';

/** The persons of one block with their facts. Columns of blocks and of rows stand side by side: no step depends on an order. */
export interface BlockFacts {
  /** Slots in use: whoever is found is below. */
  readonly size: number;
  /** Whether a slot is counted at all, by slot. */
  readonly found: Uint8Array;
  readonly persons: readonly PersonColumns[];
  /** By the number of the code. */
  readonly facts: ReadonlyMap<number, readonly FactColumns[]>;
}

export interface Evaluated {
  /** Whether all rules hold, by slot. */
  readonly held: Uint8Array;
  /** How many are found and have an entry, then how many are left after each rule of the criteria. */
  readonly steps: readonly number[];
  /** How many of those steps a person is in, by slot: whoever is in one is in all before it. */
  readonly depths: Uint8Array;
  /** The first day of entry from which all rules hold, by slot, for those who are held; null without an entry. */
  readonly entryDays: Int32Array | null;
}

/** Evaluates criteria on the persons of one block. Pure: time grows with the facts of the named codes only. */
export function evaluate({ entry, all }: Plan, block: BlockFacts): Evaluated {
  assert(block.size <= BLOCK_SLOTS && block.found.length >= block.size, 'slots in use are found or not, in one block');
  const context = new Evaluation(block, entry);
  const rows = context.rows;
  const depths = new Uint8Array(block.size);
  const steps = [addTo(depths, context.bySlot(rows))];
  for (const rule of all) {
    keepBoth(rows, context.holds(rule));
    steps.push(addTo(depths, context.bySlot(rows)));
  }
  return { held: context.bySlot(rows), steps, depths, entryDays: context.entryDays(rows) };
}

/**
 * One evaluation. Rules hold on rows: a row is a person, or a person at one of several entry days.
 */
class Evaluation {
  /** Rows that are found and have an entry; those for whom the rules so far hold, as the evaluation goes on. */
  readonly rows: Uint8Array;
  /** Entry day by row; undefined without an entry. */
  readonly #days: Int32Array | undefined;
  /** Where several rows are one person: the slot of each row, and the first row of each slot. */
  readonly #several: { readonly slots: Uint16Array; readonly starts: Int32Array } | undefined;
  #births: Births | undefined;

  constructor(
    private readonly block: BlockFacts,
    entry: Plan['entry'],
  ) {
    const { size, found } = block;
    if (entry === undefined) {
      this.rows = found.slice(0, size);
    } else if (entry.pick === 'any') {
      const { slots, days, starts } = this.#entryDays(entry.scans);
      this.#days = days;
      this.#several = { slots, starts };
      this.rows = new Uint8Array(days.length).fill(1);
    } else {
      this.#days = this.#firstOrLast(entry.pick, entry.scans);
      const none = entry.pick === 'first' ? NEVER : NO_DAY;
      this.rows = new Uint8Array(size);
      for (let slot = 0; slot < size; slot += 1) this.rows[slot] = +(this.#days[slot] !== none) & found[slot]!;
    }
  }

  holds(rule: PlannedRule): Uint8Array {
    if ('join' in rule) return this.#joined(rule);
    if ('event' in rule) return this.#happened(rule.event);
    if ('agedAtEntry' in rule) return this.#agedAtEntry(rule.agedAtEntry);
    return this.#byRow(this.#said(rule));
  }

  bySlot(rows: Uint8Array): Uint8Array {
    if (!this.#several) return rows;
    const held = new Uint8Array(this.block.size);
    const { slots } = this.#several;
    for (let row = 0; row < rows.length; row += 1) held[slots[row]!]! |= rows[row]!;
    return held;
  }

  /** The first day of each person's rows among these; null without an entry. */
  entryDays(rows: Uint8Array): Int32Array | null {
    if (!this.#days || !this.#several) return this.#days ?? null;
    const first = new Int32Array(this.block.size).fill(NEVER);
    for (let row = 0; row < rows.length; row += 1) {
      const slot = this.#several.slots[row]!;
      if (rows[row] === 1 && this.#days[row]! < first[slot]!) first[slot] = this.#days[row]!;
    }
    return first;
  }

  #byRow(slots: Uint8Array): Uint8Array {
    if (!this.#several) return slots;
    const held = new Uint8Array(this.rows.length);
    for (let row = 0; row < held.length; row += 1) held[row] = slots[this.#several.slots[row]!]!;
    return held;
  }

  #joined(rule: Extract<PlannedRule, { readonly join: string }>): Uint8Array {
    const counts = new Uint8Array(this.rows.length);
    for (const each of rule.rules) {
      const held = this.holds(each);
      for (let row = 0; row < counts.length; row += 1) counts[row]! += held[row]!;
    }
    const [least, most] =
      rule.join === 'none'
        ? [0, 0]
        : [rule.join === 'atLeast' ? rule.least : rule.join === 'any' ? 1 : rule.rules.length, rule.rules.length];
    for (let row = 0; row < counts.length; row += 1) counts[row] = +(counts[row]! >= least && counts[row]! <= most);
    return counts;
  }

  /** What is said of a person itself, by slot. */
  #said(rule: SaidRule): Uint8Array {
    const held = new Uint8Array(this.block.size);
    for (const persons of this.block.persons) said(persons, rule, held);
    return held;
  }

  #agedAtEntry(limits: Limits): Uint8Array {
    const [rows, slots, births] = [this.rows, this.#several?.slots, this.#birthMonths()];
    return agedOn(this.#entry(), limits, { rows, slots, births });
  }

  #happened(scan: Scan): Uint8Array {
    const { within, times = { min: 1 } } = scan;
    const window = within && windowOf(this.#entry(), within);
    const places = window ? this.rows.length : this.block.size;
    if (times.min === 1 && times.max === undefined) {
      const held = new Uint8Array(places);
      this.#each(scan, (facts) => this.#mark(facts, window, held));
      return window ? held : this.#byRow(held);
    }
    const count = countDays(places, times);
    this.#each(scan, (facts) => this.#count(facts, window, count));
    return window ? count.within() : this.#byRow(count.within());
  }

  #mark(facts: Facts, window: Window | undefined, held: Uint8Array): void {
    if (!window) mark(facts, held);
    else if (this.#several) markRowsWithin(facts, window, this.#several.starts, held);
    else markWithin(facts, window, held);
  }

  #count(facts: Facts, window: Window | undefined, count: DayCount): void {
    if (!window) count.addAll(facts);
    else if (this.#several) countRowsWithin(facts, window, this.#several.starts, count);
    else count.addAll(keepWithin(facts, window));
  }

  /** Calls for the facts of an event: of each column, or of all together where rules hold around them. */
  #each({ around, ...scan }: Scan, pass: (facts: Facts) => void): void {
    if (around) pass(new Evaluation(this.block, { pick: 'any', scans: [scan] }).facts(around));
    else this.#eachColumn(scan, pass);
  }

  /** The entries from which rules hold, as facts. */
  facts(rules: readonly PlannedRule[]): Facts {
    assert(this.#days && this.#several, 'any entry is one of several');
    for (const rule of rules) keepBoth(this.rows, this.holds(rule));
    const left = this.rows.reduce((sum, held) => sum + held, 0);
    const [slots, days] = [new Uint16Array(left), new Int32Array(left)];
    let n = 0;
    for (let row = 0; row < this.rows.length; row += 1) {
      if (this.rows[row] === 0) continue;
      slots[n] = this.#several.slots[row]!;
      days[n] = this.#days[row]!;
      n += 1;
    }
    return { n, slots, days };
  }

  #eachColumn(scan: Scan, pass: (facts: Facts) => void): void {
    const { dated, age, values } = scan;
    for (const [nth, code] of scan.codes.entries()) {
      const asked = { dated, age, value: values?.[nth] };
      for (const columns of this.block.facts.get(code) ?? []) pass(matched(columns, asked, () => this.#birthMonths()));
    }
  }

  #entry(): Int32Array {
    assert(this.#days, 'criteria that need an entry have one');
    return this.#days;
  }

  #firstOrLast(pick: 'first' | 'last', scans: readonly Scan[]): Int32Array {
    const entry = new Int32Array(this.block.size).fill(pick === 'first' ? NEVER : NO_DAY);
    const keep = pick === 'first' ? keepFirst : keepLast;
    for (const scan of scans) this.#each(scan, (facts) => keep(facts, entry));
    return entry;
  }

  /** Each day of each person that is found, once. */
  #entryDays(scans: readonly Scan[]) {
    const { size, found } = this.block;
    const keys = new SortedKeys();
    for (const scan of scans) {
      this.#each(scan, ({ n, slots, days }) => {
        for (let at = 0; at < n; at += 1) {
          if (found[slots[at]!] && days[at] !== NO_DAY) keys.add(dayKey(slots[at]!, days[at]!));
        }
      });
    }
    const distinct = keys.distinct();
    const starts = new Int32Array(size + 1);
    for (const key of distinct) starts[placeOfKey(key) + 1]! += 1;
    for (let slot = 0; slot < size; slot += 1) starts[slot + 1]! += starts[slot]!;
    return { slots: Uint16Array.from(distinct, placeOfKey), days: Int32Array.from(distinct, dayOfKey), starts };
  }

  #birthMonths(): Births {
    if (this.#births) return this.#births;
    const [first, last] = [new Int16Array(BLOCK_SLOTS).fill(UNKNOWN), new Int16Array(BLOCK_SLOTS).fill(UNKNOWN)];
    for (const persons of this.block.persons) keepBirths(persons, { first, last });
    return (this.#births = { first, last });
  }
}

/** Leaves in the first what both have. */
function keepBoth(held: Uint8Array, other: Uint8Array): void {
  for (let at = 0; at < held.length; at += 1) held[at]! &= other[at]!;
}

/** Adds ones to sums; returns how many they are. */
function addTo(sums: Uint8Array, ones: Uint8Array): number {
  let total = 0;
  for (let at = 0; at < sums.length; at += 1) {
    sums[at]! += ones[at]!;
    total += ones[at]!;
  }
  return total;
}
