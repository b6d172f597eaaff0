import { parseRange, RANGE_BYTES_MIN, servedRange } from './byte-range';

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

describe('what is served of a file', () => {
  const bytes = 3 * RANGE_BYTES_MIN;
  const last = bytes - 1;

  it.each([
    ['no range', undefined, { start: 0, end: last }],
    ['the rest', { start: 5 }, { start: 5, end: last }],
    ['the last byte', { start: last }, { start: last, end: last }],
    ['more than there is', { start: 5, end: bytes + 5 }, { start: 5, end: last }],
    ['the shortest range', { start: 5, end: RANGE_BYTES_MIN + 4 }, { start: 5, end: RANGE_BYTES_MIN + 4 }],
    ['a shorter one', { start: 5, end: RANGE_BYTES_MIN + 3 }, null],
    ['a byte inside', { start: 0, end: 0 }, null],
    ['a range behind the end', { start: bytes }, null],
  ])('%s', (_, asked, served) => {
    expect(servedRange(asked, bytes)).toEqual(served);
  });
});
