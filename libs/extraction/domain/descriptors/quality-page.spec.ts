import { manifest } from '../../testing/manifest';
import { qualityPage } from './quality-page';

const page = (present: number, years: readonly (readonly [string, number])[] = [], rareCodes = 0): string =>
  qualityPage({
    manifest: manifest(),
    tables: [],
    leftOut: [],
    census: [
      {
        name: 'data/Encounter.ndjson',
        resourceType: 'Encounter',
        rows: 1000,
        persons: 12,
        years,
        fields: [{ path: 'period.<end>', types: ['string'], rows: present }],
      },
    ],
    rareCodes,
    releasedOn: '2026-02-01',
  });

describe('the quality page', () => {
  it.each([
    [1000, '0 %'],
    [999, 'below 5\u00a0%'],
    [940, '5 %'],
    [333, '65 %'],
    [1, 'above 95\u00a0%'],
    [0, '100 %'],
  ])('says of a field in %d of 1,000 rows that %s are missing', (present, said) => {
    expect(page(present)).toContain(`<td>${said.replace('<', '&lt;')}</td>`);
  });

  it('rounds persons and lists no year of few', () => {
    const text = page(1000, [
      ['1951', 1],
      ['2001', 10],
      ['2002', 11],
      ['2003', 93],
    ]);
    const [, coverage = ''] = text.split('Persons by year</h2>');
    expect([...coverage.matchAll(/<th scope="row">(\d{4})<\/th>\s*<td>([^<]*)<\/td>/g)].map(([, ...of]) => of)).toEqual(
      [
        ['2002', '10'],
        ['2003', '95'],
      ],
    );
    expect(text).not.toContain('1951');
  });

  it('tells from when to when, and what was left out, like counts', () => {
    const text = page(
      1000,
      [
        ['1951', 1],
        ['2002', 11],
        ['2003', 93],
        ['2020', 3],
      ],
      223,
    );
    expect(text).toContain('<td>2002 to 2003</td>');
    expect(text).toMatch(/Codes that fewer than 5 persons have<\/th>\s*<td>225<\/td>/);
    expect(page(1000, [], 7)).toMatch(/Codes that fewer than 5 persons have<\/th>\s*<td>&lt;11, or none<\/td>/);
  });

  it('escapes what stands in names', () => {
    expect(page(1000)).toContain('period.&lt;end&gt;');
    expect(page(1000)).not.toContain('<end>');
  });
});
