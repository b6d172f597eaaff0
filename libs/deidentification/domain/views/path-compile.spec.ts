import fc from 'fast-check';
import { loadFhirPathLibrary } from '../../tables/fhirpath-library';
import { compilePath, type CompileFhirPath, type PathContext } from './path-compile';
import { itemsOf } from './path-values';

const text = fc.constantFrom('a', 'b', 'final', 'official', '8480-6', '');
const optional = <Value>(arbitrary: fc.Arbitrary<Value>) => fc.option(arbitrary, { nil: undefined });
const coding = fc.record({ system: optional(text), code: optional(text), display: optional(text) });
const concept = fc.record({ coding: optional(fc.array(coding, { maxLength: 3 })), text: optional(text) });
const quantity = fc.record({ value: optional(fc.integer({ min: -3, max: 3 })), unit: optional(text) });
const choice = fc.oneof(
  fc.record({ valueQuantity: quantity }),
  fc.record({ valueString: text }),
  fc.record({ valueBoolean: fc.boolean() }),
  fc.record({ valueInteger: fc.integer({ min: 0, max: 3 }) }),
  fc.record({ valueCodeableConcept: concept }),
  fc.constant({}),
);
const component = fc.tuple(fc.record({ code: concept }), choice).map(([one, value]) => ({ ...one, ...value }));
const observation = fc
  .tuple(
    fc.record({
      resourceType: fc.constant('Observation'),
      id: fc.constantFrom('o1', 'o2'),
      status: optional(text),
      category: optional(fc.array(concept, { maxLength: 2 })),
      code: optional(concept),
      subject: optional(
        fc.record({ reference: fc.constantFrom('Patient/o1', 'Group/o1', 'Patient/b/_history/2', '#c') }),
      ),
      component: optional(fc.array(component, { maxLength: 3 })),
      extension: optional(fc.array(fc.record({ url: text, valueString: text }), { maxLength: 2 })),
    }),
    choice,
  )
  // As JSON text gives it: without members that are undefined.
  .map(([one, value]) => JSON.parse(JSON.stringify({ ...one, ...value })) as object);

const PATHS = [
  'id',
  '$this.id',
  'Observation.status',
  'code.coding.code',
  'category.coding[1].code',
  'code.coding[%one].system',
  'component.code.coding.first().code',
  'component[0].code.coding.code.first()',
  'value.ofType(Quantity).value',
  'value.ofType(FHIR.string)',
  'value.ofType(boolean)',
  'value.exists()',
  'value',
  'component.value.ofType(CodeableConcept).coding.code',
  "code.coding.where(system = 'a').code",
  "component.where(code.coding.exists(code = '8480-6')).value.ofType(Quantity).value",
  "component.where(value.ofType(integer) = 2 or value.ofType(string) = 'a').code.text",
  "category.exists(text = 'a' and coding.exists())",
  "status = 'final'",
  "status != 'final'",
  'status = %final and code.exists()',
  "(status = 'final').not()",
  "status = 'a' xor code.text = 'a'",
  "status = 'a' implies code.text = 'b'",
  'value.ofType(Quantity).value = 1',
  "code.coding.code = 'a'",
  'value.ofType(boolean) and status.exists()',
  'component.empty()',
  'component.count()',
  "extension('a').value.ofType(string)",
  'getResourceKey()',
  'subject.getReferenceKey()',
  'subject.getReferenceKey(Patient)',
  'getResourceKey() = subject.getReferenceKey(Patient)',
  "'it\\'s'",
  '%rowIndex',
];

let library: CompileFhirPath;
beforeAll(async () => {
  library = await loadFhirPathLibrary();
});

const constants = new Map([
  ['one', { type: 'integer', value: 1 }],
  ['final', { type: 'code', value: 'final' }],
  ['day', { type: 'date', value: '2016-11-12' }],
]);
const contextWith = (fallback: CompileFhirPath): PathContext => ({
  resource: 'Observation',
  constants,
  place: 0,
  base: 'Observation',
  fallback,
});
const compile = (path: string) => compilePath({ at: 'path', path }, contextWith(library));

/** What a function gives, or that it refuses. */
function outcomeOf(run: () => unknown): unknown {
  try {
    return JSON.parse(JSON.stringify(run())) as unknown;
  } catch {
    return 'refused';
  }
}

describe('a compiled path', () => {
  it.each(PATHS)('%s gives what the library gives', (path) => {
    const compiled = compile(path);
    expect(compiled.native).toBe(true);
    const evaluate = library(path, undefined);
    const variables = { one: 1, final: 'final', rowIndex: 7 };
    fc.assert(
      fc.property(observation, (resource) => {
        const ours = outcomeOf(() => itemsOf(compiled.evaluate(resource, { indexes: [7] })));
        expect(ours).toEqual(outcomeOf(() => evaluate(structuredClone(resource), variables)));
      }),
      { numRuns: 200 },
    );
  });

  it.each([
    ['dates', 'effective = @2020-01-01'],
    ['texts that look like dates', "status = '2020-01-01'"],
    ['constants that are dates', 'effective = %day'],
    ['comparisons of two paths', 'status = code.text'],
    ['orders', 'value.ofType(integer) > 2'],
    ['sums', 'value.ofType(integer) + 2'],
    ['criteria that need not be true or false', 'category.where(coding)'],
    ['types of elements that have one', 'status.ofType(code)'],
    ['extensions of primitives', "status.extension('a').value"],
    ['unions', '(status | id).first()'],
    ['types', 'value is Quantity'],
    ['functions of the library', 'code.coding.last().code'],
    ['paths of another type', 'Patient.status'],
  ])('leaves %s to the library', (_, path) => {
    const { native, evaluate } = compile(path);
    expect(native).toBe(false);
    expect(() => evaluate({ resourceType: 'Observation', id: 'a' }, { indexes: [0] })).not.toThrow();
  });

  it('joins nothing to an empty text, as the tests of SQL on FHIR ask; the library gives nothing', () => {
    expect(compile('category.text.join()').evaluate({ resourceType: 'Observation' }, { indexes: [0] })).toBe('');
  });

  it.each([
    ['@@', 'VIEW_PATH_INVALID'],
    ['name.', 'VIEW_PATH_INVALID'],
    ['name)', 'VIEW_PATH_INVALID'],
    ["'open", 'VIEW_PATH_INVALID'],
    ['name[', 'VIEW_PATH_INVALID'],
    ['a b', 'VIEW_PATH_INVALID'],
    [`${'('.repeat(50)}a${')'.repeat(50)}`, 'VIEW_PATH_INVALID'],
    ['subject.resolve()', 'VIEW_PATH_UNSUPPORTED'],
    ["id.matches('(a+)+$')", 'VIEW_PATH_UNSUPPORTED'],
    ['code.where(now() = 1)', 'VIEW_PATH_UNSUPPORTED'],
    ['constructor.name', 'VIEW_PATH_UNSUPPORTED'],
    ['status = %nowhere', 'VIEW_CONSTANT_INVALID'],
    ['%resource.id', 'VIEW_CONSTANT_INVALID'],
  ])('refuses %s', (path, code) => {
    expect(() => compile(path)).toThrow(expect.objectContaining({ code, message: expect.stringContaining('path') }));
  });

  it('says which path asks for one value and finds more, and quotes none of them', () => {
    const resource = { resourceType: 'Observation', category: [{ text: 'secret' }, { text: 'other' }] };
    for (const path of ["category.text and status = 'a'", "category.text + 'a'"]) {
      expect(() => compile(path).evaluate(resource, { indexes: [0] })).toThrow(
        expect.objectContaining({ code: 'VIEW_VALUE_UNFIT', message: expect.not.stringContaining('secret') }),
      );
    }
  });
});
