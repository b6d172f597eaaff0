/** A concept of the OMOP vocabularies by what it is called elsewhere. */
export interface OmopConcept {
  readonly vocabulary: string;
  readonly code: string;
  readonly name?: string | undefined;
}

/** Codes of vocabularies that have no URI of their own are ids of concepts in the one that OHDSI's FHIR guide names. */
export const OMOP_SYSTEM = 'https://fhir-terminology.ohdsi.org';

/** URIs of FHIR R4 and terminology.hl7.org for vocabularies of OMOP. */
const SYSTEMS: ReadonlyMap<string, string> = new Map([
  ['ATC', 'http://www.whocc.no/atc'],
  ['CPT4', 'http://www.ama-assn.org/go/cpt'],
  ['CVX', 'http://hl7.org/fhir/sid/cvx'],
  ['HCPCS', 'http://terminology.hl7.org/CodeSystem/HCPCS-all-codes'],
  ['ICD10', 'http://hl7.org/fhir/sid/icd-10'],
  ['ICD10CM', 'http://hl7.org/fhir/sid/icd-10-cm'],
  ['ICD10GM', 'http://fhir.de/CodeSystem/bfarm/icd-10-gm'],
  ['ICD10PCS', 'http://www.cms.gov/Medicare/Coding/ICD10'],
  ['ICD9CM', 'http://hl7.org/fhir/sid/icd-9-cm'],
  ['ICDO3', 'http://terminology.hl7.org/CodeSystem/icd-o-3'],
  ['LOINC', 'http://loinc.org'],
  ['NDC', 'http://hl7.org/fhir/sid/ndc'],
  ['RxNorm', 'http://www.nlm.nih.gov/research/umls/rxnorm'],
  ['SNOMED', 'http://snomed.info/sct'],
  ['UCUM', 'http://unitsofmeasure.org'],
]);

/** The coding of a concept as facts have it. */
export function codingOf(
  id: number,
  concept: OmopConcept | undefined,
): { readonly system: string; readonly code: string } {
  const system = concept && SYSTEMS.get(concept.vocabulary);
  return system !== undefined && concept !== undefined
    ? { system, code: concept.code }
    : { system: OMOP_SYSTEM, code: String(id) };
}
