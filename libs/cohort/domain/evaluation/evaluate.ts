import { assert } from '@aceso/kernel';
import { BLOCK_SLOTS, NO_DAY, UNKNOWN, type FactColumns, type PersonColumns } from '@aceso/register/domain';
import { countDays, countRowsWithin, dayKey, dayOfKey, placeOfKey, SortedKeys, type DayCount } from './distinct-days';
import { agedOn, matched, type Births } from './matched';
import { numbersFor, reuse, shortsFor, zerosFor } from './scratch';
import { keepBirths, said, type SaidRule } from './said';
import {
  datedIn,
  factsAt,
  keepFirst,
  keepLast,
  keepWithin,
  mark,
  markRowsWithin,
  markWithin,
  NEVER,
  setIn,
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

/** One block of one question. */
export interface BlockTask {
  readonly plan: Plan;
  readonly block: BlockFacts;
}

/** Whom the criteria hold for. */
export interface BlockAnswer {
  /** slot & 65535, in order. */
  readonly slots: Uint16Array;
  /** How many are found and have an entry, then how many are left after each rule of the criteria. */
  readonly steps: readonly number[];
  /** How many of those steps a person is in, by slot: whoever is in one is in all before it. */
  readonly depths: Uint8Array;
  /** The first day of entry from which all rules hold, of each of the slots; null without an entry. */
  readonly entryDays: Int32Array | null;
}

/** Evaluates criteria on the persons of one block. Pure: time grows with the facts of the named codes only. */
export function evaluate({ plan, block }: BlockTask): BlockAnswer {
  assert(block.size <= BLOCK_SLOTS && block.found.length >= block.size, 'slots in use are found or not, in one block');
  reuse();
  const context = new Evaluation(block, plan.entry);
  const depths = new Uint8Array(block.size);
  const steps = [context.raise(depths)];
  for (const rule of plan.all) {
    context.keep(rule);
    steps.push(context.raise(depths));
  }
  const slots = Uint16Array.from(context.slotsLeft());
  return { slots, steps, depths, entryDays: context.entryDays(slots) };
}

/** Of the persons of a block: those who are left, for whom the facts of all others are left out first. */
const FEW_SHARE_MAX = 1 / 8;

/**
 * One evaluation. Rules hold on rows: a row is a person, or a person at one of several entry days. What a rule says is read for rows that are
 * left only, in order, so that a rule that few reach costs little.
 */
class Evaluation {
  /** Rows that are found and have an entry, and for which the rules so far hold, in order. */
  #left: Int32Array;
  readonly #rowCount: number;
  /** Entry day by row; undefined without an entry. */
  readonly #days: Int32Array | undefined;
  /** Where several rows are one person: the slot of each row, and the first row of each slot. */
  readonly #several: { readonly slots: Uint16Array; readonly starts: Int32Array } | undefined;
  #births: Births | undefined;

  constructor(
    private readonly block: BlockFacts,
    entry: Plan['entry'],
    /** Persons who are asked about, in order, where that is not everybody who is found. */
    asked?: Int32Array,
  ) {
    const { size, found } = block;
    this.#rowCount = size;
    this.#left = asked?.slice() ?? setIn(found, size);
    if (entry === undefined) return;
    if (entry.pick === 'any') {
      const { slots, days, starts } = this.#everyDay(entry.scans);
      this.#days = days;
      this.#several = { slots, starts };
      this.#rowCount = days.length;
      this.#left = Int32Array.from(days, (_, row) => row);
    } else {
      this.#days = this.#firstOrLast(entry.pick, entry.scans);
      this.#left = datedIn(this.#days, this.#left, entry.pick === 'first' ? NEVER : NO_DAY);
    }
  }

  /** Leaves the rows for which a rule holds. */
  keep(rule: PlannedRule): void {
    const [left, held] = [this.#left, this.#holds(rule)];
    let kept = 0;
    for (let at = 0; at < left.length; at += 1) {
      const row = left[at]!;
      left[kept] = row;
      kept += held[row]!;
    }
    this.#left = left.subarray(0, kept);
  }

  /** Adds one for each person who is left; returns how many they are. */
  raise(depths: Uint8Array): number {
    const slots = this.slotsLeft();
    for (let at = 0; at < slots.length; at += 1) depths[slots[at]!]! += 1;
    return slots.length;
  }

  /** The first day of the rows that are left of each of these persons; null without an entry. */
  entryDays(slots: Uint16Array): Int32Array | null {
    const [days, several] = [this.#days, this.#several];
    if (!days) return null;
    if (!several) return Int32Array.from(slots, (slot) => days[slot]!);
    // Rows of a person stand in the order of their days.
    const first = new Map<number, number>();
    for (const row of this.#left) if (!first.has(several.slots[row]!)) first.set(several.slots[row]!, days[row]!);
    return Int32Array.from(first.values());
  }

  /** Persons who are left, each once and in order. */
  slotsLeft(): Int32Array {
    if (!this.#several) return this.#left;
    const [rows, { slots }] = [this.#left, this.#several];
    const once = numbersFor(rows.length);
    let count = 0;
    for (let at = 0; at < rows.length; at += 1) {
      const slot = slots[rows[at]!]!;
      if (count > 0 && once[count - 1] === slot) continue;
      once[count] = slot;
      count += 1;
    }
    return once.subarray(0, count);
  }

  /** By row, for rows that are left. */
  #holds(rule: PlannedRule): Uint8Array {
    if ('join' in rule) return this.#joined(rule);
    if ('event' in rule) return this.#happened(rule.event);
    if ('agedAtEntry' in rule) return this.#agedAtEntry(rule.agedAtEntry);
    return this.#byRow(this.#said(rule));
  }

  #byRow(bySlot: Uint8Array): Uint8Array {
    if (!this.#several) return bySlot;
    const { slots } = this.#several;
    const held = zerosFor(this.#rowCount);
    for (const row of this.#left) held[row] = bySlot[slots[row]!]!;
    return held;
  }

  #joined(rule: Extract<PlannedRule, { readonly join: string }>): Uint8Array {
    const counts = zerosFor(this.#rowCount);
    const left = this.#left;
    for (const each of rule.rules) {
      const held = this.#holds(each);
      for (let at = 0; at < left.length; at += 1) counts[left[at]!]! += held[left[at]!]!;
    }
    const [least, most] =
      rule.join === 'none'
        ? [0, 0]
        : [rule.join === 'atLeast' ? rule.least : rule.join === 'any' ? 1 : rule.rules.length, rule.rules.length];
    for (let at = 0; at < left.length; at += 1) {
      const count = counts[left[at]!]!;
      counts[left[at]!] = +(count >= least && count <= most);
    }
    return counts;
  }

  /** What is said of a person itself, by slot. */
  #said(rule: SaidRule): Uint8Array {
    const held = zerosFor(this.block.size);
    for (const persons of this.block.persons) said(persons, rule, held);
    return held;
  }

  #agedAtEntry(limits: Limits): Uint8Array {
    const [rows, slots, births] = [this.#left, this.#several?.slots, this.#birthMonths()];
    return agedOn(this.#entry(), limits, { rows, slots, births });
  }

  #happened(scan: Scan): Uint8Array {
    const { within, times = { min: 1 } } = scan;
    const window = within && windowOf(this.#entry(), within);
    const places = window ? this.#rowCount : this.block.size;
    if (times.min === 1 && times.max === undefined) {
      const held = zerosFor(places);
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

  /** Calls for the facts of an event, of those who are left at least: of each column, or of all together where rules hold around them. */
  #each({ around, ...scan }: Scan, pass: (facts: Facts) => void): void {
    if (around) pass(new Evaluation(this.block, { pick: 'any', scans: [scan] }, this.slotsLeft()).facts(around));
    else this.#eachColumn(scan, pass);
  }

  /** The entries from which rules hold, as facts. */
  facts(rules: readonly PlannedRule[]): Facts {
    const [days, several] = [this.#days, this.#several];
    assert(days && several, 'any entry is one of several');
    for (const rule of rules) this.keep(rule);
    const left = this.#left;
    return {
      n: left.length,
      slots: Uint16Array.from(left, (row) => several.slots[row]!),
      days: Int32Array.from(left, (row) => days[row]!),
    };
  }

  #eachColumn(scan: Scan, pass: (facts: Facts) => void): void {
    const { dated, age, values } = scan;
    const few = this.#fewLeft();
    for (const [nth, code] of scan.codes.entries()) {
      const asked = { dated, age, value: values?.[nth] };
      for (const columns of this.block.facts.get(code) ?? []) {
        pass(matched(few ? factsAt(columns, few) : columns, asked, () => this.#birthMonths()));
      }
    }
  }

  /** One for each person who is left, by slot; undefined where they are not few. */
  #fewLeft(): Uint8Array | undefined {
    const slots = this.slotsLeft();
    if (slots.length > this.block.size * FEW_SHARE_MAX) return undefined;
    const ones = zerosFor(this.block.size);
    for (let at = 0; at < slots.length; at += 1) ones[slots[at]!] = 1;
    return ones;
  }

  #entry(): Int32Array {
    assert(this.#days, 'criteria that need an entry have one');
    return this.#days;
  }

  #firstOrLast(pick: 'first' | 'last', scans: readonly Scan[]): Int32Array {
    const entry = numbersFor(this.block.size).fill(pick === 'first' ? NEVER : NO_DAY);
    const keep = pick === 'first' ? keepFirst : keepLast;
    for (const scan of scans) this.#each(scan, (facts) => keep(facts, entry));
    return entry;
  }

  /** Each day of each person that is found, once. */
  #everyDay(scans: readonly Scan[]) {
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
    const { size } = this.block;
    const [first, last] = [shortsFor(size).fill(UNKNOWN), shortsFor(size).fill(UNKNOWN)];
    for (const persons of this.block.persons) keepBirths(persons, { first, last });
    return (this.#births = { first, last });
  }
}
