import { policyNamed } from './policies';
import type { ProjectedRow } from './projector';
import { CodePersons, collectCodes, dropRareCodes, rareCodes } from './rare-codes';

const policy = policyNamed('expert-1');
const SNOMED = 'http://snomed.info/sct';
const concept = (...codes: string[]) => ({ coding: codes.map((code) => ({ system: SNOMED, code })) });
const row = (members: Record<string, unknown>, ...codes: string[]): ProjectedRow => ({
  type: 'Condition',
  row: { resourceType: 'Condition', id: '1', ...members },
  sortDate: '',
  codes: codes.map((code) => `${SNOMED}|${code}`),
});
const rare = new Set([`${SNOMED}|rare`]);

describe('rare codes', () => {
  it('are those that fewer than k distinct persons have', () => {
    const persons = new CodePersons();
    for (let person = 0; person < 5; person += 1) persons.add([row({}, 'common'), row({}, 'common', 'common')]);
    for (let person = 0; person < 4; person += 1) persons.add([row({}, 'rare'), row({}, 'rare')]);
    expect(persons.counts().get(`${SNOMED}|common`)).toBe(5);
    expect(rareCodes(persons.counts(), 5)).toEqual(rare);
    expect(rareCodes(persons.counts(), 1)).toEqual(new Set());
    expect(() => rareCodes(persons.counts(), 0)).toThrow('positive');
  });

  it('leave a row without them as it is', () => {
    const common = row({ code: concept('common') }, 'common');
    expect(dropRareCodes(common, rare, policy)).toBe(common);
  });

  it('take the row with them when its primary code is gone', () => {
    expect(
      dropRareCodes(row({ code: concept('rare'), severity: concept('common') }, 'rare', 'common'), rare, policy),
    ).toBeNull();
  });

  it('leave with everything that they empty, and change no shared object', () => {
    const code = Object.freeze(concept('common', 'rare'));
    const before = row({ code, bodySite: [concept('rare')], onsetDateTime: '2015' }, 'common', 'rare');
    const after = dropRareCodes(before, rare, policy)!;
    expect(after.row).toEqual({ resourceType: 'Condition', id: '1', code: concept('common'), onsetDateTime: '2015' });
    expect(after.codes).toEqual([`${SNOMED}|common`]);
    expect(code.coding).toHaveLength(2);
  });

  it('keep quantities, which have a system and a code too', () => {
    const quantity = { value: 1, system: SNOMED, code: 'rare' };
    const goal = { ...row({ valueQuantity: quantity, category: [concept('rare')] }, 'rare'), type: 'Goal' };
    expect(dropRareCodes(goal, rare, policy)!.row).toEqual({
      resourceType: 'Condition',
      id: '1',
      valueQuantity: quantity,
    });
    expect(dropRareCodes({ ...goal, type: 'NoSuchType' }, rare, policy)).not.toBeNull();
  });

  const weight = (unit: string, ...codes: string[]): ProjectedRow => {
    const measured = { code: concept(...codes), valueQuantity: { value: 70, unit } };
    const members = { ...measured, component: [measured], dosage: [{ dose: { value: 2, unit } }] };
    const keys = new Set<string>();
    collectCodes(members, keys);
    return { ...row(members), type: 'Observation', codes: [...keys] };
  };

  it('are also units that fewer than k persons have for a code: their quantities do not leave', () => {
    const persons = new CodePersons();
    for (let person = 0; person < 5; person += 1) persons.add([weight('kg', 'weight')]);
    const alone = weight('[oz_av]', 'weight');
    persons.add([alone]);
    const found = rareCodes(persons.counts(), 5);
    expect([...found]).toEqual([`[oz_av] of ${SNOMED}|weight`, 'unit|[oz_av]']);
    expect(dropRareCodes(weight('kg', 'weight'), found, policy)!.row).toHaveProperty('valueQuantity');
    const after = dropRareCodes(alone, found, policy)!;
    expect(after.row).toEqual({
      resourceType: 'Condition',
      id: '1',
      code: concept('weight'),
      component: [{ code: concept('weight') }],
    });
    expect(after.codes).toEqual([`${SNOMED}|weight`]);
  });

  it('take a unit by any code that is measured in it, also when another code of the row leaves first', () => {
    const pair = `kg of ${SNOMED}|weight`;
    const after = dropRareCodes(weight('kg', 'rare', 'weight'), new Set([...rare, pair]), policy)!;
    expect(after.row['code']).toEqual(concept('weight'));
    expect(after.row['valueQuantity']).toBeUndefined();
  });

  it('are also plain texts, and a row does not leave without one that turns its meaning', () => {
    const encounter = (status: string): ProjectedRow => ({
      type: 'Encounter',
      row: { resourceType: 'Encounter', id: '1', class: { system: SNOMED, code: 'common' }, status },
      sortDate: '',
      codes: [`${SNOMED}|common`, `Encounter.status|${status}`],
    });
    const persons = new CodePersons();
    for (let person = 0; person < 5; person += 1) persons.add([encounter('finished')]);
    persons.add([encounter('entered-in-error')]);
    const found = rareCodes(persons.counts(), 5);
    expect([...found]).toEqual(['Encounter.status|entered-in-error']);
    expect(dropRareCodes(encounter('entered-in-error'), found, policy)).toBeNull();
    expect(dropRareCodes(encounter('finished'), found, policy)).not.toBeNull();
  });

  it('nor without a coding that does', () => {
    const refuted = row({ code: concept('common'), verificationStatus: concept('rare') }, 'common', 'rare');
    expect(dropRareCodes(refuted, rare, policy)).toBeNull();
  });

  it('are also comparators that few persons have', () => {
    const below = { value: 1, unit: 'kg', comparator: '<' };
    const keys = new Set<string>();
    collectCodes({ code: concept('weight'), valueQuantity: below }, keys);
    expect([...keys]).toEqual([`${SNOMED}|weight`, `kg of ${SNOMED}|weight`, 'Quantity.comparator|<']);
    const compared = {
      ...row({ code: concept('weight'), valueQuantity: below }),
      type: 'Observation',
      codes: [...keys],
    };
    expect(dropRareCodes(compared, new Set(['Quantity.comparator|<']), policy)!.row).not.toHaveProperty(
      'valueQuantity',
    );
  });
});
