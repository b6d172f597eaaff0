import { isObject, objectOf, objectsOf, readDay, textOf, type FhirResource, type JsonObject } from '@aceso/fhir';
import type { AskedCategory } from './category';
import { labelsOf, type Coding } from './sensitivity';

/** Elements that say when a resource began, the most telling first. A period gives its start. */
const BEGINNINGS = [
  ...['effectiveDateTime', 'effectivePeriod', 'effectiveInstant', 'onsetDateTime', 'onsetPeriod'],
  ...['performedDateTime', 'performedPeriod', 'occurrenceDateTime', 'occurrencePeriod', 'period', 'whenHandedOver'],
  ...['whenPrepared', 'started', 'authoredOn', 'servicedDate', 'billablePeriod', 'collectedDateTime'],
  ...['recordedDate', 'recorded', 'dateAsserted', 'issued', 'date', 'created', 'authored'],
];

/** The category of one resource of a provider; what the resource does not say is known to be absent. */
export function categoryOf(resource: FhirResource, provider: string): AskedCategory {
  const codings: Coding[] = [];
  collectCodings(resource, codings);
  return {
    type: resource.resourceType,
    codes: codings.map(({ system, code }) => `${system}|${code}`),
    labels: labelsOf(codings),
    provider,
    device: deviceOf(resource),
    day: dayOf(resource),
  };
}

/** Every coding anywhere in a resource: a reason or a component tells as much as the code does. */
function collectCodings(value: unknown, found: Coding[]): void {
  if (Array.isArray(value)) {
    for (const item of value) collectCodings(item, found);
    return;
  }
  if (!isObject(value)) return;
  const { system, code } = value;
  if (typeof system === 'string' && typeof code === 'string') found.push({ system, code });
  for (const member of Object.values(value)) {
    if (typeof member === 'object' && member !== null) collectCodings(member, found);
  }
}

function deviceOf(resource: FhirResource): string | null {
  if (resource.resourceType === 'Device') return `Device/${resource.id}`;
  const [device] = Array.isArray(resource.device) ? objectsOf(resource.device) : [objectOf(resource.device)];
  return textOf(objectOf(device).reference) ?? null;
}

function dayOf(resource: JsonObject): string | null {
  for (const element of BEGINNINGS) {
    const value = resource[element];
    const day = readDay(textOf(isObject(value) ? value.start : value));
    if (day !== undefined) return day;
  }
  return null;
}
