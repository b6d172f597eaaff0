import { policyNamed } from '@aceso/deidentification/domain';
import { CodeSpread } from './code-spread';
import { collectCodes, mayHoldCode, mayHoldText, mayRefer, personOf } from './row-scan';

const row = {
  resourceType: 'Observation',
  id: 'r1',
  subject: { reference: 'Patient/p1' },
  encounter: { reference: 'Encounter/e1' },
  code: {
    coding: [
      { system: 's', code: 'a' },
      { system: 's', code: 'b' },
    ],
  },
  valueQuantity: { value: 1, system: 'u', code: 'mg', unit: 'mg' },
};

describe('row scan', () => {
  it('finds codes and references in the text of a row, and misses nothing', () => {
    const text = JSON.stringify(row);
    expect(mayHoldCode(text, new Set(['b', 'x']))).toBe(true);
    expect(mayHoldCode(text, new Set(['x']))).toBe(false);
    expect(mayHoldCode(text, new Set())).toBe(false);
    expect(mayHoldCode('{"doseQuantity":{"value":2,"unit":"score"}}', new Set(['score']))).toBe(true);
    expect(mayHoldText('{"category":["food","biologic"]}', ['high', 'biologic'])).toBe(true);
    expect(mayHoldText('{"category":["food"]}', ['high', 'biologic'])).toBe(false);
    expect(mayRefer(text, new Set(['Encounter/e1']))).toBe(true);
    expect(mayRefer(text, new Set(['Encounter/e2']))).toBe(false);
  });

  it('collects codings, and units with the codes that are measured in them', () => {
    const codes = new Set<string>();
    collectCodes(row, codes);
    expect([...codes]).toEqual(['s|a', 's|b', 'mg of s|a', 'mg of s|b']);
    expect(personOf(row)).toBe('p1');
    expect(personOf({ resourceType: 'Patient', id: 'p2' })).toBe('p2');
  });

  it('counts distinct persons of a code over all files', () => {
    const spread = new CodeSpread(2, policyNamed('expert-1'));
    spread.add(row);
    spread.add({ ...row, id: 'r2' });
    spread.add({ ...row, subject: { reference: 'Patient/p2' }, code: { coding: [{ system: 's', code: 'a' }] } });
    expect([...spread.rare()]).toEqual(['s|b', 'mg of s|b']);
  });
});
