import { isUnit } from './unit';

describe('units', () => {
  it.each(
    (
      '% (score) 10*3/uL 10*6/uL Cel C IU/L K/uL M/uL U/L beats/minute cm fL g/L g/dL kU/L kg/m2 kg mL/min/{1.73_m2} mL/min ' +
      'mg/dL mg/g mmHg mm[Hg] mmol/L mm ng/mL pH pg/mL pg {T-score} {count} {nominal} {score} /min {steps} [degF] m2 mm3 ' +
      'umol/L m[IU]/L u[IU]/mL ug/kg/min meq/L mosm/kg [in_i] [lb_av] {INR} 10*9/L 1/min a mo wk d h'
    ).split(' '),
  )('takes %s', (unit) => {
    expect(isUnit(unit)).toBe(true);
  });

  it.each([
    'John',
    'see note',
    'mg {John Smith}',
    '{patient is homeless}',
    '6175551234',
    '555-12-3456',
    'mg per day',
    'Smith/L',
    '',
    'mg/dL/mg/dL/mg/dL',
    '1985-03-02',
    'm'.repeat(31),
  ])('refuses %s', (text) => {
    expect(isUnit(text)).toBe(false);
  });

  it('decides again after its memory is full', () => {
    for (let n = 0; n < 5_100; n += 1) expect(isUnit(`note ${n}`)).toBe(false);
    expect(isUnit('kg')).toBe(true);
  });
});
