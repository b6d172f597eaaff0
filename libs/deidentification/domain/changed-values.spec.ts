import { saleOf } from '../testing';
import type { ElementRules, Policy } from './policy';
import { policyNamed } from './policies';
import { compileProjector } from './projector';

/** Rules that the shipped policies do not use: a policy file may. */
function policyWith(elements: ElementRules): Policy {
  const policy = policyNamed('safe-harbor');
  const { Observation } = policy.resources;
  const rule = {
    ...Observation!,
    primary: [],
    elements: { code: 'concept', effectiveDateTime: 'date', ...elements },
  } as const;
  return { ...policy, resources: { Observation: { ...rule, dates: ['effectiveDateTime'] } } };
}

const POTASSIUM = { coding: [{ system: 'http://loinc.org', code: '6298-4' }] }; // one decimal place

function project(elements: ElementRules, observation: object, { keyByte = 1, line = 0 } = {}) {
  const projector = compileProjector(policyWith(elements), saleOf(keyByte));
  const person = projector.person('p');
  const resource = {
    resourceType: 'Observation',
    id: `o${line}`,
    code: POTASSIUM,
    effectiveDateTime: '2019-03-04',
    ...observation,
  };
  const position = { sourceRecordId: 's', sequence: 1, line };
  projector.note(resource, position, person);
  return projector.project(resource, position, person)!.row;
}

const potassium = (value: number) => ({ valueQuantity: { value, unit: 'mmol/L' } });

describe('values', () => {
  it('are lowered to multiples of a step, in quantities and by themselves', () => {
    expect(project({ valueQuantity: { generalise: 0.5 } }, potassium(4.74))['valueQuantity']).toEqual({
      value: 4.5,
      unit: 'mmol/L',
    });
    expect(project({ valueInteger: { generalise: 10 } }, { valueInteger: 87 })['valueInteger']).toBe(80);
    expect(project({ valueInteger: { generalise: 10 } }, { valueInteger: -3 })['valueInteger']).toBe(-10);
    expect(project({ valueInteger: { generalise: 10 } }, { valueInteger: 'x' })).not.toHaveProperty('valueInteger');
  });

  it('get noise inside of the span, rounded to the decimals of their code', () => {
    const noisy = Array.from({ length: 400 }, (_, line) => {
      const { valueQuantity } = project({ valueQuantity: { perturb: 2 } }, potassium(4.74), { line });
      return (valueQuantity as { value: number }).value;
    });
    for (const value of noisy) expect(Number(value.toFixed(1))).toBe(value);
    expect(Math.min(...noisy)).toBeGreaterThanOrEqual(3.7);
    expect(Math.max(...noisy)).toBeLessThanOrEqual(5.8);
    expect(new Set(noisy).size).toBeGreaterThan(15);
    expect(noisy.reduce((sum, value) => sum + value, 0) / noisy.length).toBeCloseTo(4.74, 0);
  });

  it('get the same noise in the same order, other noise in another sale and in another place of a row', () => {
    const rules: ElementRules = {
      valueQuantity: { perturb: 200 },
      component: { each: { valueInteger: { perturb: 200 } } },
    };
    const observation = { ...potassium(500), component: [{ valueInteger: 500 }, { valueInteger: 500 }] };
    const one = project(rules, observation);
    expect(project(rules, observation)).toEqual(one);
    expect(project(rules, observation, { keyByte: 2 })['valueQuantity']).not.toEqual(one['valueQuantity']);
    const [a, b] = one['component'] as { valueInteger: number }[];
    expect(a!.valueInteger).not.toBe(b!.valueInteger);
  });

  it('become a constant where they are there, and are dropped where the policy says so', () => {
    const rules: ElementRules = {
      status: { substitute: 'unknown' },
      valueBoolean: { substitute: false },
      valueInteger: 'drop',
    };
    const row = project(rules, { status: 'final', valueInteger: 3 });
    expect(row).toMatchObject({ status: 'unknown' });
    expect(row).not.toHaveProperty('valueBoolean');
    expect(row).not.toHaveProperty('valueInteger');
  });
});
