import { POLICIES, policyNamed, SHIPPED_VIEWS } from '@aceso/deidentification/domain';
import { hmacSha256 } from '@aceso/deidentification/testing';
import { generatePopulation } from '@aceso/fhir/synthetic';
import { shippedDictionaries } from './shipped-dictionary';
import { PREVIEW_ROWS_MAX, previewTables, type PreviewTable } from './synthetic-preview';

function previewOf(policy: string): readonly PreviewTable[] {
  const making = previewTables(policyNamed(policy), hmacSha256);
  for (;;) {
    const step = making.next();
    if (step.done) return step.value;
  }
}
const previews = new Map(POLICIES.map(({ name }) => [name, previewOf(name)]));
const dictionaries = shippedDictionaries();
const leaving = (policy: string) =>
  dictionaries.flatMap(({ name, columns }) => {
    const left = columns.filter(({ rules }) => rules.find((rule) => rule.policy === policy)!.leaves);
    return left.length === 0 ? [] : [{ name, columns: left.map((column) => column.name) }];
  });

describe('what is offered before anybody is asked', () => {
  it('is described by columns, with a rule under each policy', () => {
    expect(dictionaries.map(({ name }) => name)).toEqual(SHIPPED_VIEWS.map(({ name }) => name));
    const { columns } = dictionaries.find(({ name }) => name === 'condition')!;
    const of = (name: string) => columns.find((column) => column.name === name)!;
    expect(of('person_id')).toMatchObject({ refersTo: 'person', list: false });
    expect(of('onset_date').rules.map(({ policy, unit }) => `${policy} ${unit}`)).toEqual([
      'expert-1 date',
      'safe-harbor year',
      'minimal year',
    ]);
    expect(of('abatement_date').rules.at(-1)).toEqual({
      ...{ policy: 'minimal', leaves: false, rule: null, unit: null, allowedCodes: [] },
    });
    const encounter = dictionaries.find(({ name }) => name === 'encounter')!;
    const status = encounter.columns.find(({ name }) => name === 'status')!;
    expect(status.rules[0]).toMatchObject({
      rule: 'one of a closed list',
      allowedCodes: expect.arrayContaining(['finished']),
    });
  });

  it.each(POLICIES.map(({ name }) => name))('has a preview under %s with the columns of the dictionary', (policy) => {
    const tables = previews.get(policy)!;
    expect(tables.map(({ name, columns }) => ({ name, columns }))).toEqual(leaving(policy));
    for (const { columns, rows } of tables) {
      expect(rows).toHaveLength(PREVIEW_ROWS_MAX);
      for (const cells of rows) expect(cells).toHaveLength(columns.length);
    }
  });

  it('shows the same rows every time, and nothing of made-up persons that would not leave', () => {
    const text = JSON.stringify(previews.get('safe-harbor'));
    expect(JSON.stringify(previewOf('safe-harbor'))).toBe(text);
    expect(text).not.toMatch(/\d{4}-\d{2}-\d{2}/);
    for (const records of generatePopulation({ seed: 1, patients: 60, asOf: '2026-01-01' })) {
      for (const { patientId, bundle } of records) {
        expect(text).not.toContain(patientId);
        for (const [, id] of JSON.stringify(bundle).matchAll(/"id":"([^"]+)"/g))
          if (text.includes(id!)) throw new Error(id);
      }
    }
  });
});
