import { LaterVersions, newestLines } from './newest-lines';
import { VERSION_BYTES, writeVersions } from './segment';

const listOf = (...names: string[]) =>
  writeVersions(names.map((name) => ({ name: name.repeat(VERSION_BYTES), content: '0'.repeat(VERSION_BYTES) })));

it('are the last ones of each name, over all segments from the end', () => {
  const later = new LaterVersions();
  expect([...newestLines(listOf('a', 'b', 'a'), later)]).toEqual([0, 1, 1]);
  expect([...newestLines(listOf('c', 'a', 'd', 'c'), later)]).toEqual([0, 0, 1, 1]);
  expect([...newestLines(listOf(), later)]).toEqual([]);
});

describe('of what a provider took back', () => {
  it('are no mark, and the last version before is told apart', () => {
    const later = new LaterVersions();
    expect([...newestLines(listOf('a', 'b', 'a', 'a'), later, new Set([3, 4]))]).toEqual([2, 1, 0, 0]);
    expect([...newestLines(listOf('a', 'c'), later)]).toEqual([0, 1]);
  });

  it('count again once it was sent anew', () => {
    const later = new LaterVersions();
    expect([...newestLines(listOf('a'), later)]).toEqual([1]);
    expect([...newestLines(listOf('a', 'a'), later, new Set([2]))]).toEqual([0, 0]);
  });

  it('are known from segments that come later', () => {
    const within = new LaterVersions(new Set(['a'.repeat(VERSION_BYTES)]));
    expect([...newestLines(listOf('a', 'b', 'a'), within)]).toEqual([0, 1, 2]);
  });
});
