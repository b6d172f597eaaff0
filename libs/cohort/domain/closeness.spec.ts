import { closenessOf, type JudgedSet } from './closeness';
import { personSet, type PersonSet } from './person-set';

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, at) => from + at);
const of = (...spans: readonly (readonly [number, number])[]): PersonSet =>
  personSet(spans.flatMap(([from, to]) => range(from, to)));
const shown = (...sets: readonly PersonSet[]): JudgedSet[] =>
  sets.map((set, at) => ({ set, told: 'NUMBER', approximate: 100 * at + 100 }));
const refused = (set: PersonSet, told: 'TOO_SMALL' | 'TOO_CLOSE'): JudgedSet => ({ set, told, approximate: null });
const everybody = of([0, 1_000]);

describe('a set is close', () => {
  it.each<[string, PersonSet, PersonSet[], number | null]>([
    ['to one that it lacks one person of', of([1, 300]), [of([0, 300])], 100],
    ['to one that it has ten persons more than', of([0, 310]), [of([0, 300])], 100],
    ['to an equal one, as nobody shall learn that it is equal', of([0, 300]), [of([0, 300])], 100],
    ['to one with ten others on each side', of([10, 310]), [of([0, 300])], 100],
    ['to the oldest of several', of([0, 300]), [of([0, 295]), of([0, 307])], 100],
    ['to everybody but a shown one', of([301, 1_000]), [of([0, 300])], null],
    ['to everybody but a shown one, also exactly', of([300, 1_000]), [of([0, 300])], null],
    ['to two that add up', of([0, 605]), [of([0, 300]), of([300, 600])], null],
    ['to one without another', of([302, 600]), [of([0, 600]), of([0, 300])], null],
    ['to two where they overlap by few', of([0, 500]), [of([0, 300]), of([294, 500])], null],
    ['to whom only one of two has, that share few', of([0, 294], [300, 500]), [of([0, 300]), of([294, 500])], null],
  ])('%s', (_, asked, sets, closeTo) => {
    expect(closenessOf(asked, shown(...sets), everybody)).toEqual({ told: 'TOO_CLOSE', closeTo });
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

describe('beside what was refused', () => {
  const small = refused(of([0, 10]), 'TOO_SMALL');
  it.each<[string, PersonSet, JudgedSet[], unknown]>([
    ['a set within ten of a small one is answered as that one', of([0, 20]), [small], 'TOO_SMALL'],
    ['eleven more are not', of([0, 21]), [small], undefined],
    [
      'what is within ten of what was answered so is close',
      of([0, 30]),
      [refused(of([0, 20]), 'TOO_SMALL')],
      'TOO_CLOSE',
    ],
    ['a small set is compared with nothing', of([0, 10]), shown(of([0, 15])), undefined],
    [
      'a refused set is no reason to refuse its neighbours',
      of([0, 300]),
      [refused(of([0, 305]), 'TOO_CLOSE')],
      undefined,
    ],
    ['but counts in pairs', of([0, 100]), [...shown(of([0, 300])), refused(of([100, 300]), 'TOO_CLOSE')], 'TOO_CLOSE'],
  ])('%s', (_, asked, judged, reason) => {
    expect(closenessOf(asked, judged, everybody)?.told).toBe(reason);
  });

  it.each<[number, number | null]>([
    [20, null],
    [25, 25],
  ])('a number of %d within ten persons is named as %p: then they are eleven at least', (approximate, closeTo) => {
    const known: JudgedSet = { set: of([0, 20]), told: 'NUMBER', approximate };
    expect(closenessOf(of([0, 22]), [known], everybody)).toEqual({ told: 'TOO_CLOSE', closeTo });
  });
});
