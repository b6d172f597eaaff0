import {
  ageHierarchy,
  codeParentHierarchy,
  codePrefixHierarchy,
  dateHierarchy,
  numberHierarchy,
  zipHierarchy,
} from './built-in-hierarchies';
import type { Hierarchy } from './hierarchy';

/** A value at all levels. */
const path = ({ levels, leafOf }: Hierarchy, value: string) =>
  levels.map(({ labels, codeOfLeaf }) => labels[codeOfLeaf[leafOf(value)!]!]);

it('bands ages, with 90 and more together', () => {
  const ages = ageHierarchy('age');
  expect(ages.leaves).toBe(131);
  expect(path(ages, '7')).toEqual(['7', '5-9', '0-9', '0-19', '0-39', '*']);
  expect(path(ages, '79')).toEqual(['79', '75-79', '70-79', '60-79', '40-79', '*']);
  expect(path(ages, '89')).toEqual(['89', '85-89', '80-89', '80+', '80+', '*']);
  expect(path(ages, '104')).toEqual(['104', '90+', '90+', '80+', '80+', '*']);
});

it('cuts days to months, years and decades', () => {
  const days = dateHierarchy('born', ['2000-02-29', '1999-12-31']);
  expect(path(days, '2000-02-29')).toEqual(['2000-02-29', '2000-02', '2000', '2000s', '*']);
  expect(path(days, '1999-12-31')).toEqual(['1999-12-31', '1999-12', '1999', '1990s', '*']);
});

it.each(['1900-02-29', '2001-13-01', '2001-00-10', '2001-04-31', '2001-4-3', 'yesterday', ''])(
  'refuses the day "%s"',
  (day) => {
    expect(() => dateHierarchy('born', [day])).toThrow(expect.objectContaining({ code: 'HIERARCHY_VALUE_INVALID' }));
  },
);

it('takes digits from ZIP codes', () => {
  const zips = zipHierarchy('zip', ['98052', '98028-1830']);
  expect(path(zips, '98028-1830')).toEqual(['98028-1830', '98028', '9802*', '980**', '98***', '9****', '*']);
  expect(() => zipHierarchy('zip', ['9805'])).toThrow(expect.objectContaining({ code: 'HIERARCHY_VALUE_INVALID' }));
});

it('puts numbers into intervals that double', () => {
  const numbers = numberHierarchy('weight', ['-0.5', '7', '12.5'], { width: 5, levels: 2 });
  expect(path(numbers, '7')).toEqual(['7', '[5, 10)', '[0, 10)', '*']);
  expect(path(numbers, '12.5')).toEqual(['12.5', '[10, 15)', '[10, 20)', '*']);
  expect(path(numbers, '-0.5')).toEqual(['-0.5', '[-5, 0)', '[-10, 0)', '*']);
});

it.each(['NaN', 'Infinity', '1e308', '9007199254740993', 'x', ''])('refuses the number "%s"', (number) => {
  expect(() => numberHierarchy('n', [number], { width: 1 })).toThrow(
    expect.objectContaining({ code: 'HIERARCHY_VALUE_INVALID' }),
  );
});

it('cuts codes to prefixes', () => {
  const codes = codePrefixHierarchy('diagnosis', ['E11.9', 'E10', 'I'], [3, 1]);
  expect(path(codes, 'E11.9')).toEqual(['E11.9', 'E11', 'E', '*']);
  expect(path(codes, 'I')).toEqual(['I', 'I', 'I', '*']);
});

it('follows a parent table towards the root, level by level from there', () => {
  const parents = new Map([
    ['flu', 'infection'],
    ['infection', 'disease'],
    ['fracture', 'injury'],
  ]);
  const codes = codeParentHierarchy('diagnosis', ['flu', 'fracture', 'other'], parents);
  expect(path(codes, 'flu')).toEqual(['flu', 'infection', 'disease', '*']);
  expect(path(codes, 'fracture')).toEqual(['fracture', 'fracture', 'injury', '*']);
  expect(path(codes, 'other')).toEqual(['other', 'other', 'other', '*']);
  const circle = new Map([
    ['a', 'b'],
    ['b', 'a'],
  ]);
  expect(() => codeParentHierarchy('c', ['a'], circle)).toThrow(
    expect.objectContaining({ code: 'HIERARCHY_PARENT_CYCLE' }),
  );
});

it.each([
  ['a width of 0', () => numberHierarchy('n', ['1'], { width: 0 })],
  ['a width that is no number', () => numberHierarchy('n', ['1'], { width: NaN })],
  ['half a level', () => numberHierarchy('n', ['1'], { width: 1, levels: 0.5 })],
  ['rising prefixes', () => codePrefixHierarchy('c', ['a'], [1, 3])],
  ['no prefix', () => codePrefixHierarchy('c', ['a'], [])],
])('refuses %s', (_, attempt) => {
  expect(attempt).toThrow(expect.objectContaining({ code: 'HIERARCHY_OPTION_INVALID' }));
});
