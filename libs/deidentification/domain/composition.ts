import { assert } from '@aceso/kernel';
import { birthWindow, intersectWindows, type BirthMonth, type BirthWindow } from './birth-window';
import { placeOf, PlacedWeights } from './composed-counts';
import { classKey, generalise, type Generalisation, type QuasiIdentifiers } from './quasi-identifiers';

/** What all earlier packages of one buyer and its affiliates show of a person together; null where none showed it. */
export interface EarlierView {
  readonly born: BirthWindow;
  readonly sex: string | null;
  readonly state: string | null;
  readonly zip3: string | null;
  readonly race: string | null;
  readonly ethnicity: string | null;
  /** Two of them show different values, or their dates and ours would tell the shift, or it is not known what one showed. */
  readonly contradictory: boolean;
}

/** A person of an order, as composition looks at it. */
export interface ComposedPerson {
  readonly attributes: QuasiIdentifiers;
  readonly birthMonth: BirthMonth;
  /** Whether it hides others: not when a provider affiliated with the buyer vouches for it. */
  readonly counts: boolean;
  readonly earlier?: EarlierView;
}

/** Persons that composition cannot tell apart. */
interface Cell {
  readonly person: ComposedPerson;
  /** What is known at best, from the earlier packages where the record says nothing. */
  readonly known: Known;
  readonly members: number[];
  readonly isSound: boolean;
}

type Known = Readonly<Record<'sex' | 'state' | 'zip3' | 'race' | 'ethnicity', string>>;

/** Location (none, state, ZIP3) × race × ethnicity: how finely a region tells where a person belongs. */
const LEVELS = 12;
const levelOf = (location: number, race: boolean, ethnicity: boolean): number =>
  location * 4 + (race ? 2 : 0) + (ethnicity ? 1 : 0);

/**
 * Which persons may leave under a node, given what the buyer has of them already. What two packages show of a person is
 * intersected as if the buyer had joined them, which values often allow: the *region* of a person is what is left. The
 * largest set is kept in which for every person, by persons of the set that count,
 * 1. the class in the files has k of them or more,
 * 2. k or more of them lie inside the person's region: whoever takes this record finds as many who fit, and
 * 3. the person lies inside the regions of k or more of them: whoever looks for this person finds as many records that fit.
 * ((k,1)- and (1,k)-anonymity: Gionis, Mazza, Tassa, "k-Anonymization Revisited", ICDE 2008.) Without earlier packages all
 * three say the same. A person whom earlier packages contradict stays out: the change itself would tell who it is.
 *
 * The set is unique, as taking somebody out never helps another. O(cells · log cells) a node, and O(cells) a round of
 * leaving. Returns a mark for each person.
 */
export function composedPersons(
  persons: readonly ComposedPerson[],
  node: Generalisation,
  { k, asOf }: { readonly k: number; readonly asOf: string },
): readonly boolean[] {
  assert(Number.isInteger(k) && k >= 1, 'k is a positive whole number');
  const cells = cellsOf(persons);
  const measures = [classes(cells, node), ...regions(cells, node, asOf)];
  const alive = cells.map(({ isSound }) => isSound);
  const weights = Float64Array.from(cells, ({ person, members, isSound }) =>
    isSound && person.counts ? members.length : 0,
  );
  for (let changed = true; changed;) {
    changed = false;
    const counts = measures.map((measure) => measure(weights));
    for (let cell = 0; cell < cells.length; cell += 1) {
      if (!alive[cell] || counts.every((count) => count(cell) >= k)) continue;
      alive[cell] = false;
      weights[cell] = 0;
      changed = true;
    }
  }
  const kept = new Array<boolean>(persons.length).fill(false);
  cells.forEach(({ members }, cell) => {
    if (alive[cell]) for (const member of members) kept[member] = true;
  });
  return kept;
}

/** Sums once a round; afterwards asked for each cell. All counts of a round are taken before anybody leaves in it. */
type Measure = (weights: Float64Array) => (cell: number) => number;

function cellsOf(persons: readonly ComposedPerson[]): readonly Cell[] {
  const cells = new Map<string, Cell>();
  persons.forEach((person, index) => {
    const { attributes, birthMonth, counts, earlier } = person;
    const key = JSON.stringify([Object.values(attributes), birthMonth, counts, earlier ?? null]);
    const cell = cells.get(key);
    if (cell) cell.members.push(index);
    else cells.set(key, { person, known: knownOf(person), members: [index], isSound: isSound(person) });
  });
  return [...cells.values()];
}

const NAMES = ['sex', 'state', 'zip3', 'race', 'ethnicity'] as const;

function knownOf({ attributes, earlier }: ComposedPerson): Known {
  const value = (name: keyof Known): string => attributes[name] ?? earlier?.[name] ?? '';
  return {
    sex: value('sex'),
    state: value('state'),
    zip3: value('zip3'),
    race: value('race'),
    ethnicity: value('ethnicity'),
  };
}

function isSound({ attributes, birthMonth, earlier }: ComposedPerson): boolean {
  if (!earlier) return true;
  const agrees = (name: keyof Known): boolean =>
    earlier[name] === null || attributes[name] === null || earlier[name] === attributes[name];
  const { first, last } = earlier.born;
  return !earlier.contradictory && first <= birthMonth && birthMonth <= last && NAMES.every(agrees);
}

function classes(cells: readonly Cell[], node: Generalisation): Measure {
  const keys = cells.map(({ person }) => classKey(generalise(person.attributes, node)));
  return (weights) => {
    const sums = new Map<string, number>();
    keys.forEach((key, cell) => sums.set(key, (sums.get(key) ?? 0) + weights[cell]!));
    return (cell) => sums.get(keys[cell]!)!;
  };
}

/** Conditions 2 and 3. A person lies in its own region, so a region's group is its person's group at the region's level. */
function regions(cells: readonly Cell[], node: Generalisation, asOf: string): readonly [Measure, Measure] {
  const months = cells.map(({ person }) => person.birthMonth);
  const levels = cells.map((cell) => regionLevel(cell, node));
  const windows = cells.map(({ person }) => regionWindow(person, node, asOf));
  const all = cells.map((_, cell) => cell);
  const inside: { weights: PlacedWeights; from: Int32Array; to: Int32Array; own: Int32Array }[] = [];
  const around: { firsts: PlacedWeights; lasts: PlacedWeights; from: Int32Array; to: Int32Array }[] = [];
  for (const level of new Set(levels)) {
    const groups = groupsAt(cells, level);
    const own = all.filter((cell) => levels[cell] === level);
    const placed = (month: (cell: number) => number, of = all): PlacedWeights =>
      new PlacedWeights(of.map((cell) => ({ cell, place: placeOf(groups[cell]!, month(cell)) })));
    const weights = placed((cell) => months[cell]!);
    inside.push({
      weights,
      own: Int32Array.from(own),
      from: Int32Array.from(own, (cell) => weights.indexOf(placeOf(groups[cell]!, windows[cell]!.first))),
      to: Int32Array.from(own, (cell) => weights.indexOf(placeOf(groups[cell]!, windows[cell]!.last) + 1)),
    });
    const firsts = placed((cell) => windows[cell]!.first, own);
    const lasts = placed((cell) => windows[cell]!.last, own);
    around.push({
      firsts,
      lasts,
      // Windows of other groups begin and end before this place, or after it: they add nothing to the difference.
      from: Int32Array.from(all, (cell) => firsts.indexOf(placeOf(groups[cell]!, months[cell]!) + 1)),
      to: Int32Array.from(all, (cell) => lasts.indexOf(placeOf(groups[cell]!, months[cell]!))),
    });
  }
  const found = new Float64Array(cells.length);
  const personsInRegion: Measure = (alive) => {
    for (const { weights, own, from, to } of inside) {
      weights.weigh(alive);
      own.forEach((cell, at) => (found[cell] = weights.upTo(to[at]!) - weights.upTo(from[at]!)));
    }
    return (cell) => found[cell]!;
  };
  const regionsAroundPerson: Measure = (alive) => {
    for (const { firsts, lasts } of around) {
      firsts.weigh(alive);
      lasts.weigh(alive);
    }
    return (cell) =>
      around.reduce((sum, { firsts, lasts, from, to }) => sum + firsts.upTo(from[cell]!) - lasts.upTo(to[cell]!), 0);
  };
  return [personsInRegion, regionsAroundPerson];
}

/** A value that is not known narrows nothing. */
function regionLevel({ known, person: { earlier } }: Cell, node: Generalisation): number {
  const shows = (name: keyof Known, now: boolean): boolean =>
    known[name] !== '' && (now || (earlier?.[name] ?? null) !== null);
  const location = shows('zip3', node.location === 'zip3') ? 2 : shows('state', node.location !== 'none') ? 1 : 0;
  return levelOf(location, shows('race', node.race === 'kept'), shows('ethnicity', node.ethnicity === 'kept'));
}

function regionWindow(
  { attributes, birthMonth, earlier }: ComposedPerson,
  node: Generalisation,
  asOf: string,
): BirthWindow {
  const { ageBand } = generalise(attributes, node);
  assert(ageBand !== undefined, 'whoever has no age is in no order');
  const now = birthWindow(ageBand, asOf);
  assert(now.first <= birthMonth && birthMonth <= now.last, 'a person lies in its own age band');
  return earlier ? intersectWindows(now, earlier.born) : now;
}

/** Numbers of groups of cells that are alike at a level. */
function groupsAt(cells: readonly Cell[], level: number): Int32Array {
  assert(level < LEVELS, 'a level is one of location, race and ethnicity');
  const numbers = new Map<string, number>();
  const location = level >> 2;
  return Int32Array.from(cells, ({ known: { sex, state, zip3, race, ethnicity } }) => {
    const key = JSON.stringify([
      sex,
      location >= 1 ? state : '',
      location === 2 ? zip3 : '',
      level & 2 ? race : '',
      level & 1 ? ethnicity : '',
    ]);
    const number = numbers.get(key) ?? numbers.size;
    numbers.set(key, number);
    return number;
  });
}
