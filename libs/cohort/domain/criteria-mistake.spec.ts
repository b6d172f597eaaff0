import { EVENT_KINDS } from './criteria';
import { parseCriteria } from './criteria-document';

const said = (document: object): string => {
  try {
    parseCriteria(JSON.stringify({ version: 1, all: [], ...document }));
  } catch (error) {
    return (error as Error).message;
  }
  return 'no mistake';
};
const ofRule = (rule: unknown): string => said({ all: [rule] });

const EVENTS = 'observation, allergy, condition, encounter, immunization, medication, procedure';
const RULES = `age, alive, sex, region, ${EVENTS}, all, any, none, atLeast with of`;
const NO_RULE = `criteria: /all/0 is an object with exactly one of: ${RULES}`;

describe('a mistake', () => {
  it.each([
    [{ condition: { codes: [59621000] } }, '/all/0/condition/codes/0 Invalid input: expected string, received number'],
    [{ condition: { codes: 'a' } }, '/all/0/condition/codes Invalid input: expected array, received string'],
    [{ sex: ['secret'] }, '/all/0/sex/0 Invalid option: expected one of "female"|"male"|"other"|"unknown"'],
    [{ age: 40 }, '/all/0/age Invalid input: expected object, received number'],
    [{ age: { min: 60, max: 50 } }, '/all/0/age min is at most max'],
    [{ condition: { codes: ['secret'], set: 'b' } }, '/all/0/condition either codes or a set is given'],
    [{ atLeast: 2, of: [{ alive: true }] }, '/all/0 atLeast is at most the number of rules'],
    [{ atLeast: 2 }, '/all/0/of Invalid input: expected array, received undefined'],
    [
      { none: [{ any: [{ observation: { codes: ['secret'], value: { min: '1' } } }] }] },
      '/all/0/none/0/any/0/observation/value/min Invalid input: expected number, received string',
    ],
    [
      { procedure: { codes: ['secret'], around: [{ condition: { codes: [1] } }] } },
      '/all/0/procedure/around/0/condition/codes/0 Invalid input: expected string, received number',
    ],
    [
      { procedure: { codes: ['secret'], value: { min: 1 } } },
      '/all/0/procedure has no member "value", but may have: system, codes, set, age, dated, around, within, times',
    ],
  ])('%j is named at its deepest place', (rule, words) => expect(ofRule(rule)).toBe(`criteria: ${words}`));

  it.each([
    [{ allergies: { codes: ['secret'] } }],
    [{ age: { min: 40 }, condition: { codes: ['secret'] } }],
    [{}],
    ['secret'],
    [null],
  ])('%j is told which rules there are', (rule) => expect(ofRule(rule)).toBe(NO_RULE));

  it('in an entry is told what an entry may be', () => {
    expect(said({ entry: { frist: [] } })).toBe('criteria: /entry is an object with exactly one of: first, last, any');
    const NO_EVENT = `criteria: /entry/first/0 is an object with exactly one of: ${EVENTS}`;
    expect(said({ entry: { first: [{ age: { min: 40 } }] } })).toBe(NO_EVENT);
  });

  it('at the top is told what a document has', () => {
    const words = 'criteria: / has no member "rules", but may have: version, sets, entry, all';
    expect(said({ rules: [] })).toBe(words);
  });

  it('knows all kinds of events', () => expect(EVENTS.split(', ').sort()).toEqual([...EVENT_KINDS]));
});
