import { dayNumber } from './calendar';
import type { JsonMembers } from './element-rules';
import { FinalMeasurement, measureFinal } from './final-measure';
import { POLICIES } from './policies';
import { firstDay } from './row-dates';

const patient = (id: string, ageBand = '40-44'): JsonMembers => ({
  resourceType: 'Patient',
  id,
  ageBand,
  gender: 'female',
});
const event = (person: string, members: JsonMembers): JsonMembers => ({
  resourceType: 'Condition',
  id: 'r',
  subject: { reference: `Patient/${person}` },
  ...members,
});
const diagnosis = (person: string, code: string, onsetDateTime?: string) =>
  event(person, { code: { coding: [{ system: 's', code }] }, onsetDateTime });

describe('measure of final files', () => {
  it('counts classes and the chance of a hit', () => {
    const measure = measureFinal([patient('a'), patient('b'), patient('c'), patient('d', '90+')], 2);
    expect(measure).toMatchObject({
      persons: 4,
      rows: 4,
      suppressed: 2,
      classes: 2,
      classSizeMin: 1,
      classSizes: [
        { size: 1, classes: 1 },
        { size: 3, classes: 1 },
      ],
      prosecutorRisk: { max: 1, average: 0.5 },
    });
    expect(measure.attributes).toEqual(['ageBand', 'gender', 'state', 'zip3', 'race', 'ethnicity']);
  });

  it('finds who is unique by diagnoses, in the whole and in the class', () => {
    const rows = [
      patient('a'),
      patient('b'),
      patient('c', '50-54'),
      diagnosis('a', 'x'),
      diagnosis('b', 'y'),
      diagnosis('b', 'x'),
    ];
    const { uniqueTrajectories } = measureFinal([...rows, diagnosis('c', 'x'), diagnosis('c', 'x')]);
    expect(uniqueTrajectories.byDiagnoses).toBeCloseTo(1 / 3); // only b has {x, y}
    expect(uniqueTrajectories.byDiagnosesInClass).toBe(1);
  });

  it('finds who is unique by number of events and interval', () => {
    const rows = ['a', 'b'].flatMap((person) => [
      patient(person),
      diagnosis(person, 'x', '2015-01-01'),
      diagnosis(person, 'x', '2015-01-11'),
    ]);
    const alone = [
      patient('c'),
      diagnosis('c', 'x', '2015-01-01'),
      event('c', { onsetPeriod: { start: '2015-01-12' } }),
    ];
    const none = [patient('d'), event('d', { code: null, onsetPeriod: {}, recordedDate: 'x' })];
    expect(measureFinal([...rows, ...alone, ...none]).uniqueTrajectories.byCountAndInterval).toBe(0.5);
  });

  it('finds who is alone in the class by the year in which the dates begin', () => {
    const rows = ['a', 'b', 'c', 'd'].map((person) => patient(person));
    const dated = [
      diagnosis('a', 'x', '2001-07-01'),
      diagnosis('b', 'x', '2015-01-01'),
      diagnosis('b', 'x', '2001-01-11'),
      diagnosis('c', 'x', '2015-01-11'),
      diagnosis('d', 'x', '2015-02-11'),
    ];
    expect(measureFinal([...rows, ...dated]).uniqueByFirstYear).toBe(0);
    // A date inside of a row tells the age as well: that of a service, long before the bill.
    const billed = { ...event('d', { created: '2015', item: [{ servicedDate: '1961' }] }) };
    const bill = { ...billed, resourceType: 'ExplanationOfBenefit' };
    expect(measureFinal([...rows, ...dated, bill]).uniqueByFirstYear).toBe(0.5); // c and d
    expect(measureFinal([...rows, patient('e', '90+'), ...dated]).uniqueByFirstYear).toBe(0.2);
  });

  it('takes the dates of a row from the policies: every type by its own, periods also by their end', () => {
    for (const { resources } of POLICIES) {
      for (const [resourceType, { dates, elements }] of Object.entries(resources)) {
        for (const element of dates) {
          const days = elements[element] === 'period' ? { end: '2015-01-12' } : '2015-01-12';
          expect([resourceType, element, firstDay({ resourceType, [element]: days })]).toEqual([
            resourceType,
            element,
            dayNumber(2015, 1, 12),
          ]);
        }
      }
    }
    expect(firstDay({ resourceType: 'Claim', billablePeriod: {}, created: '2015' })).toBe(dayNumber(2015, 1, 1));
    expect(firstDay({ resourceType: 'Basic', created: '2015' })).toBeUndefined();
  });

  it('looks for dates where the policy of the files has them, also in types that no shipped policy lets out', () => {
    const elements = { occurrenceDateTime: 'date' } as const;
    const rule = { patientElement: 'subject', primary: [], dates: ['occurrenceDateTime'], elements } as const;
    const measurement = new FinalMeasurement({ DeviceUseStatement: { ...rule } });
    for (const [person, year] of [
      ['a', '2001'],
      ['b', '2002'],
      ['c', '2002'],
    ] as const) {
      measurement.add(patient(person));
      measurement.add({ ...event(person, { occurrenceDateTime: year }), resourceType: 'DeviceUseStatement' });
    }
    expect(measurement.result(0).uniqueByFirstYear).toBeCloseTo(1 / 3);
  });

  it('says so when a person has rows but no Patient row', () => {
    expect(measureFinal([diagnosis('a', 'x')])).toMatchObject({ persons: 1, classSizeMin: 1 });
  });

  it('is zero of nothing', () => {
    expect(measureFinal([])).toMatchObject({
      persons: 0,
      classes: 0,
      classSizeMin: 0,
      prosecutorRisk: { max: 0, average: 0 },
      uniqueTrajectories: { byDiagnoses: 0, byDiagnosesInClass: 0, byCountAndInterval: 0 },
      uniqueByFirstYear: 0,
    });
  });
});
