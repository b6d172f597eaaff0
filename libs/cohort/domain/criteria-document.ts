import { canonicalJson, hex, utf8, type Sha256 } from '@aceso/kernel';
import { CohortError } from './cohort.errors';
import type { ConceptPart } from './concept-set';
import { criteriaForm, NESTING_MAX, RULES_IN_ALL_MAX, type Criteria, type Entry, type Rule } from './criteria';
import { firstMistake, mistakeWords } from './criteria-mistake';
import { eventOf } from './event';

export const CRITERIA_LENGTH_MAX = 65_536;
/** Lists and objects inside each other, in the deepest rule that is allowed. */
const JSON_DEPTH_MAX = 3 * NESTING_MAX + 6;

/** Parses criteria that came as JSON text. Throws CRITERIA_INVALID with the place of the first mistake. */
export function parseCriteria(json: string): Criteria {
  return canonical(parseInOrder(json));
}

/** The same, but the rules stand as they were written, each once: what a funnel counts one after the other. Throws as {@link parseCriteria}. */
export function parseInOrder(json: string): Criteria {
  if (json.length > CRITERIA_LENGTH_MAX)
    throw invalid(`criteria are at most ${CRITERIA_LENGTH_MAX} characters of JSON`);
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (cause) {
    throw new CohortError('CRITERIA_INVALID', 'criteria are JSON', { cause });
  }
  return checkInOrder(value);
}

/** Criteria in their one canonical form: lists sorted and without repeats, rules in a fixed order. Throws CRITERIA_INVALID. */
export function checkCriteria(value: unknown): Criteria {
  return canonical(checkInOrder(value));
}

/** The first rules of criteria, with the sets that they name, in the canonical form in which they would be asked by themselves. */
export function firstRules({ version, sets = {}, entry, all }: Criteria, count: number): Criteria {
  const first = { version, ...(entry && { entry }), all: all.slice(0, count) };
  const named = [...setsNamed(first)];
  return canonical(
    named.length === 0 ? first : { ...first, sets: Object.fromEntries(named.map((name) => [name, sets[name]!])) },
  );
}

const canonical = (criteria: Criteria): Criteria => ({ ...criteria, all: sorted(criteria.all) });

/** The same, but the rules stand as they were written. Throws CRITERIA_INVALID. */
export function checkInOrder(value: unknown): Criteria {
  // Before anything looks into them by calling itself.
  if (!isShallow(value, JSON_DEPTH_MAX)) throw invalid(`rules stand in each other at most ${NESTING_MAX} deep`);
  const parsed = criteriaForm.safeParse(value, { error: mistakeWords });
  if (!parsed.success) {
    const { path, words } = firstMistake(parsed.error.issues);
    throw invalid(`criteria: /${path.map(String).join('/')} ${words}`);
  }
  const { version, sets, entry, all } = parsed.data;
  checkNesting([...all, ...eventsOf(entry).flatMap(insideOf)]);
  if (!entry && all.some(needsEntry)) throw invalid('criteria: within and at need an entry');
  checkSets(parsed.data);
  return {
    version,
    ...(sets && Object.keys(sets).length > 0 && { sets: canonicalSets(sets) }),
    ...(entry && { entry: canonicalEntry(entry) }),
    all: once(all.map(canonicalRule)),
  };
}

/** Hex SHA-256 over the canonical JSON of canonical criteria: equal cohorts have equal hashes. */
export function criteriaHash(canonical: Criteria, sha256: Sha256): string {
  return hex.encode(sha256(utf8(canonicalJson(canonical))));
}

/** The rules that stand inside a rule. */
export function rulesIn(rule: Rule): readonly Rule[] {
  if ('all' in rule) return rule.all;
  if ('any' in rule) return rule.any;
  if ('none' in rule) return rule.none;
  return 'of' in rule ? rule.of : [];
}

/** Every set that is named is there, and every set that is there is named: what is agreed to says nothing beside. */
function checkSets(criteria: Criteria): void {
  const { sets = {} } = criteria;
  const named = setsNamed(criteria);
  for (const name of named) if (!Object.hasOwn(sets, name)) throw invalid(`criteria: there is no set ${name}`);
  for (const name of Object.keys(sets)) if (!named.has(name)) throw invalid(`criteria: /sets/${name} is not used`);
}

/** The rules inside a rule, and those around its event. */
function insideOf(ruleOrEvent: object): readonly Rule[] {
  return eventOf(ruleOrEvent)?.query.around ?? rulesIn(ruleOrEvent as Rule);
}

const eventsOf = (entry: Entry | undefined): object[] =>
  Object.values((entry ?? {}) as Record<string, object[]>).flat();

function setsNamed({ entry, all }: Pick<Criteria, 'entry' | 'all'>): Set<string> {
  const named = new Set<string>();
  for (let level: readonly object[] = [...eventsOf(entry), ...all]; level.length > 0;) {
    for (const each of level) {
      const query = eventOf(each)?.query;
      for (const set of [query?.set, query?.result?.set]) if (set !== undefined) named.add(set);
    }
    level = level.flatMap(insideOf);
  }
  return named;
}

function isShallow(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return depth > 0 && Object.values(value).every((each) => isShallow(each, depth - 1));
}

function checkNesting(all: readonly Rule[]): void {
  let [level, depth, rules] = [all, 0, 0];
  for (; level.length > 0; level = level.flatMap(insideOf)) {
    depth++;
    rules += level.length;
  }
  if (depth > NESTING_MAX) throw invalid(`rules stand in each other at most ${NESTING_MAX} deep`);
  if (rules > RULES_IN_ALL_MAX) throw invalid(`criteria have at most ${RULES_IN_ALL_MAX} rules`);
}

function needsEntry(rule: Rule): boolean {
  if ('age' in rule) return rule.age.at === 'entry';
  return eventOf(rule)?.query.within !== undefined || rulesIn(rule).some(needsEntry);
}

function canonicalRules(rules: readonly Rule[]): Rule[] {
  return unique(rules.map(canonicalRule));
}

function canonicalRule(rule: Rule): Rule {
  if ('sex' in rule) return { sex: unique(rule.sex) };
  if ('region' in rule) return { region: unique(rule.region) };
  if ('all' in rule) return { all: canonicalRules(rule.all) };
  if ('any' in rule) return { any: canonicalRules(rule.any) };
  if ('none' in rule) return { none: canonicalRules(rule.none) };
  // Repeats count here, as each of them is one of so many.
  if ('of' in rule) return { ...rule, of: sorted(rule.of.map(canonicalRule)) };
  return 'age' in rule || 'alive' in rule ? rule : canonicalEvent(rule);
}

function canonicalEntry(entry: Entry): Entry {
  if ('first' in entry) return { first: unique(entry.first.map(canonicalEvent)) };
  if ('last' in entry) return { last: unique(entry.last.map(canonicalEvent)) };
  return { any: unique(entry.any.map(canonicalEvent)) };
}

function canonicalEvent<Event extends object>(event: Event): Event {
  const { kind, query } = eventOf(event)!;
  const { result, around } = query;
  const parts = {
    ...(result && { result: sortedCodes(result) }),
    ...(around && { around: canonicalRules(around) }),
  };
  return { [kind]: { ...sortedCodes(query), ...parts } } as Event;
}

const sortedCodes = <Named extends { readonly codes?: readonly string[] | undefined }>(named: Named): Named =>
  named.codes ? { ...named, codes: unique(named.codes) } : named;

function canonicalSets(sets: NonNullable<Criteria['sets']>): NonNullable<Criteria['sets']> {
  const parts = (some: readonly ConceptPart[]) => unique(some.map((part) => ({ ...part, codes: unique(part.codes) })));
  return Object.fromEntries(
    Object.entries(sets)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, { include, exclude }]) => [
        name,
        { include: parts(include), ...(exclude && { exclude: parts(exclude) }) },
      ]),
  );
}

/** Sorted by canonical JSON, each once. */
function unique<T>(values: readonly T[]): T[] {
  return sorted(once(values));
}

/** In the order in which they come first. */
function once<T>(values: readonly T[]): T[] {
  return [...new Map(values.map((each) => [canonicalJson(each), each])).values()];
}

function sorted<T>(values: readonly T[]): T[] {
  const keyed = values.map((each) => ({ key: canonicalJson(each), each }));
  return keyed.sort((a, b) => (a.key < b.key ? -1 : 1)).map(({ each }) => each);
}

const invalid = (message: string) => new CohortError('CRITERIA_INVALID', message);
