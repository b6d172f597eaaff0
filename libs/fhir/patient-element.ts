/** Where a resource type names its patient: the first of these elements that holds a reference decides. */
export interface PatientElement {
  readonly elements: readonly string[];
  /** True where FHIR R4 gives the element cardinality 1..1: a resource without it is never usable. */
  readonly required: boolean;
}

const required = (element: string): PatientElement => ({ elements: [element], required: true });
const optional = (...elements: string[]): PatientElement => ({ elements, required: false });

/**
 * FHIR R4 (4.0.1) patient compartment, reduced to the element that says whose record a resource belongs to. A dot walks
 * into a part, through arrays as well. Types that are not listed belong to no patient.
 */
export const PATIENT_ELEMENTS: { readonly [type: string]: PatientElement } = {
  Account: optional('subject'),
  AdverseEvent: required('subject'),
  AllergyIntolerance: required('patient'),
  Appointment: optional('participant.actor'),
  AppointmentResponse: optional('actor'),
  AuditEvent: optional('entity.what', 'agent.who'),
  Basic: optional('subject'),
  BodyStructure: required('patient'),
  CarePlan: required('subject'),
  CareTeam: optional('subject'),
  ChargeItem: required('subject'),
  Claim: required('patient'),
  ClaimResponse: required('patient'),
  ClinicalImpression: required('subject'),
  Communication: optional('subject'),
  CommunicationRequest: optional('subject'),
  Composition: optional('subject'),
  Condition: required('subject'),
  Consent: optional('patient'),
  Contract: optional('subject'),
  Coverage: required('beneficiary'),
  CoverageEligibilityRequest: required('patient'),
  CoverageEligibilityResponse: required('patient'),
  DetectedIssue: optional('patient'),
  Device: optional('patient'),
  DeviceRequest: required('subject'),
  DeviceUseStatement: required('subject'),
  DiagnosticReport: optional('subject'),
  DocumentManifest: optional('subject'),
  DocumentReference: optional('subject'),
  Encounter: optional('subject'),
  EnrollmentRequest: optional('candidate'),
  EpisodeOfCare: required('patient'),
  ExplanationOfBenefit: required('patient'),
  FamilyMemberHistory: required('patient'),
  Flag: required('subject'),
  Goal: required('subject'),
  GuidanceResponse: optional('subject'),
  ImagingStudy: required('subject'),
  Immunization: required('patient'),
  ImmunizationEvaluation: required('patient'),
  ImmunizationRecommendation: required('patient'),
  Invoice: optional('subject'),
  List: optional('subject'),
  MeasureReport: optional('subject'),
  Media: optional('subject'),
  MedicationAdministration: required('subject'),
  MedicationDispense: optional('subject'),
  MedicationRequest: required('subject'),
  MedicationStatement: required('subject'),
  MolecularSequence: optional('patient'),
  NutritionOrder: required('patient'),
  Observation: optional('subject'),
  Person: optional('link.target'),
  Procedure: required('subject'),
  Provenance: optional('target'),
  QuestionnaireResponse: optional('subject'),
  RelatedPerson: required('patient'),
  RequestGroup: optional('subject'),
  ResearchSubject: required('individual'),
  RiskAssessment: required('subject'),
  ServiceRequest: required('subject'),
  Specimen: optional('subject'),
  SupplyDelivery: optional('patient'),
  SupplyRequest: optional('deliverTo'),
  Task: optional('for'),
  VisionPrescription: required('patient'),
};
