import { elementsOfR4 } from '../r4-elements';
import { sha256 } from '../testing';
import { checkPolicy } from './policy-check';
import { POLICIES, policyNamed } from './policies';
import { policyHash, policyText, type Policy } from './policy';

type Draft = Record<string, Record<string, Record<string, Record<string, unknown>>>>;

/** A copy of the default policy with one mistake. */
function draft(change: (policy: Draft) => void): unknown {
  const copy = JSON.parse(JSON.stringify(policyNamed('expert-1'))) as Draft;
  change(copy);
  return copy;
}

/** The default policy with other rules for some elements of a type. */
function changed(type: string, elements: object): unknown {
  return draft((policy) => {
    const rule = policy['resources']![type] ?? { ...policy['resources']!['Goal'] };
    policy['resources']![type] = { ...rule, elements: { ...rule['elements'], ...elements } };
  });
}

describe('policies', () => {
  it.each(POLICIES.map((policy) => [policy.name, policy] as const))('%s passes its own checks', (_, policy) => {
    expect(checkPolicy(JSON.parse(policyText(policy)), elementsOfR4)).toEqual(JSON.parse(JSON.stringify(policy)));
  });

  it('may drop, generalise, perturb and substitute what fits', () => {
    const elements = { valueInteger: { generalise: 5 }, valueQuantity: { perturb: 2 }, note: 'drop' };
    const policy = changed('Observation', { ...elements, status: { substitute: 'unknown' } });
    expect(checkPolicy(policy, elementsOfR4)).toBe(policy);
  });

  it('are named; the default comes first', () => {
    expect(POLICIES.map(({ name }) => name)).toEqual(['expert-1', 'safe-harbor', 'minimal']);
    expect(policyNamed('safe-harbor').dates).toEqual({ kind: 'year' });
    expect(() => policyNamed('everything')).toThrow(expect.objectContaining({ code: 'POLICY_UNKNOWN' }));
  });

  it('have a hash that knows no order of members and changes with every rule', () => {
    const policy = policyNamed('expert-1');
    const reordered = Object.fromEntries(Object.entries(policy).reverse()) as unknown as Policy;
    expect(policyHash(reordered, sha256)).toBe(policyHash(policy, sha256));
    expect(policyHash(policy, sha256)).toMatch(/^[0-9a-f]{64}$/);
    const hashes = new Set([
      policyHash(policy, sha256),
      policyHash(policyNamed('safe-harbor'), sha256),
      policyHash({ ...policy, classSizeMin: 11 }, sha256),
      policyHash({ ...policy, dates: { kind: 'shift', daysMax: 181 } }, sha256),
    ]);
    expect(hashes.size).toBe(4);
  });

  it.each<[string, unknown, string]>([
    ['no object', 'expert-1', 'POLICY_MALFORMED'],
    ['a list', [], 'POLICY_MALFORMED'],
    ['another format', draft((p) => (p['format'] = 'x' as never)), 'POLICY_MALFORMED'],
    ['a name with a path', draft((p) => (p['name'] = '../x' as never)), 'POLICY_MALFORMED'],
    ['no name', draft((p) => delete p['name']), 'POLICY_MALFORMED'],
    ['no label', draft((p) => delete p['label']), 'POLICY_MALFORMED'],
    ['a version of zero', draft((p) => (p['version'] = 0 as never)), 'POLICY_MALFORMED'],
    ['ages above 89', draft((p) => (p['historyYearsMax'] = 120 as never)), 'POLICY_MALFORMED'],
    ['classes of one', draft((p) => (p['classSizeMin'] = 1 as never)), 'POLICY_MALFORMED'],
    ['dates kept', draft((p) => (p['dates'] = { kind: 'keep' } as never)), 'POLICY_DATE_RULE_INVALID'],
    [
      'a shift of nothing',
      draft((p) => (p['dates'] = { kind: 'shift', daysMax: 0 } as never)),
      'POLICY_DATE_RULE_INVALID',
    ],
    ['half a day', draft((p) => (p['dates'] = { kind: 'shift', daysMax: 0.5 } as never)), 'POLICY_DATE_RULE_INVALID'],
    ['a ZIP list without census', draft((p) => delete p['restrictedZip3']!['census']), 'POLICY_MALFORMED'],
    ['a ZIP of five digits', draft((p) => (p['restrictedZip3']!['prefixes'] = ['02108'] as never)), 'POLICY_MALFORMED'],
    [
      'a system without codes',
      draft((p) => (p['codeSystems']!['x'] = { codes: 'A' } as never)),
      'POLICY_CODE_SYSTEM_INVALID',
    ],
    [
      'a syntax that takes text',
      draft((p) => (p['codeSystems']!['x'] = { pattern: '.*' } as never)),
      'POLICY_CODE_SYSTEM_INVALID',
    ],
    [
      'a syntax that is none',
      draft((p) => (p['codeSystems']!['x'] = { pattern: '(' } as never)),
      'POLICY_CODE_SYSTEM_INVALID',
    ],
    ['no syntax', draft((p) => (p['codeSystems']!['x'] = {} as never)), 'POLICY_CODE_SYSTEM_INVALID'],
    [
      'a second form that takes text',
      draft((p) => (p['codeSystems']!['x'] = { pattern: 'A', alsoPattern: '.+' } as never)),
      'POLICY_CODE_SYSTEM_INVALID',
    ],
    [
      'an unknown check digit',
      draft((p) => (p['codeSystems']!['x'] = { pattern: 'A', checkDigit: 'mod11' } as never)),
      'POLICY_CODE_SYSTEM_INVALID',
    ],
    ['no digits', draft((p) => (p['precision']!['significantDigits'] = 0 as never)), 'POLICY_PRECISION_INVALID'],
    ['all digits', draft((p) => (p['precision']!['significantDigitsMax'] = 17 as never)), 'POLICY_PRECISION_INVALID'],
    [
      'negative decimals',
      draft((p) => (p['precision']!['decimalsByCode']!['718-7'] = -1 as never)),
      'POLICY_PRECISION_INVALID',
    ],
    [
      'practitioners',
      draft((p) => (p['resources']!['Practitioner'] = p['resources']!['Goal']!)),
      'POLICY_ELEMENT_FORBIDDEN',
    ],
    [
      'the raw Patient',
      draft((p) => (p['resources']!['Patient'] = p['resources']!['Goal']!)),
      'POLICY_ELEMENT_FORBIDDEN',
    ],
    ['a type that is none', draft((p) => (p['resources']!['__x'] = p['resources']!['Goal']!)), 'POLICY_TYPE_UNKNOWN'],
    ['notes', draft((p) => (p['resources']!['Goal']!['elements']!['note'] = 'concepts')), 'POLICY_ELEMENT_FORBIDDEN'],
    [
      'amounts deep inside',
      draft((p) => (p['resources']!['Claim']!['elements']!['item'] = { each: { net: 'quantity' } })),
      'POLICY_ELEMENT_FORBIDDEN',
    ],
    [
      'texts of observations',
      draft((p) => (p['resources']!['Observation']!['elements']!['valueString'] = 'concept')),
      'POLICY_ELEMENT_FORBIDDEN',
    ],
    [
      'an element that is none',
      draft((p) => (p['resources']!['Goal']!['elements']!['constructor'] = 'concept')),
      'POLICY_MALFORMED',
    ],
    [
      'no element of the patient',
      draft((p) => (p['resources']!['Goal']!['patientElement'] = 'who' as never)),
      'POLICY_MALFORMED',
    ],
    [
      'a date that is not let out',
      draft((p) => (p['resources']!['Goal']!['dates'] = ['dueDate'] as never)),
      'POLICY_MALFORMED',
    ],
    [
      'an unknown rule',
      draft((p) => (p['resources']!['Goal']!['elements']!['category'] = 'keep')),
      'POLICY_RULE_UNKNOWN',
    ],
    [
      'two rules in one',
      draft((p) => (p['resources']!['Goal']!['elements']!['category'] = { one: {}, each: {} })),
      'POLICY_RULE_UNKNOWN',
    ],
    [
      'an unknown kind',
      draft((p) => (p['resources']!['Goal']!['elements']!['category'] = { hash: 'x' })),
      'POLICY_RULE_UNKNOWN',
    ],
    [
      'an open list',
      draft((p) => (p['resources']!['Goal']!['elements']!['lifecycleStatus'] = { oneOf: '*' })),
      'POLICY_PARAMETER_MISSING',
    ],
    [
      'references to organisations',
      draft((p) => (p['resources']!['Goal']!['elements']!['addresses'] = { references: 'Organization' })),
      'POLICY_REFERENCE_UNKNOWN',
    ],
    ['a type of another release', changed('Permission', {}), 'POLICY_TYPE_UNKNOWN'],
    ['an element that R4 does not have', changed('Goal', { colour: 'concept' }), 'POLICY_ELEMENT_UNKNOWN'],
    ['one deep inside', changed('Goal', { target: { each: { colour: 'concept' } } }), 'POLICY_ELEMENT_UNKNOWN'],
    [
      'a patient element that the type does not have',
      draft((p) => (p['resources']!['Goal']!['patientElement'] = 'patient' as never)),
      'POLICY_ELEMENT_UNKNOWN',
    ],
    ['a shift of codes', changed('Goal', { category: 'date' }), 'POLICY_RULE_UNFIT'],
    ['noise on a date', changed('Goal', { startDate: { perturb: 3 } }), 'POLICY_RULE_UNFIT'],
    ['a concept opened up', changed('Goal', { category: { each: { coding: 'codings' } } }), 'POLICY_RULE_UNFIT'],
    [
      'a code in the place of a flag',
      changed('Immunization', { primarySource: { substitute: 'no' } }),
      'POLICY_RULE_UNFIT',
    ],
    ['a method without its parameter', changed('Observation', { valueInteger: 'perturb' }), 'POLICY_PARAMETER_MISSING'],
    ['noise of nothing', changed('Observation', { valueInteger: { perturb: 0 } }), 'POLICY_PARAMETER_MISSING'],
    ['a step of text', changed('Observation', { valueInteger: { generalise: 'x' } }), 'POLICY_PARAMETER_MISSING'],
    [
      'a text as constant',
      changed('Goal', { lifecycleStatus: { substitute: 'Jane Roe' } }),
      'POLICY_PARAMETER_MISSING',
    ],
    ['a reference to nothing', changed('Goal', { addresses: { references: 1 } }), 'POLICY_PARAMETER_MISSING'],
    ['encryption', changed('Observation', { valueInteger: 'encrypt' }), 'POLICY_METHOD_REFUSED'],
    [
      'encryption with a parameter',
      changed('Observation', { valueInteger: { encrypt: 'k' } }),
      'POLICY_METHOD_REFUSED',
    ],
  ])('refuses %s', (_, policy, code) => {
    expect(() => checkPolicy(policy, elementsOfR4)).toThrow(expect.objectContaining({ code }));
  });
});
