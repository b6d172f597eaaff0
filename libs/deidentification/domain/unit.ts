/**
 * Units by the syntax of UCUM (the Unified Code for Units of Measure, section "Full and Limited Conformance"), restricted
 * to a list of atoms: what does not parse could be text of a note and does not leave.
 */

/** Metric atoms, which take a prefix, and the prefixes. */
const METRIC =
  'm|g|L|l|s|mol|eq|osm|Hz|V|A|W|K|N|Pa|J|cal|bar|Bq|Gy|Sv|kat|U|Cel|rad|lm|lx|T|F|Ohm|S|H|C|m\\[Hg\\]|m\\[H2O\\]|\\[iU\\]|\\[IU\\]|IU';
const PREFIX = 'da|Y|Z|E|P|T|G|M|k|h|d|c|m|u|n|p|f|a|z|y';
const PLAIN =
  "%|min|h|d|wk|mo|a|deg|10\\*|10\\^|\\[pH\\]|pH|\\[degF\\]|degF|\\[in_i\\]|\\[ft_i\\]|\\[lb_av\\]|\\[oz_av\\]|\\[drp\\]|\\[ppm\\]|\\[ppb\\]|\\[CFU\\]|\\[HPF\\]|\\[LPF\\]|\\[diop\\]|\\[arb'U']|\\[APL'U']|Torr|mmHg|K|M";
/** Annotations are free text in UCUM: these only. */
const ANNOTATION =
  '\\{(?:score|count|nominal|T-score|Z-score|1\\.73_m2|beats|breaths|steps|INR|ratio|cells|creat|copies|cfu|tbl|RBC|WBC|HPF|LPF|drinks|events|titer|pH|CFU)\\}';
const TERM = `(?:(?:(?:(?:${PREFIX})?(?:${METRIC})|${PLAIN})(?:[+-]?[1-9])?(?:${ANNOTATION})?)|${ANNOTATION}|1)`;
const UCUM = new RegExp(`^/?${TERM}(?:[./]${TERM}){0,3}$`);

/** Texts in use that are no UCUM but say what is meant. */
const COMMON: ReadonlySet<string> = new Set([
  '(score)',
  'score',
  'beats/minute',
  'breaths/minute',
  'bpm',
  'F',
  'in',
  'lb',
  'mcg',
]);
const LENGTH_MAX = 30;

const decided = new Map<string, boolean>();
const DECIDED_MAX = 5_000;

/** True when the text is a unit of the list above and nothing else. */
export function isUnit(text: string): boolean {
  const known = decided.get(text);
  if (known !== undefined) return known;
  const verdict = text.length <= LENGTH_MAX && (COMMON.has(text) || UCUM.test(text));
  if (decided.size >= DECIDED_MAX) decided.clear();
  decided.set(text, verdict);
  return verdict;
}

/**
 * Names a unit together with each code that is measured in it (none for a dose): a unit that one person's laboratory
 * alone uses for a common code points to that person as a rare code does.
 */
export function unitKeys(concept: unknown, unit: string): readonly string[] {
  const codings = (concept as { readonly coding?: unknown } | null | undefined)?.coding;
  if (!Array.isArray(codings) || codings.length === 0) return [`unit|${unit}`];
  return (codings as { system: string; code: string }[]).map(({ system, code }) => `${unit} of ${system}|${code}`);
}
