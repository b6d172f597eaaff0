import type { FhirResource } from '@aceso/fhir';
import { decidePermission, type PermissionQuestion } from './decide-permission';
import { categoryOf } from './resource-category';
import type { NumberedRule } from './rule';

/** What one research center may use of a person's records under a grant. */
export interface ResearchUse {
  /** False when the person takes no part at all. */
  readonly takesPart: boolean;
  /** True when no rule can keep a resource back, so that none has to be looked at. */
  readonly keepsAll: boolean;
  /** Whether a resource that a provider wrote may be used. */
  keeps(resource: FhirResource, provider: string): boolean;
}

/**
 * Rules narrow what a grant permits: where none speaks, the grant decides. Every person in a package has a row of its own
 * with generalised attributes, so whoever keeps the Patient resource back takes no part. Stored rules that do not verify
 * (`intact` false) keep everything back.
 */
export function researchUse(
  { rules, intact }: { readonly rules: readonly NumberedRule[]; readonly intact: boolean },
  use: { readonly center: string; readonly at: number },
): ResearchUse {
  if (!intact) return { takesPart: false, keepsAll: false, keeps: () => false };
  const permits = (category: PermissionQuestion['category']): boolean =>
    decidePermission(rules, questionOf(category, use), { authorsRead: false, unruled: 'permit' }).effect === 'permit';
  return {
    takesPart: permits(RESEARCH_FRAME),
    keepsAll: rules.length === 0,
    keeps: (resource, provider) => rules.length === 0 || permits(categoryOf(resource, provider)),
  };
}

/** The Patient resource of any provider, of any day: what nobody leaves out who takes part. */
export const RESEARCH_FRAME: PermissionQuestion['category'] = { type: 'Patient', codes: [], labels: [], device: null };

function questionOf(
  category: PermissionQuestion['category'],
  { center, at }: { readonly center: string; readonly at: number },
): PermissionQuestion {
  const actor = { partyId: center, role: 'researcher', providers: [] };
  return { actor, category, purpose: 'research', act: 'read', at };
}
