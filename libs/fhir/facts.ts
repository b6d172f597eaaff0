import { dailyMeans } from './daily-means';
import { isEnteredInError } from './entered-in-error';
import { readDay } from './read-day';
import { objectOf, objectsOf, textOf, type FhirResource, type JsonObject } from './resource';

export type FactKind =
  | 'allergy'
  | 'careplan'
  | 'condition'
  | 'encounter'
  | 'immunization'
  | 'medication'
  | 'observation'
  | 'procedure'
  | 'report';

/** One coded statement of a record as the index keeps it: no text, no reference, dates to the day. */
export interface Fact {
  readonly kind: FactKind;
  readonly system: string;
  readonly code: string;
  /** `YYYY-MM-DD`; the first day where the record gives only a month or a year. */
  readonly start: string | undefined;
  readonly end: string | undefined;
  readonly value: number | undefined;
  /** UCUM code where given, else the unit's text when it has the form of a code, else ''. */
  readonly unit: string;
  /** `<`, `<=`, `>=` or `>` where the number is only a bound of what was measured (FHIR R4 Quantity.comparator), else ''. */
  readonly comparator: string;
  /** The coded result of an observation, one of its codings; '' where there is none. */
  readonly resultSystem: string;
  readonly result: string;
  /** Whether an observation has a device, or is a stream of samples. */
  readonly device: boolean;
  /** Reference of the encounter as written: callers replace it by a number of their own. */
  readonly encounter: string | undefined;
}

/** A provider's text for a code: shown only when enough persons carry the same. */
export interface CodeText {
  readonly system: string;
  readonly code: string;
  readonly text: string;
}

interface Rule {
  readonly kind: FactKind;
  /** Element with the CodeableConcept(s). */
  readonly concept: string;
  /** Elements that say when it began, then the period that does, then those that say when it was written down: as permission rules judge its day. */
  readonly start: readonly string[];
  readonly period?: string;
  readonly written?: string;
}

const RULES: { readonly [type: string]: Rule } = {
  AllergyIntolerance: {
    kind: 'allergy',
    concept: 'code',
    start: ['onsetDateTime'],
    period: 'onsetPeriod',
    written: 'recordedDate',
  },
  CarePlan: { kind: 'careplan', concept: 'category', start: [], period: 'period', written: 'created' },
  Condition: {
    kind: 'condition',
    concept: 'code',
    start: ['onsetDateTime'],
    period: 'onsetPeriod',
    written: 'recordedDate',
  },
  DiagnosticReport: {
    kind: 'report',
    concept: 'code',
    start: ['effectiveDateTime'],
    period: 'effectivePeriod',
    written: 'issued',
  },
  Encounter: { kind: 'encounter', concept: 'type', start: [], period: 'period' },
  Immunization: { kind: 'immunization', concept: 'vaccineCode', start: ['occurrenceDateTime'] },
  MedicationAdministration: medication(['effectiveDateTime'], 'effectivePeriod'),
  MedicationDispense: medication(['whenHandedOver', 'whenPrepared']),
  MedicationRequest: medication(['authoredOn']),
  MedicationStatement: medication(['effectiveDateTime'], 'effectivePeriod', 'dateAsserted'),
  Observation: {
    kind: 'observation',
    concept: 'code',
    start: ['effectiveDateTime', 'effectiveInstant'],
    period: 'effectivePeriod',
    written: 'issued',
  },
  Procedure: { kind: 'procedure', concept: 'code', start: ['performedDateTime'], period: 'performedPeriod' },
};

function medication(start: readonly string[], period?: string, written?: string): Rule {
  return {
    kind: 'medication',
    concept: 'medicationCodeableConcept',
    start,
    ...(period !== undefined && { period }),
    ...(written !== undefined && { written }),
  };
}

/** FHIR R4 2.24.0.1 (code) without spaces: free text typed into a code does not become a fact. */
const CODE = /^[^\s\p{C}]{1,64}$/u;
const SYSTEM_LENGTH_MAX = 200;
const TEXT_LENGTH_MAX = 200;
const CODINGS_MAX = 8;
const COMPONENTS_MAX = 64;
/** Facts of one resource: a few years of a stream. What comes later in it is left out. */
export const RESOURCE_FACTS_MAX = 8_000;
/** Resources that say of themselves that they do not hold. */
const VOID: ReadonlySet<unknown> = new Set(['cancelled', 'not-done', 'rejected']);

/** The facts of a resource, and the texts that stand beside its codes. Types without coded facts give none. */
export function readFacts(resource: FhirResource): {
  readonly facts: readonly Fact[];
  readonly texts: readonly CodeText[];
} {
  const rule = RULES[resource.resourceType];
  if (rule === undefined || isVoid(resource)) return { facts: [], texts: [] };
  const texts: CodeText[] = [];
  const shared = {
    kind: rule.kind,
    encounter: encounterOf(resource),
    device: resource.resourceType === 'Observation' && Object.keys(objectOf(resource.device)).length > 0,
    ...datesOf(resource, rule),
  };
  const facts: Fact[] = [];
  const add = (concepts: readonly JsonObject[], from: JsonObject): void => {
    if (facts.length >= RESOURCE_FACTS_MAX) return;
    const results = resultsOf(from, resource, texts);
    for (const coding of concepts.flatMap((concept) => codingsOf(concept, texts))) {
      const left = RESOURCE_FACTS_MAX - facts.length;
      for (const result of results.slice(0, left)) facts.push({ ...shared, ...coding, ...result });
    }
  };
  add(conceptsOf(resource, rule.concept), resource);
  for (const component of objectsOf(resource.component).slice(0, COMPONENTS_MAX)) {
    add([objectOf(component.code)], component);
  }
  return { facts, texts };
}

function isVoid(resource: JsonObject): boolean {
  if (VOID.has(resource.status) || isEnteredInError(resource)) return true;
  return objectsOf(objectOf(resource.verificationStatus).coding).some(({ code }) => code === 'refuted');
}

function conceptsOf(resource: JsonObject, element: string): readonly JsonObject[] {
  const value = resource[element];
  if (value !== undefined) return Array.isArray(value) ? objectsOf(value) : [objectOf(value)];
  return element === 'medicationCodeableConcept' ? containedMedication(resource) : [];
}

/** A MedicationRequest may carry its Medication inside (`#id`). */
function containedMedication(resource: JsonObject): readonly JsonObject[] {
  const reference = textOf(objectOf(resource.medicationReference).reference);
  if (reference?.startsWith('#') !== true) return [];
  const medication = objectsOf(resource.contained).find(({ id }) => id === reference.slice(1));
  return medication === undefined ? [] : [objectOf(medication.code)];
}

function codingsOf(
  concept: JsonObject,
  texts: CodeText[],
): readonly { readonly system: string; readonly code: string }[] {
  const codings = objectsOf(concept.coding).slice(0, CODINGS_MAX);
  return codings.flatMap((coding) => {
    const system = textOf(coding.system) ?? '';
    const code = textOf(coding.code);
    if (code === undefined || !CODE.test(code) || system.length > SYSTEM_LENGTH_MAX || /[\s\p{C}]/u.test(system))
      return [];
    const text = (textOf(coding.display) ?? (codings.length === 1 ? textOf(concept.text) : undefined))?.trim();
    if (text !== undefined && text.length <= TEXT_LENGTH_MAX && !/\p{C}/u.test(text))
      texts.push({ system, code, text });
    return [{ system, code }];
  });
}

type Result = Pick<Fact, 'value' | 'unit' | 'comparator' | 'resultSystem' | 'result'> &
  Partial<Pick<Fact, 'device' | 'start' | 'end'>>;

const NO_RESULT: Result = { value: undefined, unit: '', comparator: '', resultSystem: '', result: '' };
const COMPARATORS: ReadonlySet<string> = new Set(['', '<', '<=', '>=', '>']);

/** What an observation or one of its components gave: a number, one result a coding of it, one a day of a stream, or at least that it was done. */
function resultsOf(from: JsonObject, resource: FhirResource, texts: CodeText[]): readonly Result[] {
  if (resource.resourceType !== 'Observation') return [NO_RESULT];
  const codings = codingsOf(objectOf(from.valueCodeableConcept), texts);
  if (codings.length > 0)
    return codings.map(({ system, code }) => ({ ...NO_RESULT, resultSystem: system, result: code }));
  if (typeof from.valueInteger === 'number') return [{ ...NO_RESULT, value: from.valueInteger }];
  if (from.valueSampledData !== undefined) return streamOf(objectOf(from.valueSampledData), resource);
  return [quantityOf(from.valueQuantity)];
}

function quantityOf(value: unknown): Result {
  const quantity = objectOf(value);
  const comparator = textOf(quantity.comparator) ?? '';
  // What nobody defined may be a bound on either side: no number is better than another one.
  if (typeof quantity.value !== 'number' || !COMPARATORS.has(comparator)) return NO_RESULT;
  return { ...NO_RESULT, value: quantity.value, unit: unitOf(quantity), comparator };
}

function unitOf(quantity: JsonObject): string {
  const unit = textOf(quantity.code) ?? textOf(quantity.unit);
  return unit !== undefined && CODE.test(unit) ? unit : '';
}

/** A stream is one number a day: the mean of the day's samples. */
function streamOf(samples: JsonObject, resource: FhirResource): readonly Result[] {
  const start =
    textOf(resource.effectiveDateTime) ??
    textOf(resource.effectiveInstant) ??
    textOf(objectOf(resource.effectivePeriod).start);
  const unit = unitOf(objectOf(samples.origin));
  const days = dailyMeans(samples, start).map(({ day, mean }) => ({
    ...NO_RESULT,
    value: mean,
    unit,
    start: day,
    end: undefined,
    device: true,
  }));
  return days.length > 0 ? days : [{ ...NO_RESULT, device: true }];
}

function datesOf(resource: JsonObject, { start, period, written }: Rule): Pick<Fact, 'start' | 'end'> {
  const range = objectOf(period === undefined ? undefined : resource[period]);
  const first = start.map((element) => textOf(resource[element])).find((date) => date !== undefined);
  return {
    start: readDay(first ?? textOf(range.start) ?? textOf(written === undefined ? undefined : resource[written])),
    end: readDay(textOf(range.end) ?? textOf(resource.abatementDateTime)),
  };
}

function encounterOf(resource: JsonObject): string | undefined {
  if (resource.resourceType === 'Encounter') return `Encounter/${String(resource.id)}`;
  const reference = textOf(objectOf(resource.encounter).reference);
  return reference?.replace(/^urn:uuid:/, 'Encounter/');
}
