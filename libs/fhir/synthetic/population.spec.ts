import { generatePopulation } from './population';

const options = { seed: 7, patients: 60, asOf: '2026-01-01' };

describe('the synthetic population', () => {
  const persons = [...generatePopulation(options)];

  it('is the same for the same seed and another for another', () => {
    expect(JSON.stringify([...generatePopulation(options)])).toBe(JSON.stringify(persons));
    expect(JSON.stringify([...generatePopulation({ ...options, seed: 8 })])).not.toBe(JSON.stringify(persons));
  });

  it('holds two providers, shared patients, devices, the dead and minors', () => {
    const records = persons.flat();
    expect(new Set(records.map(({ provider }) => provider))).toEqual(new Set([0, 1]));
    expect(persons.some((person) => person.length === 2)).toBe(true);
    expect(records.some(({ device }) => device.length > 0)).toBe(true);
    const text = JSON.stringify(records);
    expect(text).toContain('deceasedDateTime');
    for (const result of ['266919005', '8517006', '449868002']) expect(text).toContain(`"code":"${result}"`);
    expect(text).toMatch(/"birthDate":"202\d-/);
  });

  it('keeps every reference inside the record', () => {
    for (const { bundle } of persons.flat()) {
      const text = JSON.stringify(bundle);
      const ids = new Set((bundle.entry as { fullUrl: string }[]).map(({ fullUrl }) => fullUrl));
      const used = [...text.matchAll(/"reference":"(urn:uuid:[^"]+)"/g)].map(([, reference]) => reference as string);
      const outside = used.filter((reference) => !ids.has(reference));
      // Organizations and practitioners stand in no record, as in real exports.
      expect(new Set(outside).size).toBeLessThanOrEqual(2);
    }
  });
});
