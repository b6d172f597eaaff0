import { newestLines } from './newest-lines';
import { VERSION_BYTES, writeVersions } from './segment';

const listOf = (...names: string[]) =>
  writeVersions(names.map((name) => ({ name: name.repeat(VERSION_BYTES), content: '0'.repeat(VERSION_BYTES) })));

it('are the last ones of each name, over all segments from the end', () => {
  const seen = new Set<string>();
  expect([...newestLines(listOf('a', 'b', 'a'), seen)]).toEqual([0, 1, 1]);
  expect([...newestLines(listOf('c', 'a', 'd', 'c'), seen)]).toEqual([0, 0, 1, 1]);
  expect([...newestLines(listOf(), seen)]).toEqual([]);
});
