import { CODES_MAX, RULES_MAX, type EventKind } from '../criteria';
import { chunks, conceptAt, type FindConcept } from './concepts';
import { readDates, readLimits } from './limits';
import type { CirceNode } from './reading';

/** Which kinds of events the domains of OMOP are here. */
const KINDS: Readonly<Record<string, EventKind>> = {
  ConditionOccurrence: 'condition',
  DrugExposure: 'medication',
  Measurement: 'observation',
  Observation: 'observation',
  ProcedureOccurrence: 'procedure',
  VisitOccurrence: 'encounter',
};
const WITHOUT: Readonly<Record<string, string>> = {
  ConditionEra: 'eras are not in the index: only single events are',
  Death: 'who has died is never counted',
  DrugEra: 'eras are not in the index: only single events are',
  DoseEra: 'eras are not in the index: only single events are',
  ObservationPeriod: 'periods of observation are not in the index',
};
/** Says whether listed types are left out; without a list it says nothing. */
const EXCLUDE = /^[A-Za-z]+TypeExclude$/;

/** OMOP concepts of gender. */
const SEXES: ReadonlyMap<number, string> = new Map([
  [8507, 'male'],
  [8532, 'female'],
]);

/** A query before it is checked as a part of criteria. */
type CirceQuery = Readonly<Record<string, unknown>> & { readonly around?: readonly object[] };

/** An event of Circe: alike but for the unit of its number or the system of its result, as an event here names one. */
export interface CirceEvent {
  readonly kind: EventKind;
  readonly queries: readonly CirceQuery[];
  /** Where it is the first of its concept set: the rule around it that none came before. */
  readonly first: object | undefined;
  /** Whether something beside the concept set is asked of it. */
  readonly narrowed: boolean;
}

/** The queries of an event as rules around it say whether it is the first. */
export const queriesOf = ({ queries, first }: CirceEvent): readonly CirceQuery[] =>
  first ? queries.map((query) => ({ ...query, around: [...(query.around ?? []), first] })) : queries;

export interface EventContext {
  readonly find: FindConcept;
  /** The name of a concept set by its id; undefined where it is not there or empty. */
  readonly setOf: (id: number) => string | undefined;
  /** The rule that a group of criteria around an event is. */
  readonly around: (group: CirceNode) => object | undefined;
}

/** One criterion of a domain; undefined, and named, where it cannot be said at all. */
export function readEvent(node: CirceNode, { find, setOf, around }: EventContext): CirceEvent | undefined {
  const [domain, ...more] = node.keys;
  if (domain === undefined || more.length > 0) return node.name('a criterion has one domain');
  const criterion = node.at(domain);
  const kind = Object.hasOwn(KINDS, domain) ? KINDS[domain]! : undefined;
  if (!kind) return criterion.name(WITHOUT[domain] ?? `there is no kind of event for ${domain}`);
  const id = criterion.at('CodesetId').number;
  const set = id === undefined ? undefined : setOf(id);
  if (set === undefined) return criterion.name('an event has codes: here is no concept set, or an empty one');
  const known = ['CodesetId', 'First', 'Gender', 'Age', 'OccurrenceStartDate', 'CorrelatedCriteria'];
  if (kind === 'observation') known.push('ValueAsNumber', 'ValueAsConcept', 'Unit');
  criterion.nameOthers([...known, ...criterion.keys.filter((key) => EXCLUDE.test(key))]);
  const [age, dated] = [criterion.at('Age'), criterion.at('OccurrenceStartDate')];
  const years = age.saysNothing ? undefined : readLimits(age, 'whole numbers');
  const days = dated.saysNothing ? undefined : readDates(dated);
  const [gender, group] = [criterion.at('Gender'), criterion.at('CorrelatedCriteria')];
  const sex = gender.saysNothing ? undefined : readGender(gender);
  const rule = group.saysNothing ? undefined : around(group);
  const rules = [...(sex ? [{ sex }] : []), ...(rule ? listOf(rule) : [])];
  const query = {
    ...{ set, ...(years && { age: years }), ...(days && { dated: days }) },
    ...(rules.length > 0 && { around: rules }),
  };
  const results = kind === 'observation' ? readResults(criterion, find) : [{}];
  return {
    kind,
    queries: results.map((result) => ({ ...query, ...result })),
    first: criterion.at('First').isTrue ? { [kind]: { set, within: { to: -1 }, times: { max: 0 } } } : undefined,
    narrowed: criterion.keys.some((key) => !['CodesetId', 'First'].includes(key) && !criterion.at(key).saysNothing),
  };
}

/** Rules that all hold stand beside each other: one level less of those that criteria may have. */
const listOf = (rule: object): readonly object[] =>
  'all' in rule && Array.isArray(rule.all) && rule.all.length < RULES_MAX ? (rule.all as object[]) : [rule];

/** What is said of a result: its number, once for each unit; or its codes, once for each system. */
function readResults(criterion: CirceNode, find: FindConcept): object[] {
  const concepts = criterion.at('ValueAsConcept');
  if (concepts.saysNothing) return readValues(criterion, find).map((value) => (value ? { value } : {}));
  for (const node of [criterion.at('ValueAsNumber'), criterion.at('Unit')])
    if (!node.saysNothing) node.name('a result is a number or a code here, and not both');
  const bySystem = new Map<string, string[]>();
  for (const each of concepts.items) {
    const coding = conceptAt(each, find);
    if (coding) bySystem.set(coding.system, [...(bySystem.get(coding.system) ?? []), coding.code]);
    else each.name('the concept has neither a code nor an id');
  }
  const results = [...bySystem].flatMap(([system, codes]) =>
    chunks(codes, CODES_MAX).map((some) => ({ result: { system, codes: some } })),
  );
  return results.length === 0 ? [{}] : results;
}

/** The number of a result, once for each of its units. */
function readValues(criterion: CirceNode, find: FindConcept): (object | undefined)[] {
  const [number, unit] = [criterion.at('ValueAsNumber'), criterion.at('Unit')];
  if (number.saysNothing) {
    if (!unit.saysNothing) unit.name('a unit is said of a number only');
    return [undefined];
  }
  const limits = readLimits(number, 'numbers');
  if (!limits) return [undefined];
  const units = unit.items.flatMap((each) => {
    const coding = conceptAt(each, find);
    if (coding?.system === 'http://unitsofmeasure.org') return [coding.code];
    each.name('units are codes of UCUM');
    return [];
  });
  return units.length === 0 ? [limits] : units.map((code) => ({ ...limits, unit: code }));
}

/** Sexes of a list of concepts; undefined, and named, where one of them is neither. */
export function readGender(node: CirceNode): string[] | undefined {
  const sexes = node.items.map((each) => SEXES.get(each.at('CONCEPT_ID').number ?? 0));
  if (sexes.some((sex) => sex === undefined)) return node.name('sexes are female or male here');
  return sexes as string[];
}
