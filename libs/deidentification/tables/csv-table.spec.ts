import { csvCell } from './csv-table';
import { tableFormat } from './table-writer';

describe('a CSV cell', () => {
  it.each([
    ['=1+1', "'=1+1"],
    ['+1', "'+1"],
    ['-1', "'-1"],
    ['@SUM(A1)', "'@SUM(A1)"],
    ['\tx', "'\tx"],
    ['\rx', `"'\rx"`],
    ['＝1', "'＝1"],
    ['a=1', 'a=1'],
    ['=HYPERLINK("x","y")', `"'=HYPERLINK(""x"",""y"")"`],
    ['a,b', '"a,b"'],
    ['a\nb', '"a\nb"'],
    ['', '""'],
    [null, ''],
    [-1, '-1'],
    [-0.25, '-0.25'],
    [false, 'false'],
    [['-1', 2], '"[""-1"",2]"'],
  ])('%j is written %s', (value, cell) => {
    expect(csvCell(value)).toBe(cell);
  });

  it('comes in formats that we know', () => {
    expect(tableFormat('csv')).toBe('csv');
    expect(() => tableFormat('xlsx')).toThrow(expect.objectContaining({ code: 'TABLE_FORMAT_UNKNOWN' }));
  });
});
