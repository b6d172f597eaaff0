import type { CodeSyntax } from '../policy';

/**
 * Code systems that may leave, each with the syntax of its codes. Open systems (SNOMED CT, LOINC, RxNorm …) are held to
 * their syntax and, where they have one, to their check digit; closed systems are listed code by code, so that a text or
 * a number of a person that was typed into `code` cannot leave under the name of a vocabulary.
 */

/**
 * Concept identifiers of the CIEL dictionary, padded with A to 36 characters; OpenMRS sites send them under the LOINC and
 * SNOMED CT systems. Digits and padding carry no text.
 */
const CIEL = '(?=.{36}$)[0-9]{1,6}A{30,35}';

const hl7 = (name: string): string => `http://terminology.hl7.org/CodeSystem/${name}`;
const listed = (codes: string): CodeSyntax => ({ codes: codes.split(' ') });

export const CODE_SYSTEMS: { readonly [system: string]: CodeSyntax } = {
  // SCTID: 6 to 18 digits, partition 00 or 10 (a concept) before the check digit (SNOMED CT TIG, section "SCTID").
  'http://snomed.info/sct': { pattern: '[1-9][0-9]{2,14}[01]0[0-9]', checkDigit: 'verhoeff', alsoPattern: CIEL },
  'http://loinc.org': { pattern: '[1-9][0-9]{0,6}-[0-9]', checkDigit: 'luhn', alsoPattern: CIEL },
  'http://www.nlm.nih.gov/research/umls/rxnorm': { pattern: '[1-9][0-9]{0,7}' },
  'http://hl7.org/fhir/sid/cvx': { pattern: '[0-9]{1,3}' },
  'http://hl7.org/fhir/sid/icd-10': { pattern: '[A-Z][0-9]{2}(\\.[0-9]{1,2})?' },
  'http://hl7.org/fhir/sid/icd-10-cm': { pattern: '[A-Z][0-9][0-9A-Z](\\.?[0-9A-Z]{1,4})?' },
  'http://hl7.org/fhir/sid/icd-9-cm': { pattern: '([0-9]{3}|V[0-9]{2}|E[0-9]{3})(\\.[0-9]{1,2})?' },
  'http://www.cms.gov/Medicare/Coding/ICD10': { pattern: '[0-9A-HJ-NP-Z]{7}' },
  'http://www.ama-assn.org/go/cpt': { pattern: '[0-9]{4}[0-9FTU]' },
  'http://www.whocc.no/atc': { pattern: '[A-Z][0-9]{2}([A-Z]([A-Z]([0-9]{2})?)?)?' },
  'http://hl7.org/fhir/sid/ndc': { pattern: '[0-9]{4,5}-[0-9]{3,4}-[0-9]{1,2}' },
  'http://dicom.nema.org/resources/ontology/DCM': listed(
    'AR BMD CR CT DX ECG EPS ES GM HC HD IO IVUS KO LEN MG MR NM OAM OCT OP OPM OPT OPV OT PR PT PX REG RF RG RTDOSE RTIMAGE RTPLAN RTSTRUCT SC SM SMR SR STAIN TG US VA XA XC',
  ),
  'http://www.nubc.org/patient-discharge': { pattern: '[0-9]{1,2}' },
  'https://bluebutton.cms.gov/resources/variables/line_cms_type_srvc_cd': { pattern: '[0-9A-Z]' },
  'http://hl7.org/fhir/us/core/CodeSystem/us-core-documentreference-category': listed('clinical-note'),
  [hl7('v3-ActCode')]: listed('AMB EMER FLD HH IMP ACUTE NONACUTE OBSENC PRENC SS URG VR'),
  [hl7('v2-0074')]: listed(
    'AU BG BLB CG CH CP CT CTH CUS EC EN GE HM ICU IMG IMM LAB MB MCB MYC NMR NMS NRS OSL OT OTH OUS PAR PAT PF PHR PHY PT RAD RC RT RUS RX SP SR TX URN VR VUS XRC',
  ),
  [hl7('observation-category')]: listed(
    'social-history vital-signs imaging laboratory procedure survey exam therapy activity',
  ),
  [hl7('condition-category')]: listed('problem-list-item encounter-diagnosis health-concern'),
  [hl7('condition-clinical')]: listed('active recurrence relapse inactive remission resolved'),
  [hl7('condition-ver-status')]: listed('unconfirmed provisional differential confirmed refuted entered-in-error'),
  [hl7('allergyintolerance-clinical')]: listed('active inactive resolved'),
  [hl7('allergyintolerance-verification')]: listed('unconfirmed confirmed refuted entered-in-error'),
  [hl7('goal-achievement')]: listed(
    'in-progress improving worsening no-change achieved sustaining not-achieved no-progress not-attainable',
  ),
  [hl7('medicationrequest-category')]: listed('inpatient outpatient community discharge'),
  [hl7('dose-rate-type')]: listed('calculated ordered'),
  [hl7('claim-type')]: listed('institutional oral pharmacy professional vision'),
  [hl7('processpriority')]: listed('stat normal deferred'),
  [hl7('ex-diagnosistype')]: listed(
    'admitting clinical differential discharge laboratory nursing prenatal principal radiology remote retrospective self',
  ),
  [hl7('ex-serviceplace')]: { pattern: '[0-9]{2}' },
  [hl7('diagnosis-role')]: listed('AD DD CC CM pre-op post-op billing'),
  [hl7('v3-ObservationInterpretation')]: listed('A AA H HH HU L LL LU N U D B W S R I POS NEG IND DET ND'),
  [hl7('data-absent-reason')]: listed('masked'),
};
