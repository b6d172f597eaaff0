import type { Conversion } from './domain/evaluation/read-codes';
import { loadConversion } from './units';

const LOINC = 'http://loinc.org';
const [GLUCOSE, OTHER] = ['2345-7', '1234-5'];
let conversion: Conversion;
beforeAll(async () => {
  conversion = await loadConversion();
});
const turned = (limit: number, from: string, unit: string, code = OTHER): number | undefined =>
  conversion(from, { system: LOINC, code, unit })?.(limit);

describe('a limit in another unit', () => {
  it.each([
    [70, 'mg/dL', 0.7, 'g/L'],
    [110, 'mg/dL', 1.1, 'g/L'],
    [4, '10*3/uL', 4, '10*9/L'],
    [38, 'Cel', 100.4, '[degF]'],
    [98.6, '[degF]', 37, 'Cel'],
    [0, 'Cel', 273.15, 'K'],
    [140, 'mm[Hg]', 18.66508, 'kPa'],
    [5, 'mmol/L', 5000, 'umol/L'],
    [30, 'kg/m2', 3, 'g/cm2'],
    [100, '[lb_av]', 45.359237, 'kg'],
    [1, 'ukat/L', 60, 'U/L'],
    [60, '/min', 1, '/s'],
    [7, 'mg/dL', 7, 'mg/dl'],
  ])('%d %s are %d %s', (limit, from, expected, to) => {
    expect(turned(limit, from, to)).toBe(expected);
    expect(turned(expected, to, from)).toBeCloseTo(limit, 4);
  });

  it.each([
    ['another dimension', 'mg/dL', 'mg'],
    ['moles of an unknown substance', 'mmol/L', 'mg/dL'],
    ['a rate of mass to moles', 'mg/mmol', 'mg'],
    ['numbers without a dimension: HbA1c has two scales', '%', 'mmol/mol'],
    ['scores', '{score}', '1'],
    ['arbitrary units', '[IU]/L', 'U/L'],
    ['arbitrary units of one name', 'm[IU]/L', 'u[IU]/mL'],
    ['equivalents', 'meq/L', 'mmol/L'],
    ['logarithms', '[pH]', 'mol/L'],
    ['moles for a number of cells', 'mmol/L', '/L'],
    ['what is no UCUM', 'gm/dL', 'g/dL'],
    ['what is written with blanks', 'mg / dL', 'mg/dL'],
    ['what is not written', 'mg/dL', ''],
    ['names that are taken for codes', 'gram', 'g'],
  ])('is not there for %s', (_, a, b) => {
    expect(turned(1, a, b)).toBeUndefined();
    expect(turned(1, b, a)).toBeUndefined();
  });

  it('goes from mass to moles for codes whose substance is known, and for these only', () => {
    expect(turned(126, 'mg/dL', 'mmol/L', GLUCOSE)).toBe(6.99393858656);
    expect(turned(7, 'mmol/L', 'mg/dL', GLUCOSE)).toBe(126.1092);
    expect(turned(126, 'mg/dL', 'mmol/L', '4548-4')).toBeUndefined();
    expect(conversion('mg/dL', { system: 'local', code: GLUCOSE, unit: 'mmol/L' })).toBeUndefined();
    expect(turned(1, 'mg', 'mmol/L', GLUCOSE)).toBeUndefined();
  });
});
