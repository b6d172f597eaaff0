import type { Manifest } from './manifest';
import type { LeftOutTable } from './package-table';

/** What the README of a package tells: the manifest before it lists the README itself. */
export type ReadmeContent = Omit<Manifest, 'files' | 'format'> & {
  readonly files: readonly { readonly name: string; readonly rows: number | null }[];
};

/** The text of a package's `README.md`, for the person who opens the folder. */
export function readmeText(content: ReadmeContent, leftOut: readonly LeftOutTable[]): string {
  const rows = content.files.filter((file) => file.rows !== null);
  const example = rows.find((file) => file.name === 'data/Observation.ndjson') ?? rows[0];
  const levels = Object.entries(content.generalisation).map(([attribute, level]) => `- ${attribute}: ${level}`);
  return `${[
    '# De-identified health records',
    '',
    `Records of ${content.counts.persons} persons, ${content.counts.rows} rows, released for order ${content.order}.`,
    'Every person agreed to this request with a signature of their own.',
    `This is *${content.policy.label}*, not anonymous data: treat it as personal data.`,
    '',
    '## Files',
    '',
    '| file | rows |',
    '| --- | ---: |',
    ...rows.map((file) => `| ${file.name} | ${file.rows} |`),
    '',
    '`data/`: one JSON object a line, FHIR R4, only the elements that the policy keeps. `tables/`: the same as Parquet, one table a',
    'kind of record. `dictionary.json` explains every element and column, `quality.html` shows what is missing.',
    'Rows of one person share a pseudonym that exists in this order only.',
    '',
    ...notMade(leftOut),
    '## Load it',
    '',
    '`notebooks/start.ipynb` (Python) and `notebooks/start.R` load the tables with DuckDB and count them again; `duckdb -init schema.sql`',
    'does so without either. `datapackage.json` (Frictionless) and `croissant.json` describe the files for other programs.',
    '',
    `Python: \`pandas.read_json("${example?.name ?? 'data/Patient.ndjson'}", lines=True)\`  `,
    `R: \`jsonlite::stream_in(file("${example?.name ?? 'data/Patient.ndjson'}"))\``,
    '',
    '## What protects the persons in it, and what does not',
    '',
    `Policy \`${content.policy.name}\`, hash \`${content.policy.hash}\`. Generalised:`,
    '',
    ...levels,
    '',
    `Every class of persons with equal values has at least ${content.k.kFile} members (smallest: ${content.k.smallestClass}).`,
    `${content.k.statement}. \`manifest.json\` has every measured figure.`,
    '',
    '## Terms',
    '',
    `Purpose: ${content.request.purpose.replace(/\s+/g, ' ')}. Country: ${content.request.country}. Term: ${content.request.termMonths} months`,
    `from the release. The agreed request has the hash \`${content.request.contentHash}\`: its purpose, fields, recipients`,
    'and term bind you. Do not try to find out who a person is, do not join this package with another, do not pass it on.',
    '',
    '## Verify it',
    '',
    '`aceso verify --policy trust.policy .` checks every file, the signature of the operator and the entry in the public',
    'log. Get `trust.policy` from the operator apart from this package: what comes with a package proves nothing about it.',
  ].join('\n')}\n`;
}

/** Tables that the request asks for and the package does not hold. */
function notMade(leftOut: readonly LeftOutTable[]): string[] {
  if (leftOut.length === 0) return [];
  return [
    '## Tables that could not be made',
    '',
    ...leftOut.map(({ name, code, message }) => `- \`${name}\` (${code}): \`${message.replaceAll('`', "'")}\``),
    '',
    'Everything that they would show is in `data/`: mend the view and run `aceso views --view <file> --in data/*.ndjson --out tables`.',
    '',
  ];
}
