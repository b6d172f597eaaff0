/** What an element of a delivered row means, in plain words, and its unit where it has one. */
export interface FieldMeaning {
  readonly meaning: string;
  readonly unit: string | null;
}

/**
 * Meanings by the end of the element path, the longest match first: elements of one name mean the same in every
 * resource type (FHIR R4 section 2.1, resource index). Wording ours.
 */
const MEANINGS: Readonly<Record<string, string | readonly [meaning: string, unit: string]>> = {
  resourceType: 'FHIR R4 resource type of the row',
  id: 'pseudonym of the row, made for this order only',
  'subject.reference': 'pseudonym of the person, made for this order only; joins the rows of one person',
  'patient.reference': 'pseudonym of the person, made for this order only; joins the rows of one person',
  'beneficiary.reference': 'pseudonym of the person, made for this order only; joins the rows of one person',
  'encounter.reference': 'pseudonym of the visit that the row belongs to',
  'context.reference': 'pseudonym of the visit that the row belongs to',
  reference: 'pseudonym of another row of this package',
  gender: 'administrative gender as the provider recorded it',
  ageBand: ['age at the record date, in a band as wide as the generalisation says', 'years'],
  state: 'state of residence, where the generalisation keeps it',
  zip3: 'first three digits of the ZIP code, where the generalisation keeps them',
  race: 'race category as the provider recorded it, where the generalisation keeps it',
  ethnicity: 'ethnicity category as the provider recorded it, where the generalisation keeps it',
  status: 'state of the record or the act',
  intent: 'whether the request is a plan, a proposal or an order',
  'clinicalStatus.coding.code': 'whether the condition is active',
  'verificationStatus.coding.code': 'how certain the condition is',
  'category.coding.code': 'class of the record, coded',
  'class.code': 'class of the visit (ambulatory, emergency, inpatient)',
  'type.coding.code': 'kind of visit or act, coded',
  'code.coding.code': 'what was found, measured, done or diagnosed, coded',
  'medicationCodeableConcept.coding.code': 'medicine, coded',
  'vaccineCode.coding.code': 'vaccine, coded',
  'reasonCode.coding.code': 'reason for the act, coded',
  'coding.code': 'code in the system named beside it',
  'coding.system': 'code system of the code',
  'coding.display': "the platform's own text of the code; never a provider's text",
  text: "the platform's own text of the code; never a provider's text",
  'period.start': ['start of the visit', 'date'],
  'period.end': ['end of the visit', 'date'],
  onsetDateTime: ['start of the condition', 'date'],
  abatementDateTime: ['end of the condition', 'date'],
  recordedDate: ['day on which it was recorded', 'date'],
  effectiveDateTime: ['day of the finding or measurement', 'date'],
  occurrenceDateTime: ['day on which it happened', 'date'],
  'performedPeriod.start': ['start of the procedure', 'date'],
  'performedPeriod.end': ['end of the procedure', 'date'],
  performedDateTime: ['day of the procedure', 'date'],
  authoredOn: ['day of the prescription', 'date'],
  created: ['day on which it was made out', 'date'],
  sequence: 'number of the item within its row',
  use: 'what a claim is for',
  primarySource: 'true when whoever gave it recorded it',
  issued: ['day on which the result was available', 'date'],
  date: ['day of the record', 'date'],
  start: ['start', 'date'],
  end: ['end', 'date'],
  'valueQuantity.value': ['measured value, rounded to the precision that is set for its code', 'as in unit'],
  'quantity.value': ['quantity', 'as in unit'],
  value: ['value, rounded to the precision that is set for its code', 'as in unit'],
  unit: 'unit in words',
  code: 'code, for quantities the UCUM unit',
  system: 'code system',
};

/** The meaning of an element; what is not in the table is named by its place in FHIR R4. */
export function fieldMeaning(resourceType: string, path: string): FieldMeaning {
  const names = path.split('.');
  for (let from = 0; from < names.length; from += 1) {
    const found = MEANINGS[names.slice(from).join('.')];
    if (typeof found === 'string') return { meaning: found, unit: null };
    if (found) return { meaning: found[0], unit: found[1] };
  }
  return { meaning: `FHIR R4 ${resourceType}.${path}`, unit: null };
}
