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
const shownOf = (a: PersonSet, b: PersonSet, known: readonly PersonSet[] = []) => {
  const before = known.map((set, at) => ({ key: `known ${at}`, set, told: 'NUMBER' as const, approximate: set.size }));
  const disclosing = new Disclosing(before, everybody);
  return { disclosing, answers: comparedNumbers(disclosing, KEYS, toList(comparedSets(a, b))) };
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

  it('shows a part only where the same persons, asked for by criteria of their own after the totals, would be shown', () => {
    let [shown, hidden] = [0, 0];
    for (const onlyA of [0, 9, 11, 25]) {
      for (const both of [0, 10, 12, 40]) {
        for (const onlyB of [8, 11, 26, 430]) {
          for (const known of [[], [personSet(range(onlyA - 5, onlyA + both + 4))], [personSet(range(0, 26))]]) {
            const [a, b] = pairOf(onlyA, both, onlyB);
            const { answers } = shownOf(a, b, known);
            const alone = toList(comparedSets(a, b))
              .slice(2)
              .map((set) => {
                const { disclosing } = shownOf(a, b, known);
                const asked = new Disclosing(
                  [
                    ...known.map((each) => ({
                      key: 'known',
                      set: each,
                      told: 'NUMBER' as const,
                      approximate: each.size,
                    })),
                    ...disclosing.kept.filter(({ key }) => key === 'a' || key === 'b'),
                  ],
                  everybody,
                );
                return !asked.number('alone', set).suppressed;
              });
            const parts = answers.slice(2).map(({ suppressed }) => !suppressed);
            if (parts[0]) expect(alone).toEqual([true, true, true]);
            expect(new Set(parts).size).toBe(1);
            if (parts[0]) shown += 1;
            else hidden += 1;
          }
        }
      }
    }
    expect([shown > 5, hidden > 50]).toEqual([true, true]);
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
