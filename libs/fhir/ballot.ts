import { isObject, type FhirResource, type JsonObject } from './resource';
import type { Finding } from './verdict';

/**
 * Elements that FHIR had before 4.0.1 (STU3 and the R4 ballots) and R4 has not, by type: records labelled R4 that were
 * written by older tools. `context` became `encounter`, `assertedDate` became `recordedDate`, status texts became
 * CodeableConcepts, `Immunization.date` became `occurrence[x]`.
 */
const DROPPED: { readonly [type: string]: readonly string[] } = {
  AllergyIntolerance: ['assertedDate'],
  CarePlan: ['context', 'definition'],
  CareTeam: ['context'],
  Claim: ['information', 'employmentImpacted', 'hospitalization', 'organization'],
  ClinicalImpression: ['context', 'action'],
  Composition: ['class'],
  Condition: ['context', 'assertedDate'],
  DeviceRequest: ['context'],
  DiagnosticReport: ['context', 'codedDiagnosis', 'image'],
  DocumentReference: ['created', 'indexed', 'class'],
  Encounter: ['reason'],
  ExplanationOfBenefit: ['information', 'totalCost', 'employmentImpacted', 'hospitalization', 'organization'],
  FamilyMemberHistory: ['notDone', 'notDoneReason'],
  Flag: ['context'],
  Goal: ['status'],
  ImagingStudy: ['context', 'accession', 'uid', 'availability'],
  Immunization: ['date', 'notGiven', 'explanation', 'vaccinationProtocol', 'practitioner'],
  MedicationAdministration: ['notGiven', 'prescription', 'reasonNotGiven'],
  MedicationDispense: ['notDone', 'notDoneReasonCodeableConcept', 'notDoneReasonReference'],
  MedicationRequest: ['context', 'definition'],
  MedicationStatement: ['taken', 'reasonNotTaken'],
  Observation: ['context', 'related'],
  Procedure: ['context', 'definition', 'notDone', 'notDoneReason'],
  QuestionnaireResponse: ['context', 'parent'],
  RiskAssessment: ['context'],
};

/** Elements that were a code and are a CodeableConcept in R4. */
const CONCEPTS: { readonly [type: string]: readonly string[] } = {
  AllergyIntolerance: ['clinicalStatus', 'verificationStatus'],
  Condition: ['clinicalStatus', 'verificationStatus'],
};

/** The first element that shows a shape from before R4, as a BALLOT_SHAPE finding. */
export function findBallotShape(resource: FhirResource): Finding | undefined {
  const type = resource.resourceType;
  const dropped = DROPPED[type]?.find((element) => resource[element] !== undefined);
  const concept = CONCEPTS[type]?.find((element) => typeof resource[element] === 'string');
  const element = dropped ?? concept ?? (isClaim(type) && isOldMoney(resource.total) ? 'total' : undefined);
  return element === undefined ? undefined : { code: 'BALLOT_SHAPE', path: `${type}.${element}` };
}

const isClaim = (type: string): boolean => type === 'Claim' || type === 'ExplanationOfBenefit';

/** Money was a Quantity with the currency as its code; R4 gives it `currency` (2.24.0.9). */
function isOldMoney(total: unknown): boolean {
  return isObject(total) && hasCode(total) && total.currency === undefined;
}

const hasCode = (money: JsonObject): boolean => money.code !== undefined || money.system !== undefined;
