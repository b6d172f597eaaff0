import { policyNamed } from '../policies';
import { compileView } from './view-compile';
import { SHIPPED_VIEWS, shippedView } from './shipped-views';
import { checkView } from './view-check';
import { scopeOfPolicy } from './view-scope';

const scope = scopeOfPolicy(policyNamed('expert-1'));
const view = (resource: string, path: string, more: object = {}) => ({
  resource,
  select: [{ column: [{ name: 'a', path }], ...more }],
});

describe('checkView', () => {
  it.each([
    ['Observation', 'code.coding.first().code'],
    ['Observation', 'value.ofType(Quantity).value'],
    ['Observation', 'value.exists()'],
    ['Observation', "component.where(code.coding.exists(code = '8480-6')).value.ofType(Quantity).value"],
    ['Observation', 'Observation.subject.getReferenceKey(Patient)'],
    ['Observation', 'dataAbsentReason.coding.code.first()'],
    ['Observation', 'iif(value.exists(), code, bodySite).coding.first().code'],
    ['Observation', '(code | bodySite).coding.first().code'],
    ['Claim', 'patient.reference'],
    ['Patient', 'ageBand'],
  ])('%s: %s stays inside', (resource, path) => {
    expect(checkView(view(resource, path), scope).resource).toBe(resource);
  });

  it('lets a view read no element that the policy drops', () => {
    const { resources, ...policy } = policyNamed('expert-1');
    const observation = resources.Observation!;
    const dropping = { ...observation, elements: { ...observation.elements, status: 'drop' as const } };
    const narrower = scopeOfPolicy({ ...policy, resources: { ...resources, Observation: dropping } });
    expect(() => checkView(view('Observation', 'status'), narrower)).toThrow(
      expect.objectContaining({ code: 'VIEW_OUT_OF_SCOPE' }),
    );
    expect(checkView(view('Observation', 'code.coding.code.first()'), narrower).resource).toBe('Observation');
  });

  it.each([
    ['Practitioner', 'id', 'Practitioner'],
    ['Patient', 'birthDate', 'birthDate'],
    ['Patient', 'name.family', 'name'],
    ['Observation', 'value.ofType(string)', 'ofType(string)'],
    ['Observation', 'valueString', 'valueString'],
    ['Observation', 'code.text', 'text'],
    ['Observation', "where(note.text = 'x').id", 'note'],
    ['Observation', "id.exists() and identifier.value = 'x'", 'identifier'],
    ['Observation', 'iif(identifier.exists(), 1, 2)', 'identifier'],
    ['Observation', "extension('x').value.ofType(string)", 'extension'],
    ['Observation', 'meta.lastUpdated', 'meta'],
    ['Observation', 'code.coding[performer.count()].code', 'performer'],
    ['Observation', 'code.coding.join(note.text)', 'note'],
    ['Observation', 'status is Quantity or note is string', 'note'],
    ['Claim', 'total.value', 'total'],
  ])('%s: %s reads %s and is refused with its place', (resource, path, names) => {
    expect(() => checkView(view(resource, path), scope)).toThrow(
      expect.objectContaining({ code: 'VIEW_OUT_OF_SCOPE', message: expect.stringContaining(names) as string }),
    );
  });

  it.each([
    ['where', { ...view('Observation', 'id'), where: [{ path: 'note.exists()' }] }, 'where[0].path'],
    ['forEach', view('Observation', 'id', { forEach: 'contained' }), 'select[0].forEach'],
    ['repeat', view('Observation', 'id', { repeat: ['component', 'contained'] }), 'select[0].repeat[1]'],
    ['columns under an iteration', view('Observation', 'referenceRange', { forEach: 'component' }), 'column[0].path'],
    [
      'a branch of a union',
      { resource: 'Observation', select: [{ unionAll: [view('', 'id').select[0], view('', 'note').select[0]] }] },
      'unionAll[1].column[0].path',
    ],
  ])('looks at %s', (_, document, place) => {
    expect(() => checkView(document, scope)).toThrow(
      expect.objectContaining({ code: 'VIEW_OUT_OF_SCOPE', message: expect.stringContaining(place) as string }),
    );
  });

  it('holds the resource types of a request', () => {
    const narrow = scopeOfPolicy(policyNamed('expert-1'), ['Condition']);
    expect(checkView(view('Condition', 'code.coding.first().code'), narrow).name).toBe('condition');
    expect(() => checkView(view('Observation', 'id'), narrow)).toThrow(
      expect.objectContaining({ code: 'VIEW_OUT_OF_SCOPE' }),
    );
  });
});

describe('shipped views', () => {
  it.each(SHIPPED_VIEWS.map((document) => [document.name, document] as const))(
    '%s reads inside the policies that keep whole rows',
    (_, document) => {
      for (const name of ['expert-1', 'safe-harbor']) {
        expect(checkView(document, scopeOfPolicy(policyNamed(name))).resource).toBe(document.resource);
      }
    },
  );

  it.each(SHIPPED_VIEWS.map(({ name }) => [name]))('%s needs no library', (name) => {
    expect(compileView(shippedView(name), () => () => []).libraryPaths).toEqual([]);
  });

  it('says of an unknown name which there are', () => {
    expect(() => shippedView('persons')).toThrow(
      expect.objectContaining({ code: 'VIEW_UNKNOWN', message: expect.stringContaining('immunization') as string }),
    );
  });
});
