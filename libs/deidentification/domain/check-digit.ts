/** Check digits that make it unlikely that a number of a person (telephone, record, insurance) passes for a code. */

/** LOINC codes: digits, hyphen, check digit by Luhn's rule (ISO/IEC 7812-1 annex B) over the digits. */
export function holdsLuhn(code: string): boolean {
  let sum = 0;
  let doubled = false;
  for (let at = code.length - 1; at >= 0; at -= 1) {
    const digit = code.charCodeAt(at) - 48;
    if (digit < 0 || digit > 9) continue; // the hyphen
    const weighted = doubled ? digit * 2 : digit;
    sum += weighted > 9 ? weighted - 9 : weighted;
    doubled = !doubled;
  }
  return sum % 10 === 0;
}

/** Multiplication table of the dihedral group D5, as SNOMED CT's technical guide (section on Verhoeff's check) gives it. */
const MULTIPLY = [
  [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
  [1, 2, 3, 4, 0, 6, 7, 8, 9, 5],
  [2, 3, 4, 0, 1, 7, 8, 9, 5, 6],
  [3, 4, 0, 1, 2, 8, 9, 5, 6, 7],
  [4, 0, 1, 2, 3, 9, 5, 6, 7, 8],
  [5, 9, 8, 7, 6, 0, 4, 3, 2, 1],
  [6, 5, 9, 8, 7, 1, 0, 4, 3, 2],
  [7, 6, 5, 9, 8, 2, 1, 0, 4, 3],
  [8, 7, 6, 5, 9, 3, 2, 1, 0, 4],
  [9, 8, 7, 6, 5, 4, 3, 2, 1, 0],
];
const PERMUTE = [
  [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
  [1, 5, 7, 6, 2, 8, 3, 0, 9, 4],
  [5, 8, 0, 3, 7, 9, 6, 1, 4, 2],
  [8, 9, 1, 6, 0, 4, 3, 5, 2, 7],
  [9, 4, 5, 3, 1, 2, 6, 8, 7, 0],
  [4, 2, 8, 6, 5, 7, 3, 9, 0, 1],
  [2, 7, 9, 3, 8, 0, 6, 4, 1, 5],
  [7, 0, 4, 6, 9, 1, 3, 2, 5, 8],
];

/** SNOMED CT identifiers end with Verhoeff's check digit; the code consists of digits only. */
export function holdsVerhoeff(code: string): boolean {
  let state = 0;
  for (let at = 0; at < code.length; at += 1) {
    const digit = code.charCodeAt(code.length - 1 - at) - 48;
    state = MULTIPLY[state]![PERMUTE[at % 8]![digit]!]!;
  }
  return state === 0;
}
