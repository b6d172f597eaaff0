import { DeidentificationError, ownViews, probesOf, scopeOfPolicy, type OwnView, type Policy } from '../domain';
import { compileTable } from '../tables/fhirpath-library';

/**
 * The views of a request (texts of ViewDefinitions), checked against what leaves under a policy of the resource types
 * `fields`, and run over resources of nobody: the FHIRPath library refuses some expressions only when it evaluates them. Throws what `ownViews` throws.
 */
export async function requestedViews(
  texts: readonly string[],
  { policy, fields }: { readonly policy: Policy; readonly fields: readonly string[] },
): Promise<readonly OwnView[]> {
  const scope = scopeOfPolicy(policy, fields);
  const views = ownViews(texts, scope);
  for (const { view } of views) {
    try {
      const compiled = await compileTable(view);
      for (const probe of probesOf(view.resource, scope)) compiled.rows(probe, () => undefined);
    } catch (error) {
      if (!(error instanceof DeidentificationError)) throw error;
      throw new DeidentificationError(error.code, `the view ${view.name}: ${error.message}`, { cause: error });
    }
  }
  return views;
}
