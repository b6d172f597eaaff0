import { policyNamed } from '../policies';
import { columnElements } from './column-element';
import { SHIPPED_VIEWS, shippedView } from './shipped-views';
import { compileView } from './view-compile';
import { columnsOf, type ViewDefinition } from './view-definition';
import { narrowView } from './view-narrow';
import { parseView } from './view-parse';
import { scopeOfPolicy, type ElementTree, type ViewScope } from './view-scope';

const scopeOf = (tree: ElementTree): ViewScope => new Map([['Observation', tree]]);
const LEAVES = { id: {}, status: {}, subject: { reference: {} }, component: { code: {} } };
const viewOf = (...select: readonly object[]): ViewDefinition => parseView({ resource: 'Observation', select });
const column = (name: string, path: string) => ({ name, path, type: 'string' });
const namesOf = (view: ViewDefinition | undefined) => view?.select.flatMap(columnsOf).map(({ name }) => name);
const rowsOf = (view: ViewDefinition, resource: object): unknown[][] => {
  const rows: unknown[][] = [];
  compileView(view, () => () => []).rows({ resourceType: 'Observation', ...resource }, (cells) =>
    rows.push([...cells]),
  );
  return rows;
};

describe('narrowView', () => {
  it.each(SHIPPED_VIEWS.map(({ name }) => [name]))(
    'leaves %s whole under the policies that keep whole rows',
    (name) => {
      for (const policy of ['expert-1', 'safe-harbor'])
        expect(narrowView(shippedView(name), scopeOfPolicy(policyNamed(policy)))).toEqual(shippedView(name));
    },
  );

  it('leaves out what the policy minimal drops', () => {
    const scope = scopeOfPolicy(policyNamed('minimal'));
    const narrowed = (name: string) => namesOf(narrowView(shippedView(name), scope));
    expect(narrowed('person')).toEqual(['id', 'age_band', 'gender', 'state', 'zip3', 'race', 'ethnicity']);
    expect(narrowed('encounter')).toEqual(['id', 'person_id', 'status', 'start_date', 'end_date', 'class_code']);
    expect(narrowed('observation')).toEqual([
      ...['id', 'person_id', 'status', 'effective_date', 'observation_system', 'observation_code'],
      ...['observation_display', 'value_number', 'value_comparator', 'value_unit', 'value_code'],
    ]);
    expect(narrowed('claim')).toBeUndefined();
  });

  it('is undefined for a resource type, a criterion or an iteration outside the scope', () => {
    expect(narrowView(viewOf({ column: [column('a', 'status')] }), new Map())).toBeUndefined();
    const where = {
      ...viewOf({ column: [column('a', 'status')] }),
      where: [{ at: 'where[0]', path: 'note.exists()' }],
    };
    expect(narrowView(where, scopeOf(LEAVES))).toBeUndefined();
    const each = viewOf({ column: [column('a', 'status')] }, { forEach: 'note', column: [column('b', 'text')] });
    expect(narrowView(each, scopeOf(LEAVES))).toBeUndefined();
  });

  it('is undefined where nothing but keys and positions is left', () => {
    const view = viewOf(
      { column: [column('id', 'getResourceKey()'), column('person', 'subject.getReferenceKey(Patient)')] },
      { forEach: 'component', column: [column('at', '%rowIndex'), column('note', 'note')] },
    );
    expect(narrowView(view, scopeOf(LEAVES))).toBeUndefined();
  });

  it('gives the rows of the whole view of resources without the dropped elements', () => {
    const view = viewOf(
      { column: [column('status', 'status'), column('note', 'note')] },
      { forEachOrNull: 'note', column: [column('text', 'text'), column('constant', "'x'")] },
      {
        unionAll: [
          { column: [column('part', '{}'), column('method', 'method')] },
          { forEach: 'component', column: [column('part', 'code'), column('method', 'note')] },
          { forEach: 'referenceRange', column: [column('part', 'low'), column('method', 'high')] },
        ],
      },
    );
    const narrowed = narrowView(view, scopeOf(LEAVES))!;
    expect(namesOf(narrowed)).toEqual(['status', 'part']);
    const left = { status: 'final', component: [{ code: 'a' }, { code: 'b' }] };
    expect(rowsOf(narrowed, left)).toEqual([
      ['final', null],
      ['final', 'a'],
      ['final', 'b'],
    ]);
    expect(rowsOf(view, left).map(([status, , , , part]) => [status, part])).toEqual(rowsOf(narrowed, left));
    // What should not be there is not read.
    expect(rowsOf(narrowed, { ...left, note: [{ text: 'secret' }], referenceRange: [{ low: 'secret' }] })).toEqual(
      rowsOf(narrowed, left),
    );
  });
});

describe('columnElements', () => {
  it('names the element that a column shows', () => {
    const elements = columnElements(shippedView('observation'));
    expect(Object.fromEntries(elements)).toMatchObject({
      id: 'id',
      person_id: 'subject.reference',
      category_code: 'category.coding.code',
      effective_date: 'effectiveDateTime',
      observation_code: 'code.coding.code',
      value_number: 'valueQuantity.value',
      value_code: 'valueCodeableConcept.coding.code',
    });
    expect(elements.has('component')).toBe(false);
    expect(columnElements(shippedView('claim')).has('diagnoses')).toBe(false);
  });

  it('follows iterations', () => {
    const view = viewOf({
      forEach: 'component.where(code.exists())',
      column: [column('a', 'value.ofType(Quantity).unit')],
    });
    expect(columnElements(view).get('a')).toBe('component.valueQuantity.unit');
  });
});
