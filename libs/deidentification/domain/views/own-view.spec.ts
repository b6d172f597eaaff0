import { DuckDBInstance } from '@duckdb/node-api';
import { requestedViews } from '../../own-views';
import { POLICIES, policyNamed } from '../policies';
import { OWN_LIBRARY_PATHS_MAX, OWN_VIEW_COLUMNS_MAX, OWN_VIEWS_MAX, ownView, ownViews } from './own-view';
import { SHIPPED_VIEWS, shippedView } from './shipped-views';
import { columnsOf } from './view-definition';
import { narrowView } from './view-narrow';
import { scopeOfPolicy } from './view-scope';
import { viewInWords } from './view-words';

const expert = policyNamed('expert-1');
const fields = ['Observation', 'Claim', 'Condition'];
const scope = scopeOfPolicy(expert, fields);

type Column = { readonly name: string; readonly path: string; readonly [member: string]: unknown };
const KEYS: readonly Column[] = [
  { name: 'id', path: 'getResourceKey()' },
  { name: 'person_id', path: 'subject.getReferenceKey(Patient)' },
];
const view = (changes: object = {}, columns: readonly Column[] = [], more: readonly object[] = []) => ({
  name: 'systolic',
  resource: 'Observation',
  select: [{ column: [...KEYS, ...columns] }, ...more],
  ...changes,
});
const check = (...documents: readonly unknown[]) =>
  ownViews(
    documents.map((document) => JSON.stringify(document)),
    scope,
  );
const refusal = (run: () => unknown): { code?: string; message?: string } => {
  try {
    run();
  } catch (error) {
    const { code, message } = error as { code?: string; message?: string };
    return { ...(code !== undefined && { code }), ...(message !== undefined && { message }) };
  }
  return {};
};
const list = { forEach: 'component', column: [{ name: 'part', path: 'code.coding.first().code' }] };

describe('views of a request', () => {
  it('are kept without what makes no table, by name', () => {
    const registered = view({
      ...{ resourceType: 'ViewDefinition', url: 'https://example.org/v', status: 'draft', description: 'for a study' },
      ...{ title: 'Systolic pressure', where: [{ path: "status = 'final'", description: 'finished ones' }] },
    });
    const [first, second] = check(registered, view({ name: 'a_second' }));
    expect(second!.document).toEqual({
      ...{ name: 'systolic', title: 'Systolic pressure', resource: 'Observation' },
      where: [{ path: "status = 'final'" }],
      select: [{ column: KEYS }],
    });
    expect(first!.view.name).toBe('a_second');
    // What a request holds is what is checked again before it runs.
    expect(ownView(second!.document, scope).document).toEqual(second!.document);
  });

  const text = 'x'.repeat(201);
  it.each<[string, string, object, string]>([
    ['a name of a shipped view', 'VIEW_NAME_REFUSED', view({ name: 'observation' }), 'name'],
    ['the name of the counts', 'VIEW_NAME_REFUSED', view({ name: 'package_counts' }), 'name'],
    ['a word of SQL as name', 'VIEW_NAME_REFUSED', view({ name: 'order' }), 'name'],
    ['a device as name', 'VIEW_NAME_REFUSED', view({ name: 'com1' }), 'name'],
    ['capitals in its name', 'VIEW_NAME_REFUSED', view({ name: 'Systolic' }), 'name'],
    ['a path as name', 'VIEW_NAME_REFUSED', view({ name: '../person' }), 'name'],
    ['no name', 'VIEW_MALFORMED', view({ name: undefined }), 'name'],
    ['a name that is no text', 'VIEW_NAME_REFUSED', view({ name: ['a'] }), 'name'],
    ['another resource type', 'VIEW_MALFORMED', view({ resourceType: 'Library' }), 'resourceType'],
    ['a misspelt member', 'VIEW_MALFORMED', view({}, [], [{ forEech: 'component' }]), 'select[1].forEech'],
    ['a strange constant', 'VIEW_CONSTANT_INVALID', view({ constant: [{ nam: 'a' }] }), 'constant[0].nam'],
    [
      'a long constant',
      'VIEW_TOO_LARGE',
      view({ constant: [{ name: 'a', valueCode: text }] }),
      'constant[0].valueCode',
    ],
    ['a long path', 'VIEW_TOO_LARGE', view({}, [{ name: 'a', path: `status${' '.repeat(495)}` }]), 'column[2].path'],
    ['a long title', 'VIEW_TOO_LARGE', view({ title: text }), 'title'],
    ['a title of two lines', 'VIEW_MALFORMED', view({ title: 'a\nb' }), 'title'],
    ['a path with NUL', 'VIEW_MALFORMED', view({}, [{ name: 'a', path: "status = '\u0000'" }]), 'column[2].path'],
    [
      'too many columns',
      'VIEW_TOO_LARGE',
      view(
        {},
        Array.from({ length: OWN_VIEW_COLUMNS_MAX - 1 }, (_, n) => ({ name: `c${n}`, path: 'status' })),
      ),
      'select',
    ],
    [
      'too deep selects',
      'VIEW_TOO_LARGE',
      view(
        {},
        [],
        [{ select: [{ select: [{ select: [{ select: [{ select: [{ select: [{ column: [] }] }] }] }] }] }] }],
      ),
      'select[1].select[0]',
    ],
    ['too many bytes', 'VIEW_TOO_LARGE', view({ description: 'x'.repeat(16_384) }), 'the view'],
    ['a type that does not leave', 'VIEW_OUT_OF_SCOPE', view({ resource: 'Encounter' }), 'resource'],
    [
      'an element that does not leave',
      'VIEW_OUT_OF_SCOPE',
      view({}, [{ name: 'a', path: 'note.text' }]),
      'column[2].path',
    ],
    ['a filter by one', 'VIEW_OUT_OF_SCOPE', view({ where: [{ path: 'issued.exists()' }] }), 'where[0].path'],
    ['a function of a clock', 'VIEW_PATH_UNSUPPORTED', view({}, [{ name: 'a', path: 'now()' }]), 'column[2].path'],
    ['no key of the row', 'VIEW_KEY_MISSING', view({ select: [{ column: [KEYS[1]] }] }), 'select'],
    ['no key of the person', 'VIEW_KEY_MISSING', view({ select: [{ column: [KEYS[0]] }] }), 'select'],
    [
      'a key of the person in one branch only',
      'VIEW_KEY_MISSING',
      view({
        select: [
          { column: [KEYS[0]] },
          { unionAll: [{ column: [KEYS[1]] }, { column: [{ name: 'person_id', path: 'status' }] }] },
        ],
      }),
      'select',
    ],
    ['a repeat', 'VIEW_LISTS_MULTIPLY', view({}, [], [{ ...list, forEach: undefined, repeat: ['$this'] }]), '.repeat'],
    [
      'lists side by side',
      'VIEW_LISTS_MULTIPLY',
      view({}, [], [list, { ...list, column: [{ name: 'b', path: 'code.coding.first().system' }] }]),
      'select[2]',
    ],
    [
      'a union beside a list',
      'VIEW_LISTS_MULTIPLY',
      view({}, [], [{ select: [list], unionAll: [{ column: [{ name: 'b', path: 'status' }] }] }]),
      'select[1].select',
    ],
    [
      'a list of texts',
      'VIEW_LISTS_MULTIPLY',
      view({}, [], [{ forEach: "component | 'a' | 'b'", column: [{ name: 'a', path: '%rowIndex', type: 'integer' }] }]),
      'select[1].forEach',
    ],
    ['an element with parts', 'VIEW_VALUE_UNFIT', view({}, [{ name: 'a', path: 'code' }]), 'column[2].path'],
    ['a choice with parts', 'VIEW_VALUE_UNFIT', view({}, [{ name: 'a', path: 'value' }]), 'column[2].path'],
    ['several values', 'VIEW_VALUE_UNFIT', view({}, [{ name: 'a', path: 'code.coding.code' }]), 'column[2].path'],
    ['another type', 'VIEW_VALUE_UNFIT', view({}, [{ name: 'a', path: 'status', type: 'integer' }]), 'column[2].path'],
  ])('are refused with %s (%s)', (_, code, document, place) => {
    const refused = refusal(() => check(view({ name: 'first' }), document));
    expect(refused).toEqual({ code, message: expect.stringContaining(`views[1]: `) as string });
    expect(refused.message).toContain(place);
  });

  it.each<[string, Column | object]>([
    ['one of several codes', { name: 'a', path: 'code.coding.first().code' }],
    ['one by its place', { name: 'a', path: 'code.coding[0].code' }],
    ['one by a criterion', { name: 'a', path: "code.coding.where(system = 'http://loinc.org').code" }],
    ['a list of codes', { name: 'a', path: 'code.coding.code', collection: true }],
    ['a number of a quantity', { name: 'a', path: 'value.ofType(Quantity).value', type: 'decimal' }],
    ['a number that a rule may have made of a quantity', { name: 'a', path: 'value.ofType(integer)', type: 'decimal' }],
    ['what is computed', { name: 'a', path: 'component.count()', type: 'integer' }],
  ])('may show %s', (_, column) => {
    expect(refusal(() => check(view({}, [column as Column])))).toEqual({});
  });

  it('may show a list of elements, and one inside it', () => {
    const inner = { forEach: 'code.coding', column: [{ name: 'code', path: 'code' }] };
    expect(refusal(() => check(view({}, [], [{ forEach: 'component', select: [inner] }])))).toEqual({});
  });

  it('are limited in number, bytes and slow paths of all together', () => {
    const many = Array.from({ length: OWN_VIEWS_MAX + 1 }, (_, n) => view({ name: `v${n}` }));
    expect(refusal(() => check(...many.slice(1)))).toEqual({});
    expect(refusal(() => check(...many)).code).toBe('VIEW_TOO_LARGE');
    const large = many.slice(0, 5).map((one) => ({ ...one, description: 'x'.repeat(15_000) }));
    expect(refusal(() => check(...large)).code).toBe('VIEW_TOO_LARGE');
    const slow = (count: number, name: string) =>
      view(
        { name },
        Array.from({ length: count }, (_, n) => ({ name: `c${n}`, path: 'status.length()', type: 'integer' })),
      );
    expect(refusal(() => check(slow(OWN_LIBRARY_PATHS_MAX - 1, 'a'), slow(1, 'b')))).toEqual({});
    expect(refusal(() => check(slow(OWN_LIBRARY_PATHS_MAX, 'a'), slow(1, 'b')))).toEqual({
      code: 'VIEW_TOO_LARGE',
      message: expect.stringContaining('views[1].select[0].column[2].path') as string,
    });
  });

  it('have names of their own', () => {
    expect(refusal(() => check(view(), view()))).toMatchObject({
      code: 'TABLE_NAME_TAKEN',
      message: expect.stringContaining('views[1].name') as string,
    });
  });

  it.each(['', '[]', '{"name":', '"view"', 'null'])('are JSON objects: %j is refused', (json) => {
    expect(refusal(() => ownViews([json], scope)).code).toBe('VIEW_MALFORMED');
  });

  it('bring no expression in a constant', () => {
    const constant = [{ name: 'day', valueDate: '2020-01-01 or note.exists() or issued = @2020-01-01' }];
    expect(
      refusal(() => check(view({ constant, where: [{ path: 'effective.ofType(dateTime) < %day' }] }))),
    ).toMatchObject({
      code: 'VIEW_CONSTANT_INVALID',
    });
    const real = [{ name: 'day', valueDate: '2020-01-01' }];
    expect(
      refusal(() => check(view({ constant: real, where: [{ path: 'effective.ofType(dateTime) < %day' }] }))),
    ).toEqual({});
  });

  it.each<[string, object, string]>([
    ['what cannot be evaluated', view({}, [{ name: 'a', path: 'status * 2', type: 'decimal' }]), 'column[2].path'],
    ['a condition that is a text', view({ where: [{ path: 'status.upper()' }] }), 'where[0].path'],
    [
      'a computed value of another type',
      view({}, [{ name: 'a', path: 'status.upper()', type: 'integer' }]),
      'column[2].path',
    ],
  ])('are refused with %s in any resource', async (_, document, place) => {
    await expect(requestedViews([JSON.stringify(document)], { policy: expert, fields })).rejects.toMatchObject({
      code: 'VIEW_VALUE_UNFIT',
      message: expect.stringContaining(place) as string,
    });
  });

  it.each(POLICIES.map(({ name }) => [name]))('may be the shipped ones under another name: %s', async (name) => {
    const policy = policyNamed(name);
    const texts = SHIPPED_VIEWS.flatMap((document) => {
      const narrowed = narrowView(shippedView(document.name), scopeOfPolicy(policy));
      const whole =
        narrowed?.select.flatMap(columnsOf).length === shippedView(document.name).select.flatMap(columnsOf).length;
      return whole ? [JSON.stringify({ ...document, name: `own_${document.name}` })] : [];
    });
    await expect(requestedViews(texts, { policy, fields: Object.keys(policy.resources) })).resolves.toHaveLength(
      texts.length,
    );
    expect(texts.length).toBeGreaterThan(0);
  });

  it('take no word that DuckDB keeps as a name', async () => {
    const instance = await DuckDBInstance.create();
    const connection = await instance.connect();
    const reader = await connection.runAndReadAll(
      `select keyword_name from duckdb_keywords() where keyword_category in ('reserved', 'type_function')`,
    );
    const words = reader.getRows().map(([word]) => String(word));
    connection.closeSync();
    instance.closeSync();
    expect(words.length).toBeGreaterThan(80);
    expect(words.filter((name) => refusal(() => check(view({ name }))).code !== 'VIEW_NAME_REFUSED')).toEqual([]);
  });

  it('are said in words: the table, its columns and the elements that they show', () => {
    const [{ view: own }] = check(
      view({ title: 'Approved by your doctor', where: [{ path: "status = 'final'" }] }, [
        { name: 'mmhg', path: 'value.ofType(Quantity).value', type: 'decimal', description: 'Approved by your doctor' },
        { name: 'parts', path: 'component.count()', type: 'integer' },
      ]),
    ) as [ReturnType<typeof ownView>];
    expect(viewInWords(own)).toBe(
      'A table called systolic is made of the Observation records in the package that meet its conditions, with the columns ' +
        'id (id), person_id (subject.reference), mmhg (valueQuantity.value), parts (computed). It holds nothing that the ' +
        'package does not hold without it.',
    );
  });
});
