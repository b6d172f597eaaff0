import { objectOf, objectsOf, type JsonObject } from './resource';

const ENTERED_IN_ERROR = 'entered-in-error';
/** FHIR R4: a code of its own in most types, `lifecycleStatus` in Goal, the document's own status in DocumentReference. */
const STATUSES = ['status', 'lifecycleStatus', 'docStatus'] as const;

/**
 * True for what a provider has taken back: a status says entered-in-error, or `verificationStatus` does (Condition,
 * AllergyIntolerance). Such a resource is no statement about its patient any more.
 */
export function isEnteredInError(resource: JsonObject): boolean {
  // Asked of every resource, twice: no closures, and nothing made where there is no such element.
  for (const element of STATUSES) if (resource[element] === ENTERED_IN_ERROR) return true;
  const { verificationStatus } = resource;
  if (verificationStatus === undefined) return false;
  return objectsOf(objectOf(verificationStatus).coding).some(({ code }) => code === ENTERED_IN_ERROR);
}
