import { PATIENT_ELEMENTS } from './patient-element';
import { readReference, type Target } from './reference';
import { isObject, type FhirResource, type JsonObject } from './resource';
import type { Finding } from './verdict';

/** Whose record a resource belongs to: a patient of the provider (by the provider's own id) or nobody. */
export type Placement =
  | { readonly kind: 'patient'; readonly localId: string }
  | { readonly kind: 'directory' }
  | { readonly kind: 'unplaced'; readonly finding: Finding };

/** What a Bundle's `fullUrl` stands for, by the URL. */
export type BundleTargets = ReadonlyMap<string, { readonly type: string; readonly id: string | undefined }>;

const DIRECTORY: Placement = { kind: 'directory' };

/**
 * Finds the patient of a resource. In FHIR R4 2.36.4 (Bundle) a `urn:uuid:` reference resolves through `fullUrl`; one
 * that no entry carries is taken for the patient's id, as many exports use the same value for both.
 */
export function findPlacement(resource: FhirResource, bundle: BundleTargets): Placement {
  const type = resource.resourceType;
  if (type === 'Patient') return { kind: 'patient', localId: resource.id };
  const rule = PATIENT_ELEMENTS[type];
  if (rule === undefined) return DIRECTORY;
  let fallback: Placement = DIRECTORY;
  for (const element of rule.elements) {
    const path = `${type}.${element}`;
    const references = walk(resource, element.split('.'));
    if (references.length === 0 && rule.required) return unplaced('ELEMENT_REQUIRED', path);
    for (const reference of references) {
      const target = readReference(reference);
      if (target === undefined) return unplaced('ELEMENT_MALFORMED', path);
      const placement = placementOf(target, bundle, path);
      if (placement.kind === 'patient') return placement;
      // What only mentions somebody (an audit event, an appointment) waits for nobody.
      if (placement.kind === 'unplaced' && !element.includes('.')) fallback = placement;
    }
  }
  return fallback;
}

function placementOf(target: Target, bundle: BundleTargets, path: string): Placement {
  if (target.kind === 'literal') {
    return target.type === 'Patient' ? { kind: 'patient', localId: target.id } : DIRECTORY;
  }
  if (target.kind !== 'urn') return unplaced('PATIENT_REFERENCE_UNRESOLVED', path);
  const entry = bundle.get(target.urn);
  const type = entry?.type ?? target.type;
  if (type !== undefined && type !== 'Patient') return DIRECTORY;
  return { kind: 'patient', localId: entry?.id ?? target.id };
}

const unplaced = (code: Finding['code'], path: string): Placement => ({ kind: 'unplaced', finding: { code, path } });

/** Values under a dotted element; arrays on the way are walked through. */
function walk(from: JsonObject, elements: readonly string[]): readonly unknown[] {
  let values: readonly unknown[] = [from];
  for (const element of elements) {
    values = values.flatMap((value) => {
      const member = isObject(value) ? value[element] : undefined;
      if (member === undefined) return [];
      return Array.isArray(member) ? (member as readonly unknown[]) : [member];
    });
  }
  return values;
}
