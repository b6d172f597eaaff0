import { isEnteredInError } from './entered-in-error';
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
  /** UCUM code where given, else the unit's text when it has the form of a code. */
  readonly unit: string | undefined;
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
  readonly start: readonly string[];
  readonly period?: string;
}

const RULES: { readonly [type: string]: Rule } = {
  AllergyIntolerance: { kind: 'allergy', concept: 'code', start: ['onsetDateTime', 'recordedDate'] },
  CarePlan: { kind: 'careplan', concept: 'category', start: ['created'], period: 'period' },
  Condition: { kind: 'condition', concept: 'code', start: ['onsetDateTime', 'recordedDate'], period: 'onsetPeriod' },
  DiagnosticReport: {
    kind: 'report',
    concept: 'code',
    start: ['effectiveDateTime', 'issued'],
    period: 'effectivePeriod',
  },
  Encounter: { kind: 'encounter', concept: 'type', start: [], period: 'period' },
  Immunization: { kind: 'immunization', concept: 'vaccineCode', start: ['occurrenceDateTime'] },
  MedicationAdministration: medication(['effectiveDateTime'], 'effectivePeriod'),
  MedicationDispense: medication(['whenHandedOver', 'whenPrepared']),
  MedicationRequest: medication(['authoredOn']),
  MedicationStatement: medication(['effectiveDateTime', 'dateAsserted'], 'effectivePeriod'),
  Observation: {
    kind: 'observation',
    concept: 'code',
    start: ['effectiveDateTime', 'issued'],
    period: 'effectivePeriod',
  },
  Procedure: { kind: 'procedure', concept: 'code', start: ['performedDateTime'], period: 'performedPeriod' },
};

function medication(start: readonly string[], period?: string): Rule {
  return {
    kind: 'medication',
    concept: 'medicationCodeableConcept',
    start,
    ...(period === undefined ? {} : { period }),
  };
}

/** FHIR R4 2.24.0.1 (code) without spaces: free text typed into a code does not become a fact. */
const CODE = /^[^\s\p{C}]{1,64}$/u;
const SYSTEM_LENGTH_MAX = 200;
const TEXT_LENGTH_MAX = 200;
const CODINGS_MAX = 8;
const COMPONENTS_MAX = 64;
const DATE = /^(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?/;
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
  const shared = { kind: rule.kind, encounter: encounterOf(resource), ...datesOf(resource, rule) };
  const facts = conceptsOf(resource, rule.concept).flatMap((concept) =>
    codingsOf(concept, texts).map((coding) => ({ ...shared, ...coding, ...quantityOf(resource.valueQuantity) })),
  );
  for (const component of objectsOf(resource.component).slice(0, COMPONENTS_MAX)) {
    for (const coding of codingsOf(objectOf(component.code), texts)) {
      facts.push({ ...shared, ...coding, ...quantityOf(component.valueQuantity) });
    }
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

function quantityOf(value: unknown): Pick<Fact, 'value' | 'unit'> {
  const quantity = objectOf(value);
  if (typeof quantity.value !== 'number') return { value: undefined, unit: undefined };
  const unit = textOf(quantity.code) ?? textOf(quantity.unit);
  return { value: quantity.value, unit: unit !== undefined && CODE.test(unit) ? unit : undefined };
}

function datesOf(resource: JsonObject, { start, period }: Rule): Pick<Fact, 'start' | 'end'> {
  const range = objectOf(period === undefined ? undefined : resource[period]);
  const first = start.map((element) => textOf(resource[element])).find((date) => date !== undefined);
  return {
    start: readDay(first ?? textOf(range.start)),
    end: readDay(textOf(range.end) ?? textOf(resource.abatementDateTime)),
  };
}

/** The calendar day as written: a time zone never moves it. Days that no calendar has are left out. */
export function readDay(date: string | undefined): string | undefined {
  const [, year, month = '01', day = '01'] = DATE.exec(date ?? '') ?? [];
  if (year === undefined || year < '1800') return undefined;
  return Number(day) >= 1 && Number(day) <= daysIn(Number(year), Number(month)) ? `${year}-${month}-${day}` : undefined;
}

function daysIn(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  if (month < 1 || month > 12) return 0;
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
}

function encounterOf(resource: JsonObject): string | undefined {
  if (resource.resourceType === 'Encounter') return `Encounter/${String(resource.id)}`;
  const reference = textOf(objectOf(resource.encounter).reference);
  return reference?.replace(/^urn:uuid:/, 'Encounter/');
}
