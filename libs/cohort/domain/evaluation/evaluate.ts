import { assert } from '@aceso/kernel';
import { BLOCK_SLOTS, NO_DAY, UNKNOWN, type FactColumns, type PersonColumns } from '@aceso/register/domain';
import { countDays, dayKey, dayOfKey, placeOfKey, SortedKeys } from './distinct-days';
import { isAged, matched, monthOfDay, type Births } from './matched';
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
  let rows = context.rows;
  const depths = new Uint8Array(block.size);
  const steps = [addTo(depths, context.bySlot(rows))];
  for (const rule of all) {
    rows = both(rows, context.holds(rule));
    steps.push(addTo(depths, context.bySlot(rows)));
  }
  return { held: context.bySlot(rows), steps, depths, entryDays: context.entryDays(rows) };
}

/**
 * One evaluation. Rules hold on rows: a row is a person, or a person at one of several entry days.
 */
class Evaluation {
  /** Rows that are found and have an entry. */
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
  #said(rule: Exclude<PlannedRule, { readonly join: string } | { readonly event: Scan } | { agedAtEntry: Limits }>) {
    const held = new Uint8Array(this.block.size);
    for (const { n, slots, sexes, states, zip3, firstMonths, lastMonths } of this.block.persons) {
      for (let at = 0; at < n; at += 1) {
        const slot = slots[at]!;
        if ('sexes' in rule) held[slot] = +rule.sexes.includes(sexes[at]!);
        else if ('born' in rule) {
          const { lastMax = Infinity, firstMin = -Infinity } = rule.born;
          const known = firstMonths[at] !== UNKNOWN;
          held[slot] = +(known && lastMonths[at]! <= lastMax && firstMonths[at]! >= firstMin);
        } else held[slot] = +(rule.states.includes(states[at]!) || rule.zip3.includes(zip3[at]!));
      }
    }
    return held;
  }

  #agedAtEntry(limits: Limits): Uint8Array {
    const { first, last } = this.#birthMonths();
    const days = this.#entry();
    const slots = this.#several?.slots;
    const held = new Uint8Array(days.length);
    for (let row = 0; row < held.length; row += 1) {
      if (this.rows[row] === 0) continue;
      const slot = slots ? slots[row]! : row;
      held[row] = +isAged(first[slot]!, last[slot]!, monthOfDay(days[row]!), limits);
    }
    return held;
  }

  #happened(scan: Scan): Uint8Array {
    const { within, times = { min: 1 } } = scan;
    const once = times.min === 1 && times.max === undefined;
    const places = within ? this.rows.length : this.block.size;
    if (once) {
      const held = new Uint8Array(places);
      if (within) this.#eachWithin(scan, within, (row) => (held[row] = 1));
      else this.#each(scan, ({ slots }, at) => (held[slots[at]!] = 1));
      return within ? held : this.#byRow(held);
    }
    const count = countDays(places, times);
    if (within) this.#eachWithin(scan, within, (row, day) => count.add(row, day));
    else this.#each(scan, ({ slots, days }, at) => count.add(slots[at]!, days[at]!));
    return within ? count.within() : this.#byRow(count.within());
  }

  /** Calls for each fact of an event. */
  #each(scan: Scan, take: (columns: FactColumns, at: number) => void): void {
    for (const [nth, code] of scan.codes.entries()) {
      const { dated, age, values } = scan;
      const asked = { dated, age, value: values?.[nth] };
      for (const columns of this.block.facts.get(code) ?? []) {
        const places = matched(columns, asked, () => this.#birthMonths());
        if (places) for (let place = 0; place < places.length; place += 1) take(columns, places[place]!);
        else for (let at = 0; at < columns.n; at += 1) take(columns, at);
      }
    }
  }

  /** Calls for each row and fact of an event that lies so many days from the entry of the row. */
  #eachWithin(scan: Scan, { min = -Infinity, max = Infinity }: Limits, take: (row: number, day: number) => void): void {
    const entry = this.#entry();
    const starts = this.#several?.starts;
    this.#each(scan, ({ slots, days }, at) => {
      const [slot, day] = [slots[at]!, days[at]!];
      if (day === NO_DAY) return;
      const [from, to] = starts ? [starts[slot]!, starts[slot + 1]!] : [slot, slot + 1];
      for (let row = from; row < to; row += 1) {
        const away = day - entry[row]!;
        if (away >= min && away <= max) take(row, day);
      }
    });
  }

  #entry(): Int32Array {
    assert(this.#days, 'criteria that need an entry have one');
    return this.#days;
  }

  #firstOrLast(pick: 'first' | 'last', scans: readonly Scan[]): Int32Array {
    const entry = new Int32Array(this.block.size).fill(pick === 'first' ? NEVER : NO_DAY);
    const take =
      pick === 'first'
        ? ({ slots, days }: FactColumns, at: number) => {
            const day = days[at]!;
            if (day < entry[slots[at]!]! && day !== NO_DAY) entry[slots[at]!] = day;
          }
        : ({ slots, days }: FactColumns, at: number) => {
            if (days[at]! > entry[slots[at]!]!) entry[slots[at]!] = days[at]!;
          };
    for (const scan of scans) this.#each(scan, take);
    return entry;
  }

  /** Each day of each person that is found, once. */
  #entryDays(scans: readonly Scan[]) {
    const { size, found } = this.block;
    const keys = new SortedKeys();
    for (const scan of scans) {
      this.#each(scan, ({ slots, days }, at) => {
        if (found[slots[at]!] && days[at] !== NO_DAY) keys.add(dayKey(slots[at]!, days[at]!));
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
    for (const { n, slots, firstMonths, lastMonths } of this.block.persons) {
      for (let at = 0; at < n; at += 1) {
        first[slots[at]!] = firstMonths[at]!;
        last[slots[at]!] = lastMonths[at]!;
      }
    }
    return (this.#births = { first, last });
  }
}

/** Later than any day. */
const NEVER = 2_147_483_647;

function both(a: Uint8Array, b: Uint8Array): Uint8Array {
  const held = new Uint8Array(a.length);
  for (let at = 0; at < held.length; at += 1) held[at] = a[at]! & b[at]!;
  return held;
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
