/**
 * Decimal places that a measurement keeps, by the code of what was measured: what laboratories and wards report. Digits
 * beyond them say nothing about the patient's health and name the patient (of 373 sample patients all have a laboratory
 * value that nobody else has; see docs/reference/deidentification.md). Codes that are not listed keep the policy's
 * default number of significant digits.
 */
const DECIMALS: readonly (readonly [decimals: number, codes: string])[] = [
  // Whole numbers: blood pressure, pulse, scores, counts, enzymes, lipids, glucose, electrolytes in mmol/L, percentages of the heart and lung.
  [0, '8480-6 8462-4 8867-4 9279-1 2708-6 59408-5 72514-3 72106-8 46240-8 75443-2 84215-3'],
  [0, '2339-0 2345-7 2093-3 18262-6 2085-9 2571-8 13457-7 2947-0 2951-2 2069-3 2075-0 20565-8 2028-9'],
  [0, '1742-6 1920-8 6768-6 777-3 26515-7 787-2 30428-7 10230-1 19926-5 33914-3 33762-6 5804-0 57905-2'],
  [0, '8302-2 21000-5 32207-3 66519-0 66524-0 66529-9 66534-9'],
  [0, '5085 5087 5090 5092'],
  // One decimal place: temperature, weight, body mass index, blood counts, haemoglobin, potassium, urea, pH.
  [1, '8331-1 8310-5 29463-7 39156-5 718-7 4548-4 4544-3 20570-8 6690-2 26464-8 785-6 786-4 788-0 30385-9 32623-1'],
  [
    1,
    '6298-4 2823-3 6299-2 3094-0 49765-1 17861-6 1751-7 2885-2 10834-0 5803-2 38265-5 33037-3 2857-1 33756-8 14959-1',
  ],
  [1, '1975-2 20505-4 42719-5 5792-7 5797-6 789-8 26453-1 5088 5089'],
  // Two decimal places.
  [2, '38483-4 2160-0'],
  [3, '5811-5'],
];

/** CIEL identifiers are padded with A to 36 characters. */
const expand = (code: string): string => (code.includes('-') ? code : code.padEnd(36, 'A'));

export const DECIMALS_BY_CODE: { readonly [code: string]: number } = Object.fromEntries(
  DECIMALS.flatMap(([decimals, codes]) => codes.split(' ').map((code) => [expand(code), decimals])),
);
