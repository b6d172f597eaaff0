import { compileView, ROWS_OF_A_RESOURCE_MAX } from './view-compile';
import { parseView } from './view-parse';

const noLibrary = () => () => [];
const column = (name: string, path = name, more: object = {}) => ({ name, path, type: 'string', ...more });

function rowsOf(select: readonly object[], resource: object, more: object = {}): unknown[][] {
  const view = compileView(parseView({ resource: 'Patient', select, ...more }), noLibrary);
  const rows: unknown[][] = [];
  view.rows({ resourceType: 'Patient', ...resource }, (cells) => rows.push([...cells]));
  return rows;
}

describe('a compiled view', () => {
  it('keeps the elements of iterations apart that stand side by side and inside each other', () => {
    const select = [
      {
        forEach: 'contact',
        column: [column('contact', 'id')],
        select: [{ forEach: 'telecom', column: [column('value')] }, { column: [column('again', 'id')] }],
      },
      { forEach: 'name', column: [column('family')] },
    ];
    const resource = {
      contact: [
        { id: 'a', telecom: [{ value: '1' }, { value: '2' }] },
        { id: 'b', telecom: [{ value: '3' }] },
      ],
      name: [{ family: 'x' }, { family: 'y' }],
    };
    expect(rowsOf(select, resource)).toEqual([
      ['a', '1', 'a', 'x'],
      ['a', '1', 'a', 'y'],
      ['a', '2', 'a', 'x'],
      ['a', '2', 'a', 'y'],
      ['b', '3', 'b', 'x'],
      ['b', '3', 'b', 'y'],
    ]);
  });

  it('orders columns as SQL on FHIR does: own, those of inner selects, those of the union', () => {
    const select = [
      {
        unionAll: [{ column: [column('c', "'c1'")] }, { column: [column('c', "'c2'")] }],
        select: [{ column: [column('b', "'b'")] }],
        column: [column('a', "'a'")],
      },
      { column: [column('d', "'d'")] },
    ];
    expect(rowsOf(select, {})).toEqual([
      ['a', 'b', 'c1', 'd'],
      ['a', 'b', 'c2', 'd'],
    ]);
  });

  it('leaves the columns of an iteration without elements empty, whatever they say', () => {
    const select = [
      { column: [column('id')] },
      { forEachOrNull: 'name', column: [column('family'), column('n', '%rowIndex'), column('text', "'text'")] },
    ];
    expect(rowsOf(select, { id: 'p', name: [{ family: 'x' }] })).toEqual([['p', 'x', 0, 'text']]);
    expect(rowsOf(select, { id: 'q' })).toEqual([['q', null, null, null]]);
  });

  it('gives nothing for other types and where a condition is not true', () => {
    const where = [{ path: 'active' }];
    expect(rowsOf([{ column: [column('id')] }], { id: 'p', active: true }, { where })).toEqual([['p']]);
    expect(rowsOf([{ column: [column('id')] }], { id: 'p', active: false }, { where })).toEqual([]);
    expect(rowsOf([{ column: [column('id')] }], { id: 'p' }, { where })).toEqual([]);
    expect(rowsOf([{ column: [column('id')] }], { id: 'p', resourceType: 'Group' })).toEqual([]);
  });

  it.each([
    ['more values than one', column('family', 'name.family'), { name: [{ family: 'secret' }, { family: 'b' }] }],
    ['an object', column('name'), { name: [{ family: 'secret' }] }],
    ['a text as a number', column('n', 'birthDate', { type: 'decimal' }), { birthDate: 'secret' }],
    ['a fraction as an integer', column('n', 'count', { type: 'integer' }), { count: 1.5 }],
    ['an integer of 32 bits and more', column('n', 'count', { type: 'integer' }), { count: 2 ** 31 }],
    [
      'a number that no table holds',
      column('n', 'count', { type: 'decimal' }),
      JSON.parse('{"count":1e999}') as object,
    ],
    [
      'a year as a day',
      column('day', 'birthDate', { tag: [{ name: 'ansi/type', value: 'DATE' }] }),
      { birthDate: '2015' },
    ],
  ])('refuses %s with the column and without the value', (_, one, resource) => {
    expect(() => rowsOf([{ column: [one] }], resource)).toThrow(
      expect.objectContaining({
        code: 'VIEW_VALUE_UNFIT',
        message: expect.stringMatching(/^select\[0\]\.column\[0\]\.path(?!.*secret)/) as string,
      }),
    );
  });

  it('refuses a condition that is neither true nor false', () => {
    expect(() => rowsOf([{ column: [column('id')] }], { id: 'p' }, { where: [{ path: 'id' }] })).toThrow(
      expect.objectContaining({
        code: 'VIEW_VALUE_UNFIT',
        message: expect.stringContaining('where[0].path') as string,
      }),
    );
  });

  it('holds lists and days where the view says so', () => {
    const day = column('day', 'birthDate', { tag: [{ name: 'ansi/type', value: 'DATE' }] });
    const list = column('given', 'name.given', { collection: true });
    const resource = { birthDate: '2015-02-07', name: [{ given: ['a', null, 'b'] }, {}] };
    expect(rowsOf([{ column: [day, list] }], resource)).toEqual([['2015-02-07', ['a', 'b']]]);
    expect(rowsOf([{ column: [list] }], {})).toEqual([[[]]]);
  });

  it('follows repeat as deep as the elements go, counting them', () => {
    const select = [{ repeat: ['item'], column: [column('id'), column('n', '%rowIndex')] }];
    const resource = { item: [{ id: '1', item: [{ id: '1.1' }] }, { id: '2' }] };
    expect(rowsOf(select, resource)).toEqual([
      ['1', 0],
      ['1.1', 1],
      ['2', 2],
    ]);
    let deep: object = {};
    for (let at = 0; at < 100; at += 1) deep = { item: [deep] };
    expect(() => rowsOf(select, deep)).toThrow(expect.objectContaining({ code: 'VIEW_ROWS_EXCESSIVE' }));
  });

  it('stops where one resource gives too many rows', () => {
    const list = Array.from({ length: Math.ceil(Math.sqrt(ROWS_OF_A_RESOURCE_MAX)) + 1 }, () => ({ use: 'x' }));
    const select = ['name', 'telecom'].map((forEach) => ({ forEach, column: [column(forEach, 'use')] }));
    expect(() => rowsOf(select, { name: list, telecom: list })).toThrow(
      expect.objectContaining({ code: 'VIEW_ROWS_EXCESSIVE' }),
    );
  });
});

describe('parseView', () => {
  const select = [{ column: [column('id')] }];
  it.each([
    ['no object', [], 'VIEW_MALFORMED', 'the view'],
    ['no resource', { select }, 'VIEW_MALFORMED', 'resource'],
    ['a bad name', { resource: 'Patient', name: '../x', select }, 'VIEW_MALFORMED', 'name'],
    ['no select', { resource: 'Patient' }, 'VIEW_MALFORMED', 'select'],
    ['no columns', { resource: 'Patient', select: [{ forEach: 'name' }] }, 'VIEW_MALFORMED', 'select[0]'],
    [
      'a column without a path',
      { resource: 'Patient', select: [{ column: [{ name: 'a' }] }] },
      'VIEW_MALFORMED',
      'select[0].column[0].path',
    ],
    [
      'a column name that is SQL',
      { resource: 'Patient', select: [{ column: [column('a"; drop', 'id')] }] },
      'VIEW_MALFORMED',
      'select[0].column[0].name',
    ],
    [
      'two iterations',
      { resource: 'Patient', select: [{ forEach: 'name', repeat: ['item'], column: [column('id')] }] },
      'VIEW_MALFORMED',
      'select[0]',
    ],
    [
      'an unknown tag',
      {
        resource: 'Patient',
        select: [{ column: [column('a', 'id', { tag: [{ name: 'ansi/type', value: 'BLOB' }] })] }],
      },
      'VIEW_MALFORMED',
      'select[0].column[0].tag',
    ],
    [
      'names that differ by case only',
      { resource: 'Patient', select: [{ column: [column('a', 'id'), column('A', 'id')] }] },
      'VIEW_COLUMNS_DIFFER',
      'select[0].column[1]',
    ],
    [
      'a constant without a value',
      { resource: 'Patient', select, constant: [{ name: 'c' }] },
      'VIEW_CONSTANT_INVALID',
      'constant[0]',
    ],
    [
      'a constant that is called rowIndex',
      { resource: 'Patient', select, constant: [{ name: 'rowIndex', valueInteger: 1 }] },
      'VIEW_CONSTANT_INVALID',
      'constant[0]',
    ],
    [
      'a long path',
      { resource: 'Patient', select: [{ column: [column('a', 'a'.repeat(3000))] }] },
      'VIEW_TOO_LARGE',
      'select[0].column[0].path',
    ],
    [
      'many columns',
      { resource: 'Patient', select: [{ column: Array.from({ length: 501 }, (_, at) => column(`c${at}`, 'id')) }] },
      'VIEW_TOO_LARGE',
      '500',
    ],
    ['deep selects', { resource: 'Patient', select: [deepSelect(20)] }, 'VIEW_TOO_LARGE', '16'],
  ])('refuses %s and says where', (_, document, code, place) => {
    expect(() => parseView(document)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(place) as string }),
    );
  });
});

function deepSelect(depth: number): object {
  return depth === 0 ? { column: [column('id')] } : { select: [deepSelect(depth - 1)] };
}
