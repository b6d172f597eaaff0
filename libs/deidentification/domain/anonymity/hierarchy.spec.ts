import { HIERARCHY_LEVELS_MAX, hierarchyOf } from './hierarchy';

const REGION = [
  ['oslo', 'norway', 'europe'],
  ['bergen', 'norway', 'europe'],
  ['osaka', 'japan', 'asia'],
];

it('counts the leaves under each value of each level', () => {
  const { leaves, levels, leafOf } = hierarchyOf('city', REGION);
  expect(leaves).toBe(3);
  expect(levels.map(({ labels }) => labels)).toEqual([
    ['oslo', 'bergen', 'osaka'],
    ['norway', 'japan'],
    ['europe', 'asia'],
  ]);
  expect([...levels[1]!.codeOfLeaf]).toEqual([0, 0, 1]);
  expect([...levels[1]!.leavesOfCode]).toEqual([2, 1]);
  expect([leafOf('osaka'), leafOf('paris')]).toEqual([2, undefined]);
});

it.each<[string, string[][], string]>([
  ['without rows', [], 'HIERARCHY_EMPTY'],
  ['with uneven levels', [...REGION, ['paris', 'france']], 'HIERARCHY_UNEVEN'],
  ['that says a value twice', [...REGION, ['oslo', 'norway', 'europe']], 'HIERARCHY_VALUE_TWICE'],
  ['that parts what was one', [...REGION, ['bodo', 'norway', 'north']], 'HIERARCHY_NOT_NESTED'],
  ['with too many levels', [Array.from({ length: HIERARCHY_LEVELS_MAX + 1 }, String)], 'HIERARCHY_TOO_LARGE'],
  ['with too many rows', Array.from({ length: 1_000_001 }, (_, row) => [`${row}`]), 'HIERARCHY_TOO_LARGE'],
])('refuses a hierarchy %s, and quotes no value', (_, rows, code) => {
  const attempt = () => hierarchyOf('city', rows);
  expect(attempt).toThrow(expect.objectContaining({ code }));
  expect(attempt).toThrow(/^the hierarchy of column city (?!.*(paris|oslo|bodo))/);
});
