import { createDecipheriv, createHmac, randomBytes } from 'node:crypto';
import { hmacSha256 } from '../testing';
import { compileFhirPathRules, parseFhirPathRules, type RulesContext } from '.';

type Json = Record<string, unknown>;
type Rule = Json & { path: string; method: string };

const CONTEXT: RulesContext = { hmacSha256, randomBytes, asOf: '2025-09-05', key: new Uint8Array(32).fill(1) };
const file = (rules: unknown, more: Json = {}) => JSON.stringify({ fhirPathRules: rules, ...more });
const rule = (more: Json): Rule => ({ path: 'Patient.name', method: 'redact', ...more });

async function apply(rules: readonly Rule[], resource: Json, more: Json = {}): Promise<Json> {
  const configuration = await parseFhirPathRules(file(rules, more));
  return compileFhirPathRules(configuration, CONTEXT)(resource);
}

const patient = {
  resourceType: 'Patient',
  id: 'p1',
  name: [
    { use: 'official', family: 'Roe' },
    { family: 'Doe', given: ['Jane', 'J'] },
  ],
  birthDate: '1980-02-03',
  multipleBirthInteger: 2,
};

describe('a configuration of fhirPathRules', () => {
  it.each<[string, string, string]>([
    ['no JSON', 'rules', 'FHIRPATH_RULES_MALFORMED'],
    ['a list', '[]', 'FHIRPATH_RULES_MALFORMED'],
    ['another version', file([rule({})], { fhirVersion: 'STU3' }), 'FHIRPATH_RULES_VERSION_UNSUPPORTED'],
    ['no rules', '{}', 'FHIRPATH_RULES_MISSING'],
    ['an empty list of rules', file([]), 'FHIRPATH_RULES_MISSING'],
    ['too many rules', file(Array(10_001).fill(rule({}))), 'FHIRPATH_RULES_MALFORMED'],
    ['a rule that is a text', file(['Patient']), 'FHIRPATH_RULES_MALFORMED'],
    ['a way to handle errors that is none', file([rule({})], { processingErrors: 'hide' }), 'FHIRPATH_RULES_MALFORMED'],
    ['an unknown method', file([rule({ method: 'mask' })]), 'FHIRPATH_RULE_METHOD_UNSUPPORTED'],
    ['no FHIRPath', file([rule({ path: 'Patient.name..x' })]), 'FHIRPATH_RULE_PATH_INVALID'],
    ['a function that is none', file([rule({ path: 'invalid()' })]), 'FHIRPATH_RULE_PATH_INVALID'],
    ['a function deep inside', file([rule({ path: 'Patient.where(a.b(c()))' })]), 'FHIRPATH_RULE_PATH_INVALID'],
    ['a function that writes content', file([rule({ path: "Patient.name.trace('x')" })]), 'FHIRPATH_RULE_PATH_INVALID'],
    ['a very long path', file([rule({ path: `Patient.${'a'.repeat(1_000)}` })]), 'FHIRPATH_RULE_PATH_INVALID'],
    ['no replacement', file([rule({ method: 'substitute' })]), 'FHIRPATH_RULE_REPLACEMENT_MISSING'],
    ['no span', file([rule({ method: 'perturb' })]), 'FHIRPATH_RULE_SPAN_MISSING'],
    ['a span of text', file([rule({ method: 'perturb', span: 'wide' })]), 'FHIRPATH_RULE_SPAN_INVALID'],
    ['a negative span', file([rule({ method: 'perturb', span: '-1' })]), 'FHIRPATH_RULE_SPAN_INVALID'],
    [
      'a range of no type',
      file([rule({ method: 'perturb', span: 1, rangeType: 'x' })]),
      'FHIRPATH_RULE_RANGE_TYPE_INVALID',
    ],
    ['half a place', file([rule({ method: 'perturb', span: 1, roundTo: 0.5 })]), 'FHIRPATH_RULE_ROUND_TO_INVALID'],
    ['negative places', file([rule({ method: 'perturb', span: 1, roundTo: -1 })]), 'FHIRPATH_RULE_ROUND_TO_INVALID'],
    ['29 places', file([rule({ method: 'perturb', span: 1, roundTo: '29' })]), 'FHIRPATH_RULE_ROUND_TO_INVALID'],
    ['no cases', file([rule({ method: 'generalize', cases: {} })]), 'FHIRPATH_RULE_CASES_MISSING'],
    [
      'a case that is none',
      file([rule({ method: 'generalize', cases: { '$this &&': "'x'" } })]),
      'FHIRPATH_RULE_CASE_INVALID',
    ],
    [
      'a replacement that is none',
      file([rule({ method: 'generalize', cases: { true: 1 } })]),
      'FHIRPATH_RULE_CASE_INVALID',
    ],
    [
      'other values that are neither',
      file([rule({ method: 'generalize', cases: { true: '1' }, otherValues: 'x' })]),
      'FHIRPATH_RULE_OTHER_VALUES_INVALID',
    ],
    ['parameters that are a text', file([rule({})], { parameters: 'x' }), 'FHIRPATH_PARAMETER_INVALID'],
    ['a key that is a number', file([rule({})], { parameters: { cryptoHashKey: 1 } }), 'FHIRPATH_PARAMETER_INVALID'],
    [
      'a flag that is a text',
      file([rule({})], { parameters: { enablePartialDatesForRedact: 'yes' } }),
      'FHIRPATH_PARAMETER_INVALID',
    ],
    ['a scope that is none', file([rule({})], { parameters: { dateShiftScope: 'day' } }), 'FHIRPATH_PARAMETER_INVALID'],
    [
      'an offset of half a day',
      file([rule({})], { parameters: { dateShiftFixedOffsetInDays: 0.5 } }),
      'FHIRPATH_PARAMETER_INVALID',
    ],
    [
      'ZIP codes of five digits',
      file([rule({})], { parameters: { restrictedZipCodeTabulationAreas: ['02108'] } }),
      'FHIRPATH_PARAMETER_INVALID',
    ],
    ['a key of twenty bytes', file([rule({})], { parameters: { encryptKey: 'x'.repeat(20) } }), 'FHIRPATH_KEY_INVALID'],
  ])('is refused with %s', async (_, text, code) => {
    await expect(parseFhirPathRules(text)).rejects.toMatchObject({ code });
  });

  it('may begin with a byte order mark and hold commas before brackets', async () => {
    const text = '\uFEFF{"fhirPathRules": [{"path": "Patient.name", "method": "KEEP", }, ], "x": ",]"}';
    expect((await parseFhirPathRules(text)).rules).toHaveLength(1);
  });

  it('whose keys are empty needs a key from elsewhere', async () => {
    const configuration = await parseFhirPathRules(file([rule({ method: 'cryptoHash' })]));
    const { hmacSha256: hmac } = CONTEXT;
    const compile = () => compileFhirPathRules(configuration, { hmacSha256: hmac, randomBytes, asOf: '2025-09-05' });
    expect(compile).toThrow(expect.objectContaining({ code: 'FHIRPATH_KEY_MISSING' }));
  });
});

describe('rules', () => {
  it('decide once: the first that leads to an element, or to one around it', async () => {
    const rules = [
      rule({ path: 'Patient.name.use', method: 'keep' }),
      rule({}),
      rule({ path: 'Patient.name.family', method: 'keep' }),
    ];
    expect((await apply(rules, patient))['name']).toEqual([{ use: 'official' }]);
  });

  it('of simple form and of the library find the same elements', async () => {
    const family = async (path: string) => JSON.stringify(await apply([rule({ path })], patient));
    for (const [simple, library] of [
      ['Patient.name.family', 'Patient.name.where(true).family'],
      ["nodesByType('HumanName')", "nodesByType('HumanName').where(true)"],
      ["Patient.nodesByName('given')", "Patient.nodesByName('given').select($this)"],
      ['Patient.multipleBirth', 'Patient.multipleBirth.where($this > 1)'],
      ['descendants()', 'descendants().where(true)'],
    ] as const) {
      expect([simple, await family(library)]).toEqual([simple, await family(simple)]);
      expect(await family(simple)).not.toBe(JSON.stringify(patient));
    }
  });

  it('reach a choice by its type and by its JSON name, and the given name beside its extension', async () => {
    const condition = { resourceType: 'Condition', onsetAge: { value: 40, unit: 'a' } };
    expect(await apply([rule({ path: 'Condition.onset as Age' })], condition)).not.toHaveProperty('onsetAge');
    expect(await apply([rule({ path: 'Condition.onset as Period' })], condition)).toEqual(condition);
    expect(await apply([rule({ path: 'Condition.onsetAge' })], condition)).not.toHaveProperty('onsetAge');
    const given = {
      resourceType: 'Patient',
      name: [{ given: ['A', 'B'], _given: [null, { extension: [{ url: 'u', valueCode: 'c' }] }] }],
    };
    const kept = await apply(
      [rule({ path: "Patient.name.given.where($this = 'B').extension", method: 'keep' }), rule({})],
      given,
    );
    expect(kept['name']).toEqual([{ _given: [{ extension: [{ url: 'u', valueCode: 'c' }] }] }]);
  });

  it('leave out what FHIR R4 does not know', async () => {
    expect(await apply([rule({})], { ...patient, ssn: '1', __proto__: { a: 1 } })).not.toHaveProperty('ssn');
  });

  it('perturb inside of the span, and round', async () => {
    const rules = [rule({ path: 'Condition.onset as Age', method: 'perturb', span: 4, roundTo: 1 })];
    const values = await Promise.all(
      Array.from({ length: 50 }, async () => {
        const { onsetAge } = await apply(rules, { resourceType: 'Condition', onsetAge: { value: 40.123, unit: 'a' } });
        return (onsetAge as { value: number }).value;
      }),
    );
    for (const value of values) {
      expect(Math.abs(value - 40.123)).toBeLessThanOrEqual(2.1);
      expect(Number(value.toFixed(1))).toBe(value);
    }
    expect(new Set(values).size).toBeGreaterThan(10);
    const proportional = [
      rule({ path: 'Patient.multipleBirth', method: 'perturb', span: 0, rangeType: 'Proportional' }),
    ];
    expect((await apply(proportional, patient))['multipleBirthInteger']).toBe(2);
  });

  it('encrypt so that the holder of the key reads it again, and nobody sees equal values', async () => {
    const key = 'k'.repeat(16);
    const rules = [rule({ path: 'Patient.name.family', method: 'encrypt' })];
    const twins = { ...patient, name: [{ family: 'Roe' }, { family: 'Roe' }] };
    const result = await apply(rules, twins, { parameters: { encryptKey: key } });
    const sealed = (result['name'] as { family: string }[]).map(({ family }) => Buffer.from(family, 'base64'));
    expect(sealed[0]!.equals(sealed[1]!)).toBe(false);
    const cipher = createDecipheriv('aes-128-gcm', key, sealed[0]!.subarray(0, 12)).setAuthTag(
      sealed[0]!.subarray(-16),
    );
    expect(Buffer.concat([cipher.update(sealed[0]!.subarray(12, -16)), cipher.final()]).toString()).toBe('Roe');
    expect(JSON.stringify(result['meta'])).toContain('MASKED');
  });

  it('shift by resource, file or folder, or by a fixed number of days', async () => {
    const birthDate = async (parameters: Json, source = {}) => {
      const configuration = await parseFhirPathRules(
        file([rule({ path: "nodesByType('date')", method: 'dateShift' })], { parameters }),
      );
      return compileFhirPathRules(configuration, CONTEXT)(patient, source)['birthDate'];
    };
    expect(await birthDate({ dateShiftFixedOffsetInDays: 7 })).toBe('1980-02-10');
    const shared = { dateShiftKey: '123', dateShiftScope: 'file' };
    expect(await birthDate(shared, { file: 'a' })).toBe(
      await birthDate({ ...shared, dateShiftScope: 'folder' }, { folder: 'a' }),
    );
    expect(await birthDate(shared, { file: 'a' })).not.toBe(await birthDate(shared, { file: 'b' }));
  });

  it('derive keys that the file leaves empty, one a purpose', async () => {
    const { id } = await apply([rule({ path: 'Resource.id', method: 'cryptoHash' })], patient);
    const derived = createHmac('sha256', CONTEXT.key!)
      .update('fhir-path-rules/cryptoHashKey\0')
      .digest('hex')
      .slice(0, 32);
    expect(id).toBe(createHmac('sha256', derived).update('p1').digest('hex'));
  });

  it('that fail name type and rule, never content', async () => {
    const rules = [rule({ path: 'Patient.name.family', method: 'generalize', cases: { '$this > 5': '1' } })];
    await expect(apply(rules, patient)).rejects.toMatchObject({
      code: 'FHIRPATH_PROCESSING_FAILED',
      message: 'rule 1 (generalize Patient.name.family) cannot be applied to a Patient',
    });
    expect(await apply(rules, patient, { processingErrors: 'skip' })).toEqual({
      resourceType: 'Patient',
      meta: { security: [expect.objectContaining({ code: 'REDACTED' })] },
    });
    await expect(apply(rules, { resourceType: 'Robot' })).rejects.toMatchObject({ code: 'FHIRPATH_PROCESSING_FAILED' });
    await expect(apply([rule({ method: 'substitute', replaceWith: 'x' })], patient)).rejects.toMatchObject({
      code: 'FHIRPATH_PROCESSING_FAILED',
    });
  });
});
