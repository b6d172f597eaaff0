import type * as Library from 'fhirpath';
import {
  compileView,
  referenceKeys,
  resourceKeys,
  type CompiledView,
  type CompileFhirPath,
  type ViewDefinition,
} from '../domain';

type Model = Parameters<typeof Library.compile>[1];

/**
 * The FHIRPath library with the R4 model, for paths that are not compiled. It takes a while to load, so it is loaded only
 * for views that need it, see {@link compileTable}.
 */
export async function loadFhirPathLibrary(): Promise<CompileFhirPath> {
  const [{ default: library }, { default: model }] = await Promise.all([
    import('fhirpath'),
    import('fhirpath/fhir-context/r4/index.js'),
  ]);
  return (expression, base) => {
    const path = base === undefined ? expression : { base: typedBase(base, model), expression };
    const evaluate = library.compile(path, model, { userInvocationTable: KEYS });
    return (focus, variables) => evaluate(focus, variables) as readonly unknown[];
  };
}

/** Compiles a view, with the library where one of its paths asks for it. */
export async function compileTable(view: ViewDefinition): Promise<CompiledView> {
  const native = compileView(view, () => () => []);
  return native.libraryPaths.length === 0 ? native : compileView(view, await loadFhirPathLibrary());
}

/** `getResourceKey` and `getReferenceKey` (SQL on FHIR v2, required additional functions). */
const KEYS: NonNullable<NonNullable<Parameters<typeof Library.compile>[2]>['userInvocationTable']> = {
  getResourceKey: { fn: resourceKeys, arity: { 0: [] } },
  getReferenceKey: {
    fn: (values: unknown, type?: { readonly name: string }) => referenceKeys(values, type?.name),
    arity: { 0: [], 1: ['TypeSpecifier'] },
  },
};

/** `Observation.code.coding` → `Coding`: the library knows the elements of a type, not every path to it. */
function typedBase(base: string, model: NonNullable<Model>): string {
  const [first, ...names] = base.split('.');
  return names.reduce((at, name) => {
    const path = `${at}.${name}`;
    const type = model.path2Type[path];
    if (type !== undefined && type !== 'BackboneElement' && type !== 'Element') return type;
    return model.pathsDefinedElsewhere[path] ?? path;
  }, first!);
}
