import { codingTable } from './coding-table';
import { policyNamed } from './policies';

const { codeSystems } = policyNamed('expert-1');
const SNOMED = 'http://snomed.info/sct';
const LOINC = 'http://loinc.org';
const RXNORM = 'http://www.nlm.nih.gov/research/umls/rxnorm';

describe('coding table', () => {
  const lookup = codingTable(codeSystems, (_, code) => (code === '72892002' ? 'Normal pregnancy' : undefined));

  it.each([
    [SNOMED, '72892002'],
    [SNOMED, '428191000124101'],
    [LOINC, '718-7'],
    [LOINC, '1271AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'],
    [RXNORM, '316672'],
    ['http://hl7.org/fhir/sid/icd-10-cm', 'E11.9'],
    ['http://hl7.org/fhir/sid/cvx', '140'],
    ['http://terminology.hl7.org/CodeSystem/v3-ActCode', 'AMB'],
  ])('%s|%s leaves', (system, code) => {
    expect(lookup(system, code)).toMatchObject({ coding: { system, code }, key: `${system}|${code}` });
  });

  it.each([
    ['a system that is not allowed', 'https://hospital.example/codes', 'A1'],
    ['text in a code', SNOMED, 'patient is homeless'],
    ['a telephone number as SNOMED CT', SNOMED, '6175551234'],
    ['a wrong check digit', SNOMED, '72892003'],
    ['a LOINC code under SNOMED CT', SNOMED, '34552-0'],
    ['a wrong LOINC check digit', LOINC, '718-8'],
    ['a social security number as LOINC', LOINC, '999-12-3456'],
    ['CIEL padding of the wrong length', LOINC, '1271AAAA'],
    ['a name in a closed list', 'http://terminology.hl7.org/CodeSystem/v3-ActCode', 'smith'],
    ['a number for a code', SNOMED, 72_892_002],
    ['no code', SNOMED, undefined],
    ['no system', undefined, '72892002'],
    ['a code without end', RXNORM, '1'.repeat(65)],
  ])('%s does not leave', (_, system, code) => {
    expect(lookup(system, code)).toBeUndefined();
    expect(lookup(system, code)).toBeUndefined(); // decided once, remembered
  });

  it('takes displays from our table only and shares one frozen object a code', () => {
    const found = lookup(SNOMED, '72892002')!;
    expect(found.coding).toEqual({ system: SNOMED, code: '72892002', display: 'Normal pregnancy' });
    expect(lookup(SNOMED, '72892002')).toBe(found);
    expect(Object.isFrozen(found.coding)).toBe(true);
  });

  it('starts anew when a flood of codes fills it', () => {
    for (let code = 1; code <= 50_010; code += 1) lookup(RXNORM, String(code));
    expect(lookup(RXNORM, '316672')).toBeDefined();
  });
});
