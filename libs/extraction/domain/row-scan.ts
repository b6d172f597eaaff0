export { collectCodes, collectPlainCodes } from '@aceso/deidentification/domain';

/**
 * Looks into the JSON text of a row without parsing it: whether the rows of a large file hold one of few values. A hit is
 * a candidate that the caller parses and judges; a miss is certain, as released codes and pseudonyms need no escape.
 */
function holds(text: string, marker: string, values: ReadonlySet<string>): boolean {
  for (let at = text.indexOf(marker); at !== -1; at = text.indexOf(marker, at)) {
    at += marker.length;
    if (values.has(text.slice(at, text.indexOf('"', at)))) return true;
  }
  return false;
}

/** True when the row may hold one of these codes, whatever their system, or of these units. */
export function mayHoldCode(row: string, codes: ReadonlySet<string>): boolean {
  return codes.size > 0 && (holds(row, '"code":"', codes) || holds(row, '"unit":"', codes));
}

/** True when the row may hold one of these plain codes, wherever. */
export function mayHoldText(row: string, texts: readonly string[]): boolean {
  return texts.some((text) => row.includes(`"${text}"`));
}

/** True when the row refers to one of these rows (`Type/pseudonym`). */
export function mayRefer(row: string, references: ReadonlySet<string>): boolean {
  return references.size > 0 && holds(row, '"reference":"', references);
}

/** The pseudonym of the person whose row it is. */
export function personOf(row: { readonly [element: string]: unknown }): string {
  if (row['resourceType'] === 'Patient') return String(row['id']);
  const subject = row['subject'] as { readonly reference?: unknown } | undefined;
  return String(subject?.reference).slice('Patient/'.length);
}
