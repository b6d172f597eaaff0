/** Codes that the made-up records use. Terms: SNOMED CT, LOINC, RxNorm, CVX; the texts are plain descriptions. */

export const SNOMED = 'http://snomed.info/sct';
export const LOINC = 'http://loinc.org';
export const RXNORM = 'http://www.nlm.nih.gov/research/umls/rxnorm';
export const CVX = 'http://hl7.org/fhir/sid/cvx';

export interface Term {
  readonly code: string;
  readonly text: string;
}

/** A lasting illness: from which age on, how likely per year after that, and what treats it. */
export interface Illness extends Term {
  readonly fromAge: number;
  readonly perYear: number;
  readonly medication?: Term;
}

export const LASTING_ILLNESSES: readonly Illness[] = [
  {
    code: '59621000',
    text: 'Essential hypertension',
    fromAge: 30,
    perYear: 0.02,
    medication: { code: '314076', text: 'Lisinopril 10 MG Oral Tablet' },
  },
  {
    code: '44054006',
    text: 'Type 2 diabetes mellitus',
    fromAge: 35,
    perYear: 0.012,
    medication: { code: '860975', text: 'Metformin hydrochloride 500 MG Oral Tablet' },
  },
  {
    code: '55822004',
    text: 'Hyperlipidemia',
    fromAge: 30,
    perYear: 0.02,
    medication: { code: '312961', text: 'Simvastatin 20 MG Oral Tablet' },
  },
  {
    code: '195967001',
    text: 'Asthma',
    fromAge: 3,
    perYear: 0.004,
    medication: { code: '745679', text: 'Albuterol inhaler' },
  },
  { code: '162864005', text: 'Obesity', fromAge: 18, perYear: 0.012 },
  { code: '15777000', text: 'Prediabetes', fromAge: 25, perYear: 0.015 },
  {
    code: '396275006',
    text: 'Osteoarthritis',
    fromAge: 45,
    perYear: 0.015,
    medication: { code: '198405', text: 'Ibuprofen 400 MG Oral Tablet' },
  },
  {
    code: '35489007',
    text: 'Depressive disorder',
    fromAge: 16,
    perYear: 0.006,
    medication: { code: '312940', text: 'Sertraline 50 MG Oral Tablet' },
  },
  { code: '13645005', text: 'Chronic obstructive lung disease', fromAge: 50, perYear: 0.006 },
  {
    code: '53741008',
    text: 'Coronary arteriosclerosis',
    fromAge: 50,
    perYear: 0.008,
    medication: { code: '243670', text: 'Aspirin 81 MG Oral Tablet' },
  },
  { code: '190905008', text: 'Cystic fibrosis', fromAge: 0, perYear: 0.00005 },
];

export interface Episode extends Term {
  readonly days: number;
  readonly perYear: number;
  readonly procedure?: Term;
  readonly medication?: Term;
}

export const EPISODES: readonly Episode[] = [
  { code: '195662009', text: 'Acute viral pharyngitis', days: 10, perYear: 0.1 },
  {
    code: '10509002',
    text: 'Acute bronchitis',
    days: 14,
    perYear: 0.06,
    procedure: { code: '399208008', text: 'Plain X-ray of chest' },
  },
  { code: '444814009', text: 'Viral sinusitis', days: 15, perYear: 0.08 },
  {
    code: '36971009',
    text: 'Sinusitis',
    days: 21,
    perYear: 0.05,
    medication: { code: '308182', text: 'Amoxicillin 250 MG Oral Capsule' },
  },
  {
    code: '65363002',
    text: 'Otitis media',
    days: 12,
    perYear: 0.06,
    medication: { code: '308182', text: 'Amoxicillin 250 MG Oral Capsule' },
  },
  { code: '44465007', text: 'Sprain of ankle', days: 28, perYear: 0.04 },
  {
    code: '68566005',
    text: 'Urinary tract infection',
    days: 9,
    perYear: 0.04,
    medication: { code: '311989', text: 'Nitrofurantoin 100 MG Oral Capsule' },
  },
];

export const IMMUNIZATIONS: readonly (Term & { readonly ages: readonly number[] })[] = [
  { code: '08', text: 'Hepatitis B vaccine', ages: [0, 1] },
  { code: '20', text: 'DTaP vaccine', ages: [0, 1, 4] },
  { code: '10', text: 'Poliovirus vaccine', ages: [0, 1, 4] },
  { code: '03', text: 'MMR vaccine', ages: [1, 4] },
  { code: '21', text: 'Varicella vaccine', ages: [1, 4] },
  { code: '113', text: 'Td vaccine (adult)', ages: [11, 21, 31, 41, 51, 61, 71, 81] },
];
export const INFLUENZA: Term = { code: '140', text: 'Influenza vaccine, seasonal' };

export interface Measure extends Term {
  readonly unit: string;
  readonly mean: number;
  readonly deviation: number;
}

export const LABORATORY: readonly Measure[] = [
  { code: '4548-4', text: 'Hemoglobin A1c/Hemoglobin.total in Blood', unit: '%', mean: 5.6, deviation: 0.5 },
  { code: '2339-0', text: 'Glucose', unit: 'mg/dL', mean: 92, deviation: 12 },
  { code: '2093-3', text: 'Total Cholesterol', unit: 'mg/dL', mean: 188, deviation: 28 },
  { code: '2085-9', text: 'High Density Lipoprotein Cholesterol', unit: 'mg/dL', mean: 56, deviation: 11 },
  { code: '2571-8', text: 'Triglycerides', unit: 'mg/dL', mean: 128, deviation: 30 },
  { code: '38483-4', text: 'Creatinine', unit: 'mg/dL', mean: 1, deviation: 0.2 },
];

const NEVER_SMOKED: Term = { code: '266919005', text: 'Never smoked tobacco' };
const FORMER_SMOKER: Term = { code: '8517006', text: 'Ex-smoker' };
const SMOKER: Term = { code: '449868002', text: 'Smokes tobacco daily' };
/** One of ten persons each. */
export const SMOKING: readonly Term[] = [
  ...Array.from({ length: 7 }, () => NEVER_SMOKED),
  FORMER_SMOKER,
  FORMER_SMOKER,
  SMOKER,
];

export const SURNAMES = [
  'Albrecht',
  'Bianchi',
  'Castell',
  'Duvall',
  'Eriksen',
  'Farouk',
  'Grantham',
  'Holloway',
  'Ivanova',
  'Jankowski',
  'Kessler',
  'Lindqvist',
  'Marchetti',
  'Nakagawa',
  'Okonkwo',
  'Pettersen',
  'Quintero',
  'Rasmussen',
  'Silveira',
  'Thackeray',
  'Underwood',
  'Valdivia',
  'Westergaard',
  'Zielinski',
];
export const GIVEN_NAMES = {
  female: [
    'Amina',
    'Beatriz',
    'Clara',
    'Dagny',
    'Esther',
    'Fatou',
    'Greta',
    'Helena',
    'Ingrid',
    'Jamila',
    'Katarina',
    'Leonie',
  ],
  male: [
    'Anselm',
    'Bruno',
    'Cormac',
    'Dmitri',
    'Elias',
    'Finnian',
    'Gustav',
    'Hassan',
    'Isidro',
    'Jovan',
    'Klaus',
    'Leander',
  ],
} as const;
export const STREETS = [
  'Alder Lane',
  'Birchwood Road',
  'Canal Street',
  'Dunmore Avenue',
  'Elmfield Close',
  'Foundry Row',
  'Granary Way',
  'Harbour Street',
];
/** Towns with ZIP codes of their area; the first three digits hold well over 20,000 people each. */
export const TOWNS = [
  { city: 'Boston', postalCode: '02118', weight: 4 },
  { city: 'Cambridge', postalCode: '02139', weight: 2 },
  { city: 'Lowell', postalCode: '01852', weight: 2 },
  { city: 'Worcester', postalCode: '01605', weight: 2 },
  { city: 'Springfield', postalCode: '01107', weight: 1 },
] as const;
export const RACES: readonly (readonly [Term, number])[] = [
  [{ code: '2106-3', text: 'White' }, 70],
  [{ code: '2054-5', text: 'Black or African American' }, 14],
  [{ code: '2028-9', text: 'Asian' }, 12],
  [{ code: '1002-5', text: 'American Indian or Alaska Native' }, 2],
];
export const ETHNICITIES: readonly (readonly [Term, number])[] = [
  [{ code: '2186-5', text: 'Not Hispanic or Latino' }, 85],
  [{ code: '2135-2', text: 'Hispanic or Latino' }, 15],
];
