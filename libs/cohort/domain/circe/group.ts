import { RULES_MAX } from '../criteria';
import { chunks } from './concepts';
import { queriesOf, readEvent, readGender, type EventContext } from './event';
import { readLimits, readWindow } from './limits';
import type { CirceNode } from './reading';

/** Deeper than any rule can stand in criteria. */
const GROUPS_DEPTH_MAX = 16;

/** A rule before it is checked as a part of criteria. */
export type DraftRule = object;

interface Times {
  readonly min?: number;
  readonly max?: number;
}

/** What holds of a group of criteria; undefined where nothing of it can be said, or nothing is. */
export function readGroup(group: CirceNode, context: EventContext, depth = 0): DraftRule | undefined {
  if (depth === GROUPS_DEPTH_MAX) return group.name('groups stand too deep in each other');
  group.nameOthers(['Type', 'Count', 'CriteriaList', 'DemographicCriteriaList', 'Groups']);
  const rules = [
    ...group
      .at('CriteriaList')
      .items.map((each) =>
        readCorrelated(each, { ...context, around: (inner) => readGroup(inner, context, depth + 1) }),
      ),
    ...group.at('DemographicCriteriaList').items.map(readDemographic),
    ...group.at('Groups').items.map((each) => readGroup(each, context, depth + 1)),
  ].filter((rule) => rule !== undefined);
  return rules.length === 0 ? undefined : joined(group, rules);
}

function joined(group: CirceNode, rules: readonly DraftRule[]): DraftRule | undefined {
  const count = group.at('Count').number ?? 0;
  switch (group.at('Type').text ?? '') {
    case 'ALL':
      return joinAll(rules);
    case 'ANY':
      return joinAny(rules);
    case 'AT_LEAST':
      if (count < 1) return undefined;
      if (count === 1) return joinAny(rules);
      if (count <= rules.length && rules.length <= RULES_MAX) return { atLeast: count, of: rules };
      break;
    case 'AT_MOST':
      if (count >= rules.length) return undefined;
      if (count === 0) return { none: [joinAny(rules)] };
      if (rules.length <= RULES_MAX) return { none: [{ atLeast: count + 1, of: rules }] };
  }
  return group.name('its criteria cannot be joined like this');
}

/** All rules as one, however many. */
export function joinAll(rules: readonly DraftRule[]): DraftRule {
  if (rules.length === 1) return rules[0]!;
  return rules.length <= RULES_MAX ? { all: rules } : { all: chunks(rules, RULES_MAX).map(joinAll) };
}

function joinAny(rules: readonly DraftRule[]): DraftRule {
  if (rules.length === 1) return rules[0]!;
  return rules.length <= RULES_MAX ? { any: rules } : { any: chunks(rules, RULES_MAX).map(joinAny) };
}

/** An event with a window and how often it occurs in it. */
function readCorrelated(node: CirceNode, context: EventContext): DraftRule | undefined {
  node.nameOthers(['Criteria', 'StartWindow', 'EndWindow', 'Occurrence', 'RestrictVisit', 'IgnoreObservationPeriod']);
  const end = node.at('EndWindow');
  if (!end.saysNothing) end.name('ends of events are not in the index');
  if (node.at('RestrictVisit').isTrue) node.at('RestrictVisit').name('events are not looked for by visit');
  const event = readEvent(node.at('Criteria'), context);
  if (!event) return undefined;
  const { kind } = event;
  const within = readWindow(node.at('StartWindow'));
  const times = readTimes(node.at('Occurrence'));
  const rules = queriesOf(event).map((query) => ({
    [kind]: { ...query, ...(within && { within }), ...(times && { times }) },
  }));
  if (rules.length === 1) return rules[0];
  // In one of several units or code systems: at least once is once in any of them, never is never in each.
  if (!times || (times.min === 1 && times.max === undefined)) return joinAny(rules);
  if (times.max === 0) return joinAll(rules);
  node.at('Criteria').name('an event in several units or code systems is counted in the first of them');
  return rules[0];
}

/** On how many days; undefined for at least one. Circe counts occurrences, also several of one day. */
function readTimes(node: CirceNode): Times | undefined {
  node.nameOthers(['Type', 'Count', 'IsDistinct', 'CountColumn']);
  const [type, count] = [node.at('Type').number, node.at('Count').number];
  if (count === undefined || type === undefined || ![0, 1, 2].includes(type))
    return node.name('there is no such count');
  const ofDays = node.at('IsDistinct').isTrue && node.at('CountColumn').text === 'START_DATE';
  const decides = type === 2 ? count : count + 1;
  if (node.at('IsDistinct').isTrue && !ofDays && decides > 1)
    node.name('days are counted here, not distinct concepts or visits');
  else if (!ofDays && decides > 1) node.name('days are counted here: several occurrences of one day are one');
  if (type === 2) return count === 1 ? undefined : { min: count };
  return type === 1 ? { max: count } : { min: count, max: count };
}

function readDemographic(node: CirceNode): DraftRule | undefined {
  node.nameOthers(['Age', 'Gender']);
  const [age, gender] = [node.at('Age'), node.at('Gender')];
  const years = age.saysNothing ? undefined : readLimits(age, 'whole numbers');
  const sex = gender.saysNothing ? undefined : readGender(gender);
  const rules = [...(years ? [{ age: { ...years, at: 'entry' } }] : []), ...(sex ? [{ sex }] : [])];
  return rules.length === 0 ? undefined : joinAll(rules);
}
