import { assert } from '@aceso/kernel';
import { ANY_BIRTH, BIRTH_MONTHS, birthWindow } from './birth-window';
import { countingSort, Points } from './composed-points';
import { isSound, knownOf, type ComposedPerson } from './composed-person';
import type { Generalisation } from './quasi-identifiers';
import { ageIndex, bandsOf, levelOf, LEVELS, nodeLevel, ValueGroups, type Level } from './value-groups';

/** How many persons of a set, by their weights, stand with a person in one of the conditions. */
type Count = (person: number) => number;
/** Sums once for a set; afterwards asked for each person. */
type Condition = (weights: Uint8Array) => Count;

/**
 * The persons of an order as columns of numbers: made once, judged under any node of the lattice by the three conditions
 * of `composedPersons`. O(persons × levels) for each time that persons leave.
 */
export class ComposedOrder {
  readonly #ages: Uint8Array;
  readonly #months: Int16Array;
  readonly #byMonth: Int32Array;
  readonly #counts: Uint8Array;
  readonly #sound: Uint8Array;
  readonly #telling: Uint8Array;
  readonly #earlierFirst: Int16Array;
  readonly #earlierLast: Int16Array;
  readonly #classValues: ValueGroups;
  readonly #knownValues: ValueGroups;
  readonly #points = new Array<Points | undefined>(LEVELS);
  readonly #k: number;
  readonly #asOf: string;

  constructor(persons: readonly ComposedPerson[], { k, asOf }: { readonly k: number; readonly asOf: string }) {
    assert(Number.isInteger(k) && k >= 1, 'k is a positive whole number');
    [this.#k, this.#asOf] = [k, asOf];
    this.#ages = Uint8Array.from(persons, ({ attributes }) => {
      assert(attributes.age !== null, 'whoever has no age is in no order');
      return ageIndex(attributes.age);
    });
    this.#months = Int16Array.from(persons, ({ birthMonth }) => birthMonth);
    const all = Int32Array.from(persons, (_, person) => person);
    this.#byMonth = countingSort(all, this.#months, BIRTH_MONTHS);
    this.#counts = Uint8Array.from(persons, ({ counts }) => (counts ? 1 : 0));
    this.#sound = Uint8Array.from(persons, (person) => (isSound(person) ? 1 : 0));
    this.#telling = Uint8Array.from(persons, telling);
    this.#earlierFirst = Int16Array.from(persons, ({ earlier = { born: ANY_BIRTH } }) => earlier.born.first);
    this.#earlierLast = Int16Array.from(persons, ({ earlier = { born: ANY_BIRTH } }) => earlier.born.last);
    this.#classValues = new ValueGroups(persons.map(({ attributes }) => attributes));
    this.#knownValues = new ValueGroups(persons.map(knownOf));
  }

  /** A mark for each person: 1 for the largest set that may leave under a node. */
  largest(node: Generalisation): Uint8Array {
    const alive = this.#sound.slice();
    this.#takeOut(alive, node, () => true);
    return alive;
  }

  /** Whether the set as it is may leave under a node. */
  holds(node: Generalisation, set: Uint8Array): boolean {
    const alive = set.slice();
    return this.#takeOut(alive, node, () => false) === 0;
  }

  /** Takes persons out of `alive` until all conditions hold or `goesOn` says no; returns how many. */
  #takeOut(alive: Uint8Array, node: Generalisation, goesOn: () => boolean): number {
    const weights = alive.map((lives, person) => lives & this.#counts[person]!);
    const conditions = this.#conditions(node, alive);
    let taken = 0;
    for (let next = 0, held = 0; held < conditions.length; next = (next + 1) % conditions.length) {
      const count = conditions[next]!(weights);
      let left = 0;
      for (let person = 0; person < alive.length; person += 1) {
        if (!alive[person] || count(person) >= this.#k) continue;
        alive[person] = 0;
        weights[person] = 0;
        left += 1;
      }
      taken += left;
      if (left > 0 && !goesOn()) return taken;
      held = left === 0 ? held + 1 : 0;
    }
    return taken;
  }

  /** From the cheapest to the dearest. Regions are placed when they are first asked for: most nodes fail before. */
  #conditions(node: Generalisation, alive: Uint8Array): readonly Condition[] {
    let regions: Regions | undefined;
    const placed = (): Regions => (regions ??= this.#regions(node, alive));
    return [
      this.#classes(node),
      (weights) => personsInside(placed(), weights),
      (weights) => regionsAround(placed(), weights),
    ];
  }

  #classes(node: Generalisation): Condition {
    const bands = bandsOf(node.ageBandYears);
    const groups = this.#classValues.at(nodeLevel(node));
    const classes = groups.of.slice();
    for (let person = 0; person < classes.length; person += 1)
      classes[person] = classes[person]! * bands.size + bands.of[this.#ages[person]!]!;
    return (weights) => {
      const sizes = new Int32Array(groups.size * bands.size);
      for (let person = 0; person < weights.length; person += 1) sizes[classes[person]!]! += weights[person]!;
      return (person) => sizes[classes[person]!]!;
    };
  }

  #regions(node: Generalisation, alive: Uint8Array): Regions {
    const windows = bandsOf(node.ageBandYears).names.map((name) => birthWindow(name, this.#asOf));
    const levelBy = Uint8Array.from({ length: 256 }, (_, bits) => regionLevel(bits, node));
    const levels = this.#telling.map((bits) => levelBy[bits]!);
    // Read once: the loop runs for every person and node.
    const [months, ages, earlierFirst, earlierLast] = [this.#months, this.#ages, this.#earlierFirst, this.#earlierLast];
    const from = new Int32Array(levels.length);
    const to = new Int32Array(levels.length);
    const points = new Array<Points | undefined>(LEVELS);
    for (let person = 0; person < levels.length; person += 1) {
      if (!alive[person]) continue;
      const month = months[person]!;
      const now = windows[ages[person]!]!;
      assert(now.first <= month && month <= now.last, 'a person lies in its own age band');
      const at = (points[levels[person]!] ??= this.#pointsAt(levels[person]!));
      from[person] = at.firstFrom(person, Math.max(now.first, earlierFirst[person]!));
      to[person] = at.firstFrom(person, Math.min(now.last, earlierLast[person]!) + 1);
    }
    return { levels, from, to, points };
  }

  #pointsAt(level: Level): Points {
    return (this.#points[level] ??= new Points(this.#knownValues.at(level), this.#months, this.#byMonth));
  }
}

/** The region of each person as a range of points at its level; `points` of the levels that somebody's region has. */
interface Regions {
  readonly levels: Uint8Array;
  readonly from: Int32Array;
  readonly to: Int32Array;
  readonly points: readonly (Points | undefined)[];
}

/** Persons inside the region of a person. */
function personsInside({ levels, from, to, points }: Regions, weights: Uint8Array): Count {
  const before = points.map((at) => {
    if (!at) return undefined;
    const sums = new Int32Array(at.size + 1);
    for (let person = 0; person < weights.length; person += 1) sums[at.of[person]! + 1]! += weights[person]!;
    for (let point = 0; point < at.size; point += 1) sums[point + 1]! += sums[point]!;
    return sums;
  });
  return (person) => {
    const sums = before[levels[person]!]!;
    return sums[to[person]!]! - sums[from[person]!]!;
  };
}

/** Regions that a person lies in, of all levels: each is added where it begins and taken off where it ends. */
function regionsAround({ levels, from, to, points }: Regions, weights: Uint8Array): Count {
  const over = points.map((at) => at && new Int32Array(at.size + 1));
  for (let person = 0; person < weights.length; person += 1) {
    if (!weights[person]) continue;
    const steps = over[levels[person]!]!;
    steps[from[person]!]! += 1;
    steps[to[person]!]! -= 1;
  }
  const around = new Int32Array(weights.length);
  points.forEach((at, level) => {
    const steps = over[level];
    if (!at || !steps) return;
    for (let point = 0; point < at.size; point += 1) steps[point + 1]! += steps[point]!;
    for (let person = 0; person < around.length; person += 1) around[person]! += steps[at.of[person]!]!;
  });
  return (person) => around[person]!;
}

const TOLD = ['zip3', 'state', 'race', 'ethnicity'] as const;

/** Which values of a person are known (bits 0 to 3), and which an earlier package showed (bits 4 to 7). */
function telling(person: ComposedPerson): number {
  const known = knownOf(person);
  return TOLD.reduce(
    (bits, name, at) =>
      bits | (known[name] === '' ? 0 : 1 << at) | ((person.earlier?.[name] ?? null) === null ? 0 : 16 << at),
    0,
  );
}

/** A value that is not known narrows nothing. */
function regionLevel(bits: number, { location, race, ethnicity }: Generalisation): Level {
  const shows = (at: number, now: boolean): boolean => (bits & (1 << at)) !== 0 && (now || (bits & (16 << at)) !== 0);
  const place = shows(0, location === 'zip3') ? 2 : shows(1, location !== 'none') ? 1 : 0;
  return levelOf(place, shows(2, race === 'kept'), shows(3, ethnicity === 'kept'));
}
