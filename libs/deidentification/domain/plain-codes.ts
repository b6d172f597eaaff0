import type { JsonMembers } from './element-rules';
import type { ElementRules, Policy } from './policy';

/**
 * Codes of required bindings stand in rows as plain texts (`status`, `criticality`). One that few persons have points to
 * them as a rare coding does, so they are counted, under a key that names their place: `Encounter.status|finished`.
 */
export function plainCodeKey(path: string, code: string): string {
  return `${path}|${code}`;
}

/** The key of a quantity's comparator, whatever is compared. */
export function comparatorKey(comparator: string): string {
  return plainCodeKey('Quantity.comparator', comparator);
}

/** The code of a key of {@link plainCodeKey}; undefined for keys of codings and units. */
export function plainCodeOf(key: string): string | undefined {
  return /^[A-Z]\w*(?:\.\w+)+\|(.*)$/.exec(key)?.[1];
}

/**
 * Elements that turn what the object around them says into its opposite or into nothing (R4 calls them modifiers): the
 * object does not leave without one that it had. A count without its unit says nothing, either.
 */
const MODIFIERS = ['status', 'lifecycleStatus', 'intent', 'clinicalStatus', 'verificationStatus', 'periodUnit'];

export function lostModifier(before: JsonMembers, after: JsonMembers): boolean {
  return MODIFIERS.some((element) => before[element] !== undefined && after[element] === undefined);
}

/** Where the objects of a type hold plain codes. */
interface Places {
  readonly path: string;
  readonly elements: readonly string[];
  readonly inner: readonly (readonly [element: string, places: Places])[];
}

/** Adds the keys of the plain codes of a row. */
export function collectPlainCodes(row: JsonMembers, codes: Set<string>, policy: Pick<Policy, 'resources'>): void {
  const places = placesOf(policy.resources).get(row['resourceType']);
  if (places) collect(row, places, codes);
}

/** The row without rare plain codes, itself where it has none; undefined when it does not leave without them. */
export function withoutPlainCodes(
  row: JsonMembers,
  rare: ReadonlySet<string>,
  policy: Pick<Policy, 'resources'>,
): JsonMembers | undefined {
  const places = placesOf(policy.resources).get(row['resourceType']);
  return places ? without(row, places, rare) : row;
}

function collect(object: JsonMembers, { path, elements, inner }: Places, codes: Set<string>): void {
  for (const element of elements) {
    for (const code of listed(object[element])) codes.add(plainCodeKey(`${path}.${element}`, code as string));
  }
  for (const [element, places] of inner) {
    for (const one of listed(object[element])) collect(one as JsonMembers, places, codes);
  }
}

function without(object: JsonMembers, places: Places, rare: ReadonlySet<string>): JsonMembers | undefined {
  const copy: Record<string, unknown> = { ...object };
  let changed = false;
  const keep = (element: string, leaves: (value: unknown) => unknown): void => {
    const before = object[element];
    const after = Array.isArray(before) ? kept(before, leaves) : before && leaves(before);
    if (after === before) return;
    changed = true;
    if (after === undefined) delete copy[element];
    else copy[element] = after;
  };
  for (const element of places.elements) {
    keep(element, (code) => (rare.has(plainCodeKey(`${places.path}.${element}`, code as string)) ? undefined : code));
  }
  for (const [element, inner] of places.inner) keep(element, (one) => without(one as JsonMembers, inner, rare));
  if (!changed) return object;
  return Object.keys(copy).length === 0 || lostModifier(object, copy) ? undefined : copy;
}

function kept(values: readonly unknown[], leaves: (value: unknown) => unknown): readonly unknown[] | undefined {
  const left = values.map(leaves);
  if (left.every((value, at) => value === values[at])) return values;
  const some = left.filter((value) => value !== undefined);
  return some.length === 0 ? undefined : some;
}

/** The values of an element that may be there once, several times or not at all. */
function listed(value: unknown): readonly unknown[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}

const known = new WeakMap<Policy['resources'], ReadonlyMap<unknown, Places>>();

/** Compiled once a policy. */
function placesOf(resources: Policy['resources']): ReadonlyMap<unknown, Places> {
  let places = known.get(resources);
  if (!places) {
    places = new Map(Object.entries(resources).map(([type, { elements }]) => [type, placesIn(elements, type)]));
    known.set(resources, places);
  }
  return places;
}

function placesIn(rules: ElementRules, path: string): Places {
  const elements: string[] = [];
  const inner: (readonly [string, Places])[] = [];
  for (const [element, rule] of Object.entries(rules)) {
    if (typeof rule === 'string') continue;
    if ('oneOf' in rule || 'someOf' in rule) elements.push(element);
    if ('each' in rule) inner.push([element, placesIn(rule.each, `${path}.${element}`)]);
    if ('one' in rule) inner.push([element, placesIn(rule.one, `${path}.${element}`)]);
  }
  return { path, elements, inner };
}
