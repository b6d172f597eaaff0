import { BlockCache } from './block-cache';

describe('blocks in memory', () => {
  it('are as many as fit, without those that were used least recently', () => {
    const cache = new BlockCache<string>(10);
    cache.put('a', 'A', 4);
    cache.put('b', 'B', 4);
    expect(cache.get('a')).toBe('A');
    cache.put('c', 'C', 4);
    expect([cache.get('a'), cache.get('b'), cache.get('c'), cache.bytes]).toEqual(['A', undefined, 'C', 8]);
    cache.put('c', 'C', 9);
    expect([cache.get('a'), cache.get('c'), cache.bytes]).toEqual([undefined, 'C', 9]);
    cache.put('d', 'D', 11);
    expect([cache.get('c'), cache.get('d'), cache.bytes]).toEqual([undefined, undefined, 0]);
  });
});
