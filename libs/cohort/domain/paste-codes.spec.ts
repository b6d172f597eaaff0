import { PASTED_CODES_MAX, PASTED_LENGTH_MAX, pasteCodes } from './paste-codes';

describe('a pasted list', () => {
  it.each([
    ['lines', 'E11.9\nE10\r\nE11.9\n', ['E11.9', 'E10']],
    ['a column of a spreadsheet with quotes', '"73211009"\t"44054006"', ['73211009', '44054006']],
    ['the values of a query', "'a','b'; c | d", ['a', 'b', 'c', 'd']],
    ['nothing', ' \n,;', []],
    ['a mark of byte order', '\ufeffE11', ['E11']],
    ['what is no code', `E11\n${'x'.repeat(65)}\n\u0000`, ['E11']],
    ['words beside codes, which nobody knows', 'E11 Diabetes', ['E11', 'Diabetes']],
  ])('is read as %s', (_, text, codes) => {
    expect(pasteCodes(text)).toEqual(codes);
  });

  it.each([
    ['characters', ' '.repeat(PASTED_LENGTH_MAX + 1)],
    ['codes', Array.from({ length: PASTED_CODES_MAX + 1 }, (_, at) => at).join()],
  ])('has so many %s at most', (_, text) => {
    expect(() => pasteCodes(text)).toThrow(expect.objectContaining({ code: 'CRITERIA_INVALID' }));
  });
});

it('looks at no piece that is too long to be a code, and so trims a wall of quotes in no time', () => {
  expect(pasteCodes(`a x${"'".repeat(PASTED_LENGTH_MAX - 10)}x "b"`)).toEqual(['a', 'b']);
});
