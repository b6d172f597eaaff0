import { FieldCensus, VALUES_MAX } from './field-census';

describe('field census', () => {
  it('counts an element once a row, without indexes', () => {
    const census = new FieldCensus();
    census.add({
      resourceType: 'Observation',
      code: { coding: [{ code: 'a' }, { code: 'b' }] },
      valueQuantity: { value: 1.5 },
    });
    census.add({ resourceType: 'Observation', code: { coding: [{ code: 'c', display: 'C' }] } });
    census.add({ resourceType: 'Observation', valueQuantity: { value: '>5' } });
    expect(census.rows).toBe(3);
    expect(census.uses()).toEqual([
      { path: 'code.coding.code', types: ['string'], rows: 2 },
      { path: 'code.coding.display', types: ['string'], rows: 1 },
      { path: 'resourceType', types: ['string'], rows: 3 },
      { path: 'valueQuantity.value', types: ['number', 'string'], rows: 2 },
    ]);
  });

  it('keeps the values of code systems and units, and of nothing else', () => {
    const census = new FieldCensus();
    for (let n = 0; n < 100; n += 1)
      census.add({ code: { system: `s${n % 2}`, code: `c${n}` }, valueQuantity: { unit: `u${n}` } });
    const uses = new Map(census.uses().map((use) => [use.path, use.values]));
    expect(uses.get('code.system')).toEqual(['s0', 's1']);
    expect(uses.get('code.code')).toBeUndefined();
    expect(uses.get('valueQuantity.unit')).toHaveLength(VALUES_MAX);
  });
});
