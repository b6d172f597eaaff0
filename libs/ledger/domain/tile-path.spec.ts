import fc from 'fast-check';
import {
  ENTRIES,
  formatTilePath,
  parseTilePath,
  sizesThatNeed,
  tileLevels,
  tilesOfLevel,
  tileWidth,
} from './tile-path';

describe('the path of a tile', () => {
  it.each([
    [{ level: 0, index: 0n, width: 256 }, 'tile/0/000'],
    [{ level: 0, index: 0n, width: 255 }, 'tile/0/000.p/255'],
    [{ level: 2, index: 1_000n, width: 1 }, 'tile/2/x001/000.p/1'],
    [{ level: 63, index: 1_234_067n, width: 256 }, 'tile/63/x001/x234/067'],
    [{ level: ENTRIES, index: 999n, width: 7 }, 'tile/entries/999.p/7'],
  ] as const)('of %j is %s', (name, path) => {
    expect(formatTilePath(name)).toBe(path);
    expect(parseTilePath(path)).toEqual(name);
  });

  it('is read again to the same name, and is the only one of its tile', () => {
    const names = fc.record({
      level: fc.oneof(fc.integer({ min: 0, max: 63 }), fc.constant(ENTRIES)),
      index: fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }),
      width: fc.integer({ min: 1, max: 256 }),
    });
    fc.assert(fc.property(names, (name) => expect(parseTilePath(formatTilePath(name))).toEqual(name)));
  });

  it.each([
    ['', '/tile/0/000', 'tile/0/000/', 'tile/0', 'tile/0/0', 'tile/0/00', 'tile/0/0000', 'tile/0/000\n', 'Tile/0/000'],
    ['tile/8/0/000', 'tile/00/000', 'tile/64/000', 'tile/100/000', 'tile/-1/000', 'tile/data/000', 'tile//000'],
    ['tile/0/001/234', 'tile/0/x001', 'tile/0/x01/234', 'tile/0/x000/234', 'tile/0/x001/x234', 'tile/0/..%2f'],
    ['tile/0/000.p/0', 'tile/0/000.p/00', 'tile/0/000.p/01', 'tile/0/000.p/256', 'tile/0/000.p/999', 'tile/0/000.p/'],
    ['tile/0/000.p', 'tile/0/000.p/1/2', 'tile/0/000.p/1000', 'tile/0/x009/x223/x372/x036/x854/x775/808'],
  ])('is refused in any other form: %s …', (...paths) => {
    for (const path of paths) {
      expect(() => parseTilePath(path)).toThrow(expect.objectContaining({ code: 'TILE_PATH_MALFORMED' }));
    }
  });

  it('is made of what a path can say', () => {
    expect(() => formatTilePath({ level: 0, index: -1n, width: 1 })).toThrow('natural number');
    expect(() => formatTilePath({ level: 0, index: 2n ** 63n, width: 1 })).toThrow('natural number');
    expect(() => formatTilePath({ level: 0, index: 0n, width: 0 })).toThrow('1 to 256');
    expect(() => formatTilePath({ level: 0, index: 0n, width: 257 })).toThrow('1 to 256');
  });
});

describe('the tiles of a tree', () => {
  const named = (size: bigint): string[] =>
    Array.from({ length: tileLevels(size) }, (_, level) => [...tilesOfLevel(size, level)].map(formatTilePath)).flat();

  it.each([
    [0n, []],
    [1n, ['tile/0/000.p/1']],
    [255n, ['tile/0/000.p/255']],
    [256n, ['tile/0/000', 'tile/1/000.p/1']],
    [257n, ['tile/0/000', 'tile/0/001.p/1', 'tile/1/000.p/1']],
  ])('of size %s are %s', (size, paths) => expect(named(size)).toEqual(paths));

  it('of 70,000 leaves are those that the specification counts', () => {
    const paths = named(70_000n);
    expect(paths).toHaveLength(273 + 1 + 1 + 1 + 1);
    expect(paths.filter((path) => path.includes('.p/'))).toEqual([
      'tile/0/273.p/112',
      'tile/1/001.p/17',
      'tile/2/000.p/1',
    ]);
    expect([...tilesOfLevel(70_000n, ENTRIES, 273n)]).toEqual([{ level: ENTRIES, index: 273n, width: 112 }]);
  });

  it('are each needed by the sizes that have them in that width, and by no other', () => {
    for (const level of [0, 1, ENTRIES] as const) {
      for (let size = 1n; size < 1_100n; size += 1n) {
        for (let index = 0n; index < 5n; index += 1n) {
          const width = tileWidth(size, { level, index });
          for (const other of [1, 2, 255, 256]) {
            const { from, to } = sizesThatNeed({ level, index, width: other });
            const needs = size >= from && (to === undefined || size < to);
            if (needs !== (width === other)) throw new Error(`${size}: ${level}/${index}.p/${other}`);
          }
        }
      }
    }
  });
});
