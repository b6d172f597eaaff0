import { closenessOf, type ShownSet } from './closeness';
import { personSet, type PersonSet } from './person-set';

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, at) => from + at);
const of = (...spans: readonly (readonly [number, number])[]): PersonSet =>
  personSet(spans.flatMap(([from, to]) => range(from, to)));
const shown = (...sets: readonly PersonSet[]): ShownSet[] =>
  sets.map((set, at) => ({ set, approximate: 10 * at + 10 }));
const everybody = of([0, 1_000]);

describe('a set is close', () => {
  it.each<[string, PersonSet, PersonSet[], number | null]>([
    ['to one that it lacks one person of', of([1, 300]), [of([0, 300])], 10],
    ['to one that it has ten persons more than', of([0, 310]), [of([0, 300])], 10],
    ['to an equal one, as nobody shall learn that it is equal', of([0, 300]), [of([0, 300])], 10],
    ['to one with ten others on each side', of([10, 310]), [of([0, 300])], 10],
    ['to the oldest of several', of([0, 300]), [of([0, 295]), of([0, 307])], 10],
    ['to everybody but a shown one', of([301, 1_000]), [of([0, 300])], null],
    ['to everybody but a shown one, also exactly', of([300, 1_000]), [of([0, 300])], null],
    ['to two that add up', of([0, 605]), [of([0, 300]), of([300, 600])], null],
    ['to one without another', of([302, 600]), [of([0, 600]), of([0, 300])], null],
    ['to two where they overlap by few', of([0, 500]), [of([0, 300]), of([294, 500])], null],
    ['to whom only one of two has, that share few', of([0, 294], [300, 500]), [of([0, 300]), of([294, 500])], null],
  ])('%s', (_, asked, sets, closeTo) => {
    expect(closenessOf(asked, shown(...sets), everybody)).toEqual({ closeTo });
  });

  it.each<[string, PersonSet, PersonSet[]]>([
    ['where nothing was shown', of([0, 300]), []],
    ['to one that lacks eleven', of([0, 311]), [of([0, 300])]],
    ['to one with eleven others on one side', of([11, 305]), [of([0, 300])]],
    ['to two with eleven more', of([0, 611]), [of([0, 300]), of([300, 600])]],
    ['to two that share eleven', of([0, 500]), [of([0, 300]), of([289, 500])]],
  ])('not %s', (_, asked, sets) => {
    expect(closenessOf(asked, shown(...sets), everybody)).toBeNull();
  });
});
