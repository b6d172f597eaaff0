const LOINC = 'http://loinc.org';

interface Analyte {
  /** Grams a mole. */
  readonly gramsAMole: number;
  /** LOINC codes that measure it as a concentration of mass or of moles. */
  readonly codes: readonly string[];
}

/**
 * Analytes whose results are written in mass and in moles alike, from their sum formulas with IUPAC standard atomic weights; triglycerides have none
 * and go by triolein, as clinical chemistry does (1 mmol/L = 88.5 mg/dL). A code that is not here is never converted between mass and moles.
 */
const ANALYTES: readonly Analyte[] = [
  // Glucose, C6H12O6.
  { gramsAMole: 180.156, codes: ['2345-7', '2339-0', '1558-6', '14749-6', '15074-8', '14771-0'] },
  // Creatinine, C4H7N3O.
  { gramsAMole: 113.12, codes: ['2160-0', '38483-4', '14682-9'] },
  // Cholesterol, C27H46O: total, HDL, LDL.
  {
    gramsAMole: 386.65,
    codes: ['2093-3', '14647-2', '2085-9', '14646-4', '2089-1', '13457-7', '18262-6', '22748-8', '39469-2'],
  },
  // Triglycerides as triolein, C57H104O6.
  { gramsAMole: 885.4, codes: ['2571-8', '14927-8'] },
  // Bilirubin, C33H36N4O6.
  { gramsAMole: 584.66, codes: ['1975-2', '14631-6'] },
  // Urate as uric acid, C5H4N4O3.
  { gramsAMole: 168.11, codes: ['3084-1', '14933-6'] },
  // Calcium.
  { gramsAMole: 40.078, codes: ['17861-6', '2000-8'] },
];

const BY_CODE: ReadonlyMap<string, number> = new Map(
  ANALYTES.flatMap(({ gramsAMole, codes }) => codes.map((code) => [`${LOINC}|${code}`, gramsAMole] as const)),
);

/** Grams a mole of what a code measures; undefined where mass and moles are not known to be the same thing. */
export function molarMassOf({ system, code }: { readonly system: string; readonly code: string }): number | undefined {
  return BY_CODE.get(`${system}|${code}`);
}
