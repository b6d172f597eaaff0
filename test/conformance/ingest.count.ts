import { gunzipSync } from 'node:zlib';
import type { ReportFinding } from '@aceso/register/testing';

/** What a file holds, counted in the plainest way: split at newlines, `JSON.parse`, count entries. */
export interface FileCount {
  readonly lines: number;
  readonly resources: number;
  /** Numbers of lines that are blank or no JSON object. */
  readonly malformed: readonly number[];
}

type Totals = {
  readonly accepted: number;
  readonly unchanged: number;
  readonly quarantined: number;
  readonly refused: number;
};

/** Counts a whole file; documents that span lines count as one line, what is no JSON at all as one refused line. */
export function countFile(file: Uint8Array): FileCount {
  const bytes = file[0] === 0x1f && file[1] === 0x8b ? gunzipSync(file) : Buffer.from(file);
  const text = bytes.toString('utf8').replace(/^\ufeff/, '');
  const whole = parse(text);
  if (whole !== undefined) return { lines: 1, resources: resourcesOf(whole), malformed: isObject(whole) ? [] : [1] };
  const lines = (text.endsWith('\n') ? text.slice(0, -1) : text).split('\n');
  const values = lines.map((line) => (line.trim() === '' ? 'blank' : parse(line)));
  if (!values.some(isObject)) return { lines: 1, resources: 1, malformed: [1] };
  const resources = values.reduce<number>((sum, value) => sum + (value === 'blank' ? 0 : resourcesOf(value)), 0);
  const malformed = values.flatMap((value, index) => (isObject(value) ? [] : [index + 1]));
  return { lines: lines.length, resources, malformed };
}

/** Where the register's word differs from the count. */
export function differences(
  count: FileCount,
  { totals, findings }: { totals: { resources: Totals; lines: Totals }; findings: readonly ReportFinding[] },
): string[] {
  const refused = new Set(findings.filter(({ verdict }) => verdict === 'refused').map(({ line }) => line));
  const unnamed = count.malformed.filter((line) => !refused.has(line));
  const [lines, resources] = [sum(totals.lines), sum(totals.resources)];
  return [
    ...(lines === count.lines ? [] : [`${lines} lines of ${count.lines}`]),
    ...(resources === count.resources ? [] : [`${resources} resources of ${count.resources}`]),
    ...(unnamed.length === 0 ? [] : [`malformed and not named: ${unnamed.slice(0, 5).join(', ')}`]),
  ];
}

const sum = ({ accepted, unchanged, quarantined, refused }: Totals): number =>
  accepted + unchanged + quarantined + refused;

const isObject = (value: unknown): value is { readonly [member: string]: unknown } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A Bundle counts its entries, everything else counts as one: what cannot be read, too. */
function resourcesOf(value: unknown): number {
  if (!isObject(value) || value.resourceType !== 'Bundle') return 1;
  return Array.isArray(value.entry) ? Math.max(1, value.entry.length) : 1;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
