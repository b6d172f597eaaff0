import { checkCriteria } from './criteria-document';
import { comparedNumbers, comparedSets, comparedWords, fromList, toList, turned } from './comparing';
import { Disclosing } from './disclosing';
import { personSet, type PersonSet } from './person-set';

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, n) => from + n);
const everybody = personSet(range(0, 500));
const KEYS = ['a', 'b', 'both', 'onlyA', 'onlyB'];

/** A has `onlyA + both` persons, B has `both + onlyB`. */
const pairOf = (onlyA: number, both: number, onlyB: number): [PersonSet, PersonSet] => [
  personSet(range(0, onlyA + both)),
  personSet(range(onlyA, onlyA + both + onlyB)),
];
const shownOf = (a: PersonSet, b: PersonSet, known: readonly PersonSet[] = [], numbersAsked = 5) => {
  const before = known.map((set, at) => ({ key: `known ${at}`, set, told: 'NUMBER' as const, approximate: set.size }));
  const disclosing = new Disclosing(before, everybody);
  const sets = toList(comparedSets(a, b));
  if (numbersAsked === 5) return { disclosing, answers: comparedNumbers(disclosing, KEYS, sets) };
  return { disclosing, answers: sets.slice(0, numbersAsked).map((set, at) => disclosing.number(KEYS[at]!, set)) };
};
const numbers = (answers: readonly { approximate: number | null }[]) => answers.map(({ approximate }) => approximate);

describe('a comparison', () => {
  it('shows totals and parts where none of them is small', () => {
    expect(numbers(shownOf(...pairOf(30, 20, 40)).answers)).toEqual([50, 60, 20, 30, 40]);
  });

  it.each([
    ['both few', 30, 10, 40],
    ['nobody in both', 30, 0, 40],
    ['few in the first only', 10, 30, 40],
    ['the first inside the second', 0, 30, 40],
  ])('shows the totals and no part with %s', (_, ...sizes) => {
    const { answers, disclosing } = shownOf(...pairOf(...sizes));
    expect(numbers(answers)).toEqual([...numbers(answers.slice(0, 2)), null, null, null]);
    expect(answers.slice(0, 2).every(({ suppressed }) => !suppressed)).toBe(true);
    expect(new Set(answers.slice(2).map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(disclosing.kept.filter(({ told }) => told !== 'TOO_SMALL').map(({ key }) => key)).toEqual(['a', 'b']);
  });

  it('shows nothing beside a total that is not shown: a fork without one person is an earlier cohort', () => {
    const [a] = pairOf(0, 50, 0);
    const { answers } = shownOf(a, personSet(range(1, 50)));
    expect(answers[1]).toEqual({ approximate: null, suppressed: true, reason: 'TOO_CLOSE', closeTo: 50 });
    expect(numbers(answers)).toEqual([50, null, null, null, null]);
  });

  it('answers a part as the same persons would be answered for, asked by criteria of their own after the totals', () => {
    const seen = { shown: 0, small: 0, close: 0 };
    for (const onlyA of [0, 9, 11, 25]) {
      for (const both of [0, 10, 12, 40]) {
        for (const onlyB of [8, 11, 26, 430]) {
          for (const known of [[], [personSet(range(onlyA - 5, onlyA + both + 4))], [personSet(range(0, 26))]]) {
            const [a, b] = pairOf(onlyA, both, onlyB);
            const { answers } = shownOf(a, b, known);
            const [totals, parts] = [answers.slice(0, 2), answers.slice(2)];
            if (totals.some(({ suppressed }) => suppressed)) {
              expect(parts).toEqual(parts.map(() => ({ approximate: null, suppressed: true })));
              continue;
            }
            const alone = toList(comparedSets(a, b)).map((set, at) => {
              const { disclosing } = shownOf(a, b, known, 2);
              return at < 2 ? totals[at]! : disclosing.number(`alone ${at}`, set);
            });
            if (parts.every(({ suppressed }) => !suppressed)) {
              expect(parts).toEqual(alone.slice(2));
              seen.shown += 1;
            } else {
              expect(parts.every(({ suppressed }) => suppressed)).toBe(true);
              expect(alone.some(({ suppressed }) => suppressed)).toBe(true);
              const close = parts.flatMap((part, at) => (part.reason === 'TOO_CLOSE' ? [at] : []));
              for (const at of close) expect(parts[at]).toEqual(alone[at + 2]);
              seen[close.length > 0 ? 'close' : 'small'] += 1;
            }
          }
        }
      }
    }
    expect(Object.values(seen).every((times) => times > 5)).toBe(true);
  });

  it('says the same of a part near a known number, be it below the threshold or not', () => {
    const known = personSet(range(0, 12));
    const answersOf = (missing: number) => {
      const some = range(missing, 12);
      const { answers } = shownOf(personSet([...some, ...range(100, 140)]), personSet([...some, ...range(200, 260)]), [
        known,
      ]);
      return answers.slice(2);
    };
    for (const missing of [1, 2, 3]) expect(answersOf(missing)[0]).toEqual({ approximate: null, suppressed: true });
    expect(answersOf(1)).toEqual(answersOf(2));
  });

  it('judges parts beside each other: two of them may add up to what was shown before', () => {
    const [a, b] = pairOf(30, 20, 40);
    const oneOfThem = personSet([...range(0, 30), ...range(50, 90)]);
    const { answers } = shownOf(a, b, [oneOfThem]);
    expect(answers.map(({ approximate, reason }) => reason ?? approximate)).toEqual([50, 60, null, null, null]);
  });

  it('remembers a part that was small: with one person more it is hidden as well', () => {
    const disclosing = new Disclosing([], everybody);
    const compare = (asked: string, a: PersonSet, b: PersonSet) =>
      numbers(
        comparedNumbers(
          disclosing,
          KEYS.map((key) => `${asked} ${key}`),
          toList(comparedSets(a, b)),
        ),
      );
    // Ten persons in both; then the same ten and one who is looked for, in two cohorts that have nobody else of the first ones.
    expect(compare('first', personSet(range(0, 60)), personSet(range(50, 120)))).toEqual([60, 70, null, null, null]);
    const eleven = range(50, 61);
    const [a, b] = [personSet([...eleven, ...range(200, 240)]), personSet([...eleven, ...range(300, 370)])];
    expect(compare('second', a, b)).toEqual([50, 80, null, null, null]);
    expect(numbers(shownOf(a, b).answers)).toEqual([50, 80, 10, 40, 70]);
  });

  it('of (b, a) is that of (a, b), turned', () => {
    const [a, b] = pairOf(30, 20, 40);
    expect(toList(turned(comparedSets(a, b)))).toEqual(toList(comparedSets(b, a)));
    expect(toList(fromList(KEYS))).toEqual(KEYS);
  });

  it('of words names the sentences of one and of both', () => {
    const criteria = (...all: unknown[]) => checkCriteria({ version: 1, all });
    const [adult, male, female] = [{ age: { min: 18 } }, { sex: ['male'] }, { sex: ['female'] }];
    expect(comparedWords(criteria(adult, male), criteria(female, adult))).toEqual({
      onlyA: ['Sex is male.'],
      onlyB: ['Sex is female.'],
      both: ['At least 18 years old at the record date.'],
    });
  });
});
