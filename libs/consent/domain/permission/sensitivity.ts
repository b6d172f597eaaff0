/**
 * Sensitivity labels: codes of HL7 v3 ActCode below _ActInformationSensitivityPolicy
 * (http://terminology.hl7.org/ValueSet/v3-ActInformationSensitivityPolicy). PSY: mental health; SUD: substance use
 * disorder; HIV; STD: sexually transmitted disease; SEX: sexuality and reproduction; SDV: sexual assault, abuse or
 * domestic violence.
 */
export const SENSITIVITY_LABELS = ['PSY', 'SUD', 'HIV', 'STD', 'SEX', 'SDV'] as const;

export type SensitivityLabel = (typeof SENSITIVITY_LABELS)[number];

export interface Coding {
  readonly system: string;
  readonly code: string;
}

/** Labels that providers may write into a resource themselves (FHIR R4 `meta.security`). */
const ACT_CODE = 'http://terminology.hl7.org/CodeSystem/v3-ActCode';
/** Older or narrower names of ActCode for what a label of ours covers. */
const SAME_AS: { readonly [code: string]: SensitivityLabel } = {
  ETH: 'SUD',
  ETHUD: 'SUD',
  OPIOIDUD: 'SUD',
  PSYTHPN: 'PSY',
  MH: 'PSY',
  BH: 'PSY',
};

const ICD10 = ['http://hl7.org/fhir/sid/icd-10', 'http://hl7.org/fhir/sid/icd-10-cm'];
const SNOMED = ['http://snomed.info/sct'];
const LOINC = ['http://loinc.org'];

interface CodeSet {
  readonly label: SensitivityLabel;
  readonly systems: readonly string[];
  /** Codes that begin so, without dots, are in it. Only where a code system is a hierarchy by its digits. */
  readonly prefixes?: readonly string[];
  readonly codes?: readonly string[];
}

/**
 * What is sensitive by its code. ICD-10: blocks of the WHO's classification (2019) and of ICD-10-CM. SNOMED CT and LOINC: a
 * starting list by hand of codes that records of our samples use; no hierarchy is followed. docs/reference/permission-rules.md
 * says what it does not find.
 */
export const SENSITIVE_CODES: readonly CodeSet[] = [
  {
    label: 'PSY',
    systems: ICD10,
    prefixes: [
      'F0',
      'F2',
      'F3',
      'F4',
      'F5',
      'F6',
      'F7',
      'F8',
      'F9',
      'X6',
      'X7',
      'X80',
      'X81',
      'X82',
      'X83',
      'X84',
      'R45851',
      'T1491',
    ],
  },
  {
    label: 'PSY',
    systems: SNOMED,
    codes: [
      '36923009',
      '370143000',
      '35489007',
      '192127007',
      '79094001',
      '88848003',
      '736254008',
      '405783006',
      '76168009',
      '304822001',
      '225337009',
      '171207006',
      '715252007',
      '26929004',
      '230265002',
      '58214004',
      '13746004',
      '47505003',
      '197480006',
    ],
  },
  { label: 'PSY', systems: LOINC, codes: ['44249-1', '44261-6', '55758-7', '69737-5', '70274-6'] },
  { label: 'SUD', systems: ICD10, prefixes: ['F1', 'T40', 'Z714', 'Z715', 'Z721', 'Z722'] },
  {
    label: 'SUD',
    systems: SNOMED,
    codes: [
      '55680006',
      '56876005',
      '61480009',
      '60112009',
      '266707007',
      '7200002',
      '5602001',
      '24165007',
      '408936000',
      '408935001',
      '313071005',
      '226138001',
      '66590003',
      '191816009',
    ],
  },
  { label: 'HIV', systems: ICD10, prefixes: ['B20', 'B21', 'B22', 'B23', 'B24', 'Z21', 'R75', 'O987', 'Z114', 'Z717'] },
  { label: 'HIV', systems: SNOMED, codes: ['86406008', '62479008', '165816005', '278977008'] },
  { label: 'HIV', systems: LOINC, codes: ['7917-8', '56888-1', '20447-9', '25836-8', '75622-1'] },
  { label: 'STD', systems: ICD10, prefixes: ['A5', 'A60', 'A61', 'A62', 'A63', 'A64', 'Z113', 'Z202', 'Z224'] },
  {
    label: 'STD',
    systems: SNOMED,
    codes: ['310861008', '269828009', '165829005', '8098009', '240589008', '15628003', '76272004'],
  },
  {
    label: 'SEX',
    systems: ICD10,
    prefixes: ['O03', 'O04', 'O05', 'O06', 'O07', 'Z30', 'Z31', 'Z32', 'Z332', 'Z640', 'F52', 'F64', 'F65'],
  },
  {
    label: 'SEX',
    systems: SNOMED,
    codes: [
      '714812005',
      '386394001',
      '10383002',
      '65200003',
      '46706006',
      '169553002',
      '301807007',
      '755621000000101',
      '252160004',
    ],
  },
  { label: 'SDV', systems: ICD10, prefixes: ['T74', 'T76', 'Y05', 'Y06', 'Y07', 'Z044'] },
  { label: 'SDV', systems: SNOMED, codes: ['706893006'] },
];

const CODES = new Map<string, SensitivityLabel[]>();
const PREFIXES: { readonly system: string; readonly prefix: string; readonly label: SensitivityLabel }[] = [];
for (const { label, systems, prefixes = [], codes = [] } of SENSITIVE_CODES) {
  for (const system of systems) {
    for (const prefix of prefixes) PREFIXES.push({ system, prefix, label });
    for (const code of codes) CODES.set(`${system}|${code}`, [...(CODES.get(`${system}|${code}`) ?? []), label]);
  }
}

/** The labels of codings, each once and in the order of {@link SENSITIVITY_LABELS}; without a system, those of any. */
export function labelsOf(
  codings: readonly (Pick<Coding, 'code'> & { readonly system?: string })[],
): SensitivityLabel[] {
  const found = new Set<SensitivityLabel>();
  for (const { system, code } of codings) {
    if (system === ACT_CODE) {
      const label = SENSITIVITY_LABELS.find((name) => name === code) ?? SAME_AS[code];
      if (label) found.add(label);
      continue;
    }
    for (const known of system === undefined ? [...ICD10, ...SNOMED, ...LOINC] : [system]) {
      for (const label of CODES.get(`${known}|${code}`) ?? []) found.add(label);
      const undotted = code.replaceAll('.', '').toUpperCase();
      for (const each of PREFIXES) {
        if (each.system === known && undotted.startsWith(each.prefix)) found.add(each.label);
      }
    }
  }
  return SENSITIVITY_LABELS.filter((label) => found.has(label));
}
