import type { ConceptPart, ConceptSet } from './concept-set';
import type { Criteria, Entry, Rule } from './criteria';
import { rulesIn } from './criteria-document';
import { eventOf, type EventQuery } from './event';

/**
 * Criteria in words: where windows are counted from, if they are, one sentence a rule in the order of the rules, and one a set in the order of
 * their names.
 */
export function criteriaInWords({ sets = {}, entry, all }: Criteria): string[] {
  return [
    ...(entry ? [`Days are counted from ${entryInWords(entry)}.`] : []),
    ...all.map((rule) => `${capital(inWords(rule))}.`),
    ...Object.entries(sets).map(([name, set]) => `The set ${name} is ${setInWords(set)}.`),
  ];
}

function setInWords({ include, exclude }: ConceptSet): string {
  const parts = (some: readonly ConceptPart[]) => list(some.map(partInWords), 'or');
  return `${parts(include)}${exclude ? `, but not ${parts(exclude)}` : ''}`;
}

function partInWords({ system, codes, descendants }: ConceptPart): string {
  return `${list(codes, 'or')}${descendants ? ' with everything below' : ''}${system === undefined ? '' : ` of ${system}`}`;
}

function entryInWords(entry: Entry): string {
  const [pick, events] =
    'first' in entry ? ['the first', entry.first] : 'last' in entry ? ['the last', entry.last] : ['any', entry.any];
  return `${pick} ${list(
    events.map((each) => eventInWords(eventOf(each)!)),
    'or',
  )}`;
}

function inWords(rule: Rule): string {
  const inside = rulesIn(rule).map((each) => `(${inWords(each)})`);
  if ('all' in rule) return `all of: ${list(inside, 'and')}`;
  if ('any' in rule) return `one or more of: ${list(inside, 'or')}`;
  if ('none' in rule) return `none of: ${list(inside, 'or')}`;
  if ('of' in rule) return `at least ${rule.atLeast} of: ${list(inside, 'and')}`;
  if ('age' in rule)
    return `${numbers(rule.age)} years old ${rule.age.at ? 'on the day from which is counted' : 'at the record date'}`;
  if ('alive' in rule) return 'is alive';
  if ('sex' in rule) return `sex is ${list(rule.sex, 'or')}`;
  if ('region' in rule) return `lives in ${list(rule.region, 'or')}`;
  return `has ${eventInWords(eventOf(rule)!)}`;
}

function eventInWords({ kind, query }: EventQuery): string {
  const { value, result, device, age, dated, within, times, around } = query;
  const parts = [`${kind} ${codesInWords(query)}`];
  if (value) parts.push(`with a value of ${range(value)}${value.unit === undefined ? '' : ` ${value.unit}`}`);
  if (result) parts.push(`with a result ${codesInWords(result)}`);
  if (device) parts.push('measured by a device');
  if (age) parts.push(`at the age of ${numbers(age)}`);
  if (dated) parts.push(dates(dated));
  if (within) parts.push(windowInWords(within));
  if (times) parts.push(`on ${numbers(times)} days`);
  if (around)
    parts.push(
      `and around it ${list(
        around.map((each) => `(${inWords(each)})`),
        'and',
      )}`,
    );
  return parts.join(' ');
}

function codesInWords({ system, codes, set }: NonNullable<EventQuery['query']['result']>): string {
  return `${codes ? list(codes, 'or') : `of the set ${set!}`}${system === undefined ? '' : ` of ${system}`}`;
}

interface Span<T> {
  readonly from?: T | undefined;
  readonly to?: T | undefined;
}

function dates({ from, to }: Span<string>): string {
  if (from === undefined) return `until ${to!}`;
  return to === undefined ? `since ${from}` : `between ${from} and ${to}`;
}

/** "30 days before to 90 days after". */
function windowInWords({ from, to }: Span<number>): string {
  if (from === undefined) return `at the latest ${away(to!)}`;
  return to === undefined ? `at the earliest ${away(from)}` : `from ${away(from)} to ${away(to)}`;
}

function away(days: number): string {
  if (days === 0) return 'the day itself';
  return `${Math.abs(days)} ${Math.abs(days) === 1 ? 'day' : 'days'} ${days < 0 ? 'before' : 'after'}`;
}

/** "at least 5", "more than 5 and less than 7". */
function range({ min, max, above, below }: NonNullable<EventQuery['query']['value']>): string {
  if (above === undefined && below === undefined) return numbers({ min, max });
  const low = above === undefined ? min !== undefined && numbers({ min }) : `more than ${above}`;
  const high = below === undefined ? max !== undefined && numbers({ max }) : `less than ${below}`;
  return [low, high].filter((each) => each !== false).join(' and ');
}

interface Between {
  readonly min?: number | undefined;
  readonly max?: number | undefined;
}

function numbers({ min, max }: Between): string {
  if (min === undefined) return `at most ${max!}`;
  if (max === undefined) return `at least ${min}`;
  return min === max ? `${min}` : `${min} to ${max}`;
}

function list(items: readonly string[], word: 'and' | 'or'): string {
  return items.length < 2 ? items.join('') : `${items.slice(0, -1).join(', ')} ${word} ${items.at(-1)!}`;
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
