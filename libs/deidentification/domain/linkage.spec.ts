import type { JsonMembers } from './element-rules';
import { measureLinkage } from './linkage';

const SYSTEM = 'http://loinc.org';

/** Two persons with an encounter and a measurement each; ids and dates as the sale makes them. */
function rows(sale: string, firstDay: string, secondDay: string): JsonMembers[] {
  const person = (name: string, value: number): JsonMembers[] => [
    { resourceType: 'Patient', id: `${sale}-${name}` },
    {
      resourceType: 'Condition',
      id: `${sale}-${name}-c`,
      subject: { reference: `Patient/${sale}-${name}` },
      code: { coding: [{ system: SYSTEM, code: name }] },
      onsetDateTime: firstDay,
    },
    {
      resourceType: 'Observation',
      id: `${sale}-${name}-o`,
      subject: { reference: `Patient/${sale}-${name}` },
      effectiveDateTime: secondDay,
      valueQuantity: { value, system: 'u', code: 'kg' },
    },
  ];
  return [...person('a', 1), ...person('b', 2)];
}

describe('linkage of two packages', () => {
  it('finds nothing but values where ids and dates differ', () => {
    expect(measureLinkage(rows('x', '2015-01-01', '2015-01-05'), rows('y', '2014-07-01', '2014-07-05'))).toEqual({
      persons: [2, 2],
      sharedIdentifiers: 0,
      byDates: 0,
      byOrder: 2,
      byValues: { diagnoses: 1, codes: 1, intervals: 0, numbers: 1 },
    });
  });

  it('sees identifiers that stand in both', () => {
    const same = rows('x', '2015-01-01', '2015-01-05');
    expect(measureLinkage(same, same).sharedIdentifiers).toBe(8); // six rows and two subjects
  });

  it('sees dates and intervals that only one person has', () => {
    const one = rows('x', '2015-01-01', '2015-01-05').slice(0, 3);
    const other = rows('y', '2015-01-01', '2015-01-05').slice(3);
    expect(measureLinkage(one, other)).toMatchObject({
      byDates: 1,
      byValues: { intervals: 1, diagnoses: 0, numbers: 0 },
    });
  });

  it('has nothing to join where there is nothing', () => {
    expect(measureLinkage([], [])).toMatchObject({ persons: [0, 0], byDates: 0, byValues: { codes: 0 } });
    const bare = [{ resourceType: 'Patient', id: 'p' }];
    expect(measureLinkage(bare, [{ resourceType: 'Patient', id: 'q' }]).byValues).toEqual({
      diagnoses: 0,
      codes: 0,
      intervals: 0,
      numbers: 0,
    });
  });
});
