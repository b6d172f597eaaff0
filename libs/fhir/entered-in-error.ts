import { objectOf, objectsOf, type JsonObject } from './resource';

const ENTERED_IN_ERROR = 'entered-in-error';
/** FHIR R4: a code of its own in most types, `lifecycleStatus` in Goal, the document's own status in DocumentReference. */
const STATUSES = ['status', 'lifecycleStatus', 'docStatus'] as const;

/**
 * True for what a provider has taken back: a status says entered-in-error, or `verificationStatus` does (Condition,
 * AllergyIntolerance). Such a resource is no statement about its patient any more.
 */
export function isEnteredInError(resource: JsonObject): boolean {
  if (STATUSES.some((element) => resource[element] === ENTERED_IN_ERROR)) return true;
  return objectsOf(objectOf(resource.verificationStatus).coding).some(({ code }) => code === ENTERED_IN_ERROR);
}
