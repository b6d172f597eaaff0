import { CohortError } from '../cohort.errors';
import type { ConceptSet } from '../concept-set';
import { RULES_MAX, type Criteria } from '../criteria';
import { checkCriteria } from '../criteria-document';
import { readConceptSet, type FindConcept } from './concepts';
import { queriesOf, readEvent, type CirceEvent, type EventContext } from './event';
import { joinAll, readGroup, type DraftRule } from './group';
import { CirceNode, type NamedPlace } from './reading';

/** What became of a Circe expression. */
export interface CirceImport {
  /** In canonical form; null where too little could be said for any criteria. */
  readonly criteria: Criteria | null;
  /** What is not in the criteria and may change who is found: all that is left out, nothing silently. */
  readonly unmapped: readonly NamedPlace[];
  /** What is not in them because it decides when somebody is in a cohort, and not who. */
  readonly withoutEffect: readonly NamedPlace[];
}

const NO_EXPRESSION = 'a Circe expression has PrimaryCriteria with a CriteriaList';
const MEMBERS = ['cdmVersionRange', 'Title', 'ConceptSets', 'PrimaryCriteria', 'AdditionalCriteria', 'InclusionRules'];
const LIMITS = ['QualifiedLimit', 'ExpressionLimit'];
const ENDS = ['EndStrategy', 'CensoringCriteria', 'CollapseSettings'];

/**
 * Criteria of a cohort expression of OHDSI Circe (ATLAS). A cohort there is a set of periods of persons, here one of persons: an entry event, and
 * rules that hold from it. What has no rule here is named by its place. Throws CRITERIA_INVALID where the value is no such expression.
 */
export function importCirce(json: unknown, find: FindConcept = () => undefined): CirceImport {
  const unmapped: NamedPlace[] = [];
  const root = new CirceNode(json, '', unmapped);
  if (root.at('PrimaryCriteria').at('CriteriaList').items.length === 0)
    throw new CohortError('CRITERIA_INVALID', NO_EXPRESSION);
  root.nameOthers([...MEMBERS, ...LIMITS, ...ENDS]);
  const sets = new ImportedSets(root.at('ConceptSets'), find);
  const context: EventContext = {
    find,
    setOf: (id) => sets.nameOf(id),
    around: (group) => readGroup(group, context),
  };
  const all: DraftRule[] = [];
  const entry = readEntry(root.at('PrimaryCriteria'), context);
  const additional = root.at('AdditionalCriteria');
  const rules = [additional, ...root.at('InclusionRules').items.map(inclusionRule)];
  for (const group of rules) {
    const rule = group.saysNothing ? undefined : readGroup(group, context);
    if (rule) all.push(rule);
  }
  nameQualifiedLimit(root);
  const withoutEffect = ENDS.map((key) => root.at(key))
    .filter((node) => !node.saysNothing)
    .map(({ path }) => ({ path, why: 'it decides when a person leaves the cohort, not who is in it' }));
  const criteria = entry ? checked({ sets: sets.usedIn([entry, ...all]), entry, all }, root) : null;
  return { criteria, unmapped, withoutEffect };
}

function inclusionRule(rule: CirceNode): CirceNode {
  rule.nameOthers(['name', 'description', 'expression']);
  return rule.at('expression');
}

/** The concept sets of a document by their ids, with names that criteria can have. */
class ImportedSets {
  readonly #sets = new Map<number, { readonly name: string; readonly set: ConceptSet | undefined }>();

  constructor(list: CirceNode, find: FindConcept) {
    const names = new Set<string>();
    for (const node of list.items) {
      node.nameOthers(['id', 'name', 'expression']);
      const id = node.at('id').number;
      if (id === undefined) {
        node.name('a concept set has an id');
        continue;
      }
      if (this.#sets.has(id)) {
        node.name('another concept set has this id');
        continue;
      }
      const name = freeName(slugOf(node.at('name').text ?? ''), id, names);
      names.add(name);
      this.#sets.set(id, { name, set: readConceptSet(node.at('expression'), find) });
    }
  }

  nameOf(id: number): string | undefined {
    const found = this.#sets.get(id);
    return found?.set && found.name;
  }

  /** Those that are named anywhere inside: what could not be said takes its sets with it. */
  usedIn(drafts: readonly object[]): Readonly<Record<string, ConceptSet>> {
    const names = new Set<unknown>();
    for (let level: readonly object[] = drafts; level.length > 0;) {
      for (const each of level) if ('set' in each) names.add(each.set);
      level = level
        .flatMap((each) => Object.values(each) as unknown[])
        .filter((each) => typeof each === 'object' && each !== null);
    }
    return Object.fromEntries(
      [...this.#sets.values()].flatMap(({ name, set }) => (set && names.has(name) ? [[name, set] as const] : [])),
    );
  }
}

const SLUG_LENGTH_MAX = 48;
/** A name that no other set has: its own, or one with its id. */
function freeName(slug: string, id: number, taken: ReadonlySet<string>): string {
  let name = slug === '' ? `set-${id}`.replace(/[^a-z0-9-]/g, '') : slug;
  for (let nth = 0; taken.has(name); nth += 1) {
    name = `${slug}${slug && '-'}set-${id}${nth === 0 ? '' : `-${nth}`}`.replace(/[^a-z0-9-]/g, '');
  }
  return name;
}

const slugOf = (name: string): string =>
  name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, SLUG_LENGTH_MAX)
    .replace(/^-+|-+$/g, '');

/** The entry. Undefined, and named, where no event can be said. */
function readEntry(primary: CirceNode, context: EventContext): object | undefined {
  primary.nameOthers(['CriteriaList', 'ObservationWindow', 'PrimaryCriteriaLimit']);
  const window = primary.at('ObservationWindow');
  window.nameOthers(['PriorDays', 'PostDays']);
  for (const days of [window.at('PriorDays'), window.at('PostDays')]) {
    if ((days.number ?? 0) !== 0) days.name('how long a person was observed is not in the index');
  }
  const items = primary.at('CriteriaList').items;
  const events = items.map((each) => readEvent(each, context)).filter((event) => event !== undefined);
  if (events.length === 0) return primary.name('no event of the entry can be said');
  const limit = primary.at('PrimaryCriteriaLimit');
  limit.nameOthers(['Type']);
  const pick = pickOf(limit.at('Type').text, items.length === 1 ? events : undefined);
  // The first of all is the first of the firsts. Circe takes the first before it looks at anything else.
  const isPicked = ({ narrowed }: CirceEvent): boolean => pick === 'first' && !narrowed;
  const list = events.flatMap((event) =>
    (isPicked(event) ? event.queries : queriesOf(event)).map((query) => ({ [event.kind]: query })),
  );
  return { [pick]: list };
}

function pickOf(limit: string | undefined, only: readonly CirceEvent[] | undefined): 'first' | 'last' | 'any' {
  const type = limit?.toLowerCase();
  if (type === 'first' || type === 'last') return type;
  return only?.length === 1 && only[0]!.first ? 'first' : 'any';
}

/** Which of several entries goes on decides only who is left where rules come after it. */
function nameQualifiedLimit(root: CirceNode): void {
  for (const key of LIMITS) root.at(key).nameOthers(['Type']);
  const [primary, qualified] = [root.at('PrimaryCriteria').at('PrimaryCriteriaLimit'), root.at('QualifiedLimit')].map(
    (node) => node.at('Type').text?.toLowerCase() ?? 'all',
  );
  const later = root.at('InclusionRules').items.length > 0 && !root.at('AdditionalCriteria').saysNothing;
  if (later && primary === 'all' && qualified !== 'all')
    root.at('QualifiedLimit').name('rules hold from any of the entries that are left, not from one of them');
}

function checked(draft: { sets: object; entry: object; all: readonly DraftRule[] }, root: CirceNode): Criteria | null {
  const { sets, entry, all } = draft;
  try {
    return checkCriteria({ version: 1, sets, entry, all: all.length > RULES_MAX ? [joinAll(all)] : all });
  } catch (error) {
    if (!(error instanceof CohortError)) throw error;
    root.name(error.message);
    return null;
  }
}
