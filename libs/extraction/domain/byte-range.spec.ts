import { parseRange } from './byte-range';

describe('byte range', () => {
  it.each([
    ['bytes=0-', { start: 0 }],
    ['bytes=5-9', { start: 5, end: 9 }],
    ['bytes=5-5', { start: 5, end: 5 }],
    ['bytes=9-5', undefined],
    ['bytes=-5', undefined],
    ['bytes=0-1,3-4', undefined],
    ['items=0-1', undefined],
    ['bytes=99999999999999999-', undefined],
    [undefined, undefined],
  ])('%s', (header, range) => {
    expect(parseRange(header)).toEqual(range);
  });
});
