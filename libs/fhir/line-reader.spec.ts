import { fromUtf8, utf8 } from '@aceso/kernel';

import { LineReader } from './line-reader';
import type { Finding } from './verdict';

const reader = new LineReader();
const read = (text: string | Uint8Array | undefined) =>
  reader.read({ number: 7, bytes: typeof text === 'string' ? utf8(text) : text });

const patient = { resourceType: 'Patient', id: 'p1', birthDate: '1980-02-29' };
const condition = { resourceType: 'Condition', id: 'c1', subject: { reference: 'Patient/p1' }, code: { text: 'x' } };
const json = (value: unknown): string => JSON.stringify(value);
const bundle = (...entry: unknown[]): string => json({ resourceType: 'Bundle', type: 'transaction', entry });

/** Findings of a line as `entry code path`. */
function findings(text: string | Uint8Array | undefined): string[] {
  return read(text).entries.flatMap((entry) => {
    const finding: Finding | undefined = 'finding' in entry ? entry.finding : entry.read.quarantine;
    return finding === undefined ? [] : [`${entry.entry} ${finding.code} ${finding.path ?? ''}`.trim()];
  });
}

describe('LineReader', () => {
  it('reads a resource', () => {
    const [entry] = read(json(condition)).entries;
    expect(entry).toMatchObject({ entry: 0, read: { type: 'Condition', id: 'c1', placement: { localId: 'p1' } } });
    expect(entry !== undefined && 'read' in entry && fromUtf8(entry.read.canonical)).toBe(
      '{"code":{"text":"x"},"id":"c1","resourceType":"Condition","subject":{"reference":"Patient/p1"}}',
    );
  });

  it('reads the entries of a Bundle and resolves fullUrl', () => {
    const url = 'urn:uuid:6f0e0f2e-0d3c-4d62-9c29-c4a2a1f0f001';
    const entries = read(
      bundle(
        { fullUrl: 'urn:uuid:aa', resource: { ...condition, subject: { reference: url } } },
        { fullUrl: url, resource: patient },
        { fullUrl: 'urn:uuid:c2', resource: { ...condition, id: undefined, subject: { reference: url } } },
        { resource: { resourceType: 'Organization', id: 'o1' } },
      ),
    ).entries;
    expect(entries.map((entry) => 'read' in entry && [entry.read.id, entry.read.placement])).toEqual([
      ['c1', { kind: 'patient', localId: 'p1' }],
      ['p1', { kind: 'patient', localId: 'p1' }],
      ['c2', { kind: 'patient', localId: 'p1' }],
      ['o1', { kind: 'directory' }],
    ]);
  });

  it.each<[string, string | Uint8Array | undefined, string[]]>([
    ['a line over the limit', undefined, ['0 LINE_TOO_LONG']],
    ['a blank line', ' \t\r', ['0 BLANK_LINE']],
    ['invalid UTF-8', Uint8Array.of(0x7b, 0x22, 0xc3, 0x28, 0x22, 0x7d), ['0 UTF8_INVALID']],
    ['half a line', '{"resourceType":"Patient","id":', ['0 JSON_INVALID']],
    ['no object', '17', ['0 RESOURCE_MALFORMED']],
    ['10,000 levels', `{"a":${'['.repeat(10_000)}${']'.repeat(10_000)}}`, ['0 JSON_TOO_DEEP']],
    ['brackets inside a text', json({ ...patient, language: '['.repeat(100) }), []],
    ['too many values', `{"a":[${'0,'.repeat(2_000_000)}0]}`, ['0 JSON_TOO_MANY_VALUES']],
    ['__proto__', '{"resourceType":"Patient","id":"p","__proto__":{"polluted":true}}', ['0 KEY_FORBIDDEN Patient']],
    ['no type', '{"id":"x"}', ['0 RESOURCE_TYPE_MISSING']],
    ['an unknown type', '{"resourceType":"Spaceship","id":"x"}', ['0 RESOURCE_TYPE_UNKNOWN resourceType']],
    ['no id', '{"resourceType":"Patient"}', ['0 ID_MISSING Patient.id']],
    ['a malformed id', '{"resourceType":"Patient","id":"a b"}', ['0 ID_MALFORMED Patient.id']],
    ['an id that is a number', '{"resourceType":"Patient","id":5}', ['0 ID_MALFORMED Patient.id']],
    ['an empty Bundle', bundle(), ['0 BUNDLE_EMPTY Bundle.entry']],
    ['a Bundle without entries', '{"resourceType":"Bundle"}', ['0 BUNDLE_EMPTY Bundle.entry']],
    ['a Bundle of something else', '{"resourceType":"Bundle","entry":{}}', ['0 BUNDLE_MALFORMED Bundle.entry']],
    [
      'a Bundle in a Bundle beside a good entry',
      bundle({ resource: { resourceType: 'Bundle', id: 'b' } }, { resource: patient }, {}, 3),
      ['0 BUNDLE_NESTED Bundle', '2 ENTRY_WITHOUT_RESOURCE Bundle.entry.resource', '3 BUNDLE_MALFORMED Bundle.entry'],
    ],
    ['a missing patient', json({ ...condition, subject: undefined }), ['0 ELEMENT_REQUIRED Condition.subject']],
    ['a patient that is a text', json({ ...condition, subject: 'p1' }), ['0 ELEMENT_MALFORMED Condition.subject']],
    [
      'a conditional reference',
      json({ ...condition, subject: { reference: 'Patient?identifier=a|b' } }),
      ['0 PATIENT_REFERENCE_UNRESOLVED Condition.subject'],
    ],
    [
      'a contained patient',
      json({ ...condition, subject: { reference: '#me' } }),
      ['0 PATIENT_REFERENCE_UNRESOLVED Condition.subject'],
    ],
    [
      'a birth date that is none',
      json({ ...patient, birthDate: '29.2.1980' }),
      ['0 ELEMENT_MALFORMED Patient.birthDate'],
    ],
    ['ballot context', json({ ...condition, context: {} }), ['0 BALLOT_SHAPE Condition.context']],
    ['a ballot status', json({ ...condition, clinicalStatus: 'active' }), ['0 BALLOT_SHAPE Condition.clinicalStatus']],
  ])('names %s', (_, text, expected) => {
    expect(findings(text)).toEqual(expected);
  });

  it('never repeats content in a finding', () => {
    const hostile = '{"resourceType":"Patient","id":"Jane Doe","Jane Doe":{"__proto__":"Jane Doe"}}';
    expect(JSON.stringify([findings(hostile), findings(`${hostile}Jane Doe`)])).not.toContain('Jane');
  });

  it('lets a resource without a patient into the directory', () => {
    for (const resource of [
      { resourceType: 'Observation', id: 'o', code: {} },
      { resourceType: 'Observation', id: 'o', code: {}, subject: { reference: 'Device/d' } },
      { resourceType: 'Practitioner', id: 'o' },
    ]) {
      expect(read(json(resource)).entries).toMatchObject([{ read: { placement: { kind: 'directory' } } }]);
    }
  });

  it.each([
    'Patient/p1',
    'https://example.org/fhir/Patient/p1',
    'https://example.org/fhir/Patient/p1/_history/2',
    'urn:uuid:p1',
  ])('finds the patient of %s', (reference) => {
    const [entry] = read(json({ ...condition, subject: { reference } })).entries;
    expect(entry).toMatchObject({ read: { placement: { kind: 'patient', localId: 'p1' } } });
  });
});
