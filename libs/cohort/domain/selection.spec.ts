import fc from 'fast-check';
import { checkCriteria } from './criteria-document';
import { select } from './selection';

const context = { day: '2019-05-31', adultAgeYears: 18 };
const criteria = (...all: unknown[]) => checkCriteria({ version: 1, all });

const INJECTIONS = [
  `' or 1=1 --`,
  `'; drop table facts.fact; --`,
  `") or true or ("`,
  `$1`,
  `$99::text`,
  `a' union select i from facts.person --`,
  `\\'; select pg_sleep(10) --`,
  `{"a","b"}`,
  `null`,
  `%`,
  `::text`,
  `/* */`,
  `E'\\x27'`,
  `‘ or ’1’=’1`,
  `chr(39)||pg_read_file(chr(47))`,
];

describe('the query of a cohort', () => {
  it('asks for living adults even without a rule', () => {
    const { sql, params } = select(criteria(), context);
    expect(sql).toContain('not p.deceased');
    expect(sql).toContain('consent.discoverable');
    expect(params).toEqual(['2001-04', '2001-06']);
  });

  it('binds both sides of an age, systems, codes, value ranges and units', () => {
    const { sql, params } = select(
      criteria(
        { age: { min: 40, max: 70 } },
        { sex: ['female'] },
        { medication: { codes: ['860975'] } },
        { condition: { system: 'http://snomed.info/sct', codes: ['44054006'] } },
        { observation: { codes: ['4548-4'], value: { min: 6.5, max: 9, unit: '%' } } },
      ),
      context,
    );
    expect(sql).toMatch(
      /f\.value >= \$\d+::double precision and f\.value <= \$\d+::double precision and f\.unit = \$\d+/,
    );
    expect(sql).toMatch(/f\.system = \$\d+::text/);
    expect(params).toEqual(
      expect.arrayContaining(['1979-04', '1948-06', ['female'], ['44054006'], 'http://snomed.info/sct', 6.5, 9, '%']),
    );
    expect([...sql.matchAll(/\$(\d+)/g)].map(([, n]) => Number(n))).toEqual(params.map((_, index) => index + 1));
  });

  it('takes a one-sided value and a place in a larger query', () => {
    const rule = { observation: { codes: ['x'], value: { max: 3 } } };
    const { sql, params } = select(criteria(rule), { ...context, firstParameter: 4 });
    expect(sql).toContain('f.value <= $7::double precision');
    expect(sql).not.toContain('f.value >=');
    expect(params).toEqual(['2001-04', '2001-06', ['x'], 3, '{"x":[]}']);
    expect(() => select(criteria(), { ...context, firstParameter: 0 })).toThrow('numbered from one');
  });

  it.each(INJECTIONS)('has one text whatever the strings are: %s', (hostile) => {
    const build = (value: string) =>
      select(
        criteria(
          { condition: { system: value, codes: [value] } },
          { medication: { codes: [value] } },
          { observation: { system: value, codes: [value], value: { min: 1, unit: value } } },
        ),
        context,
      );
    expect(build(hostile).sql).toBe(build('harmless').sql);
    expect(build(hostile).params).toContain(hostile);
  });

  it('has as many texts as there are shapes, not values', () => {
    const text = fc.string({ minLength: 1, maxLength: 30 }).filter((value) => !/[\p{Cc}\p{Cs}]/u.test(value));
    const expected = select(criteria({ condition: { system: 's', codes: ['c'] } }), context).sql;
    fc.assert(
      fc.property(text, fc.array(text, { minLength: 1, maxLength: 9 }), (system, codes) => {
        expect(select(criteria({ condition: { system, codes } }), context).sql).toBe(expected);
      }),
    );
  });
});
