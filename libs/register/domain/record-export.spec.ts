import { parse } from 'csv-parse/sync';
import { bundleParts, type CSV_COLUMNS, csvCell, csvParts, type ExportPart } from './record-export';
import type { SeenResource } from './timeline';

const seen = (id: string, members: object): SeenResource => ({
  resource: { resourceType: 'Observation', id, ...members },
  category: { type: 'Observation', codes: [], labels: [], provider: 'p', device: null, day: '2020-01-02' },
  sourceRecordId: 'r',
  bytes: 1,
});
const rows = [
  seen('a', {
    status: 'final',
    code: { text: '=1+1', coding: [{ system: 's', code: 'c' }] },
    valueQuantity: { value: -5, unit: '%' },
  }),
  seen('b', { code: { text: 'says "x",\r\nthen y' }, valueString: '\uFF1Dcmd' }),
];
const text = (parts: ExportPart, of = rows): string =>
  parts.begin + of.map((row, at) => parts.part(row, at === 0)).join('') + parts.end;

it('writes a Bundle that is valid JSON, an entry a line, also when it is empty', () => {
  const written = text(bundleParts('x', 0));
  expect(JSON.parse(written)).toMatchObject({
    resourceType: 'Bundle',
    type: 'collection',
    timestamp: '1970-01-01T00:00:00.000Z',
    entry: [{ resource: { id: 'a' }, fullUrl: 'urn:aceso:source-record:r:Observation:a' }, { resource: { id: 'b' } }],
  });
  expect(written.split('\n').filter((line) => line.startsWith('{"fullUrl"'))).toHaveLength(2);
  expect(JSON.parse(text(bundleParts('x', 0), []))).toMatchObject({ entry: [] });
});

it('writes a CSV that a parser reads back and a spreadsheet does not run', () => {
  const [first, second] = parse<Record<(typeof CSV_COLUMNS)[number], string>>(text(csvParts()), { columns: true });
  expect(first).toMatchObject({
    day: '2020-01-02',
    type: 'Observation',
    id: 'a',
    code: 's|c',
    display: "'=1+1",
    value: '-5',
    unit: '%',
  });
  expect(second).toMatchObject({ id: 'b', display: 'says "x",\r\nthen y', value: "'\uFF1Dcmd" });
  expect(JSON.parse(second?.resource ?? '')).toEqual(rows[1]?.resource);
});

it.each(['=a', '+a', '-a', '@a', '\ta', '\ra', '\na', '\uFF20a'])('takes the sting out of %j', (value) => {
  expect(csvCell(value).replace(/^"/, '')[0]).toBe("'");
});
