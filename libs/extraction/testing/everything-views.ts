import type { ElementTree, OwnViewDocument, ViewScope } from '@aceso/deidentification/domain';

/** Deeper elements than this are left to their own test: a path has 500 characters at most. */
const COLUMNS_MAX = 98;

/** For each resource type of a scope a view that reads all that a sale may read of it: every leaf, as a list. */
export function everythingViews(scope: ViewScope): readonly OwnViewDocument[] {
  return [...scope].map(([resource, tree]) => {
    const person = resource === 'Patient' ? [] : [{ name: 'key_of_person', path: 'subject.getReferenceKey(Patient)' }];
    const leaves = [...pathsOf(tree)].slice(0, COLUMNS_MAX);
    const columns = leaves.map((path, at) => ({ name: `c${at}`, path, collection: true }));
    return {
      name: `all_${resource.toLowerCase()}`,
      resource,
      select: [{ column: [{ name: 'key_of_row', path: 'getResourceKey()' }, ...person, ...columns] }],
    };
  });
}

function* pathsOf(tree: ElementTree, before = ''): Generator<string> {
  for (const [name, inner] of Object.entries(tree)) {
    const path = before === '' ? name : `${before}.${name}`;
    if (Object.keys(inner).length === 0) yield path;
    else yield* pathsOf(inner, path);
  }
}
