import { ClassTable } from './class-table';
import { diversityReached } from './diversity';

function reached(classes: readonly string[], order?: readonly string[]) {
  const table = new ClassTable();
  classes.forEach((values, index) => [...values].forEach((value) => table.add([String(index)], value)));
  return diversityReached(table.classes(), order);
}

describe('what a table reaches', () => {
  it('is that of its worst class', () => {
    const { distinctL, entropyL, recursiveC, tEqual, tOrdered } = reached(['abcd', 'aab', 'abbbcc']);
    expect(distinctL).toBe(2);
    expect(entropyL).toBeCloseTo(Math.exp(-(2 / 3) * Math.log(2 / 3) - (1 / 3) * Math.log(1 / 3)), 12);
    // aab: 2 < c·1 and nothing is left from the third value on.
    expect(recursiveC).toEqual([
      { l: 2, c: 2 },
      { l: 3, c: null },
    ]);
    // a 4/13, b 5/13, c 3/13, d 1/13; of aab a stands 2/3 − 4/13 above, of abcd c and d 1/4 − 3/13 and 1/4 − 1/13.
    expect(tEqual).toBeCloseTo(2 / 3 - 4 / 13, 12);
    expect(tOrdered).toBeNull();
  });

  it('falls to one value where a class has no more', () => {
    expect(reached(['aa', 'ab'])).toMatchObject({
      distinctL: 1,
      entropyL: 1,
      recursiveC: [{ l: 2, c: null }, { c: null }],
    });
  });

  it('is nothing without sensitive values, and t = 0 when all classes are as the table', () => {
    expect(reached([])).toEqual({ distinctL: 0, entropyL: 0, recursiveC: [], tEqual: 0, tOrdered: null });
    expect(reached(['ab', 'aabb'], ['a', 'b'])).toMatchObject({ tEqual: 0, tOrdered: 0 });
    expect(reached(['aa'], ['a'])).toMatchObject({ tEqual: 0, tOrdered: 0 });
  });

  it('has the distances of the paper for ordered values', () => {
    // Li et al. 2007, example 3: salaries 3k … 11k in three classes; t = 0.375 and 0.167 for {3k,4k,5k} and {6k,8k,11k}.
    const salaries = ['3', '4', '5', '6', '7', '8', '9', 'T', 'E'];
    expect(reached(['345', '679', '8TE'].map(String), salaries).tOrdered).toBeCloseTo(0.375, 3);
  });
});
