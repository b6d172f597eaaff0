/**
 * Where things lie in a package. Anything else in it is refused by the verifier, so that nobody can slip a file beside
 * what was signed.
 */
export const MANIFEST_FILE = 'manifest.json';
export const SIGNATURE_FILE = 'manifest.sig';
export const DICTIONARY_FILE = 'dictionary.json';
export const README_FILE = 'README.md';
/** The risk report: for programs, and as a page. */
export const RISK_FILE = 'risk.json';
export const RISK_PAGE_FILE = 'risk.html';
export const DATAPACKAGE_FILE = 'datapackage.json';
export const CROISSANT_FILE = 'croissant.json';
export const SCHEMA_FILE = 'schema.sql';
export const QUALITY_FILE = 'quality.html';
export const PYTHON_FILE = 'notebooks/start.ipynb';
export const R_FILE = 'notebooks/start.R';
/** Receipt of the release entry (C2SP tlog-proof) and what opens the entry. */
export const PROOF_FILE = 'receipts/release.tlog-proof';
export const OPENING_FILE = 'receipts/release.json';

/** Files that the manifest cannot list: itself, and what is made after it. */
export const UNLISTED_FILES: readonly string[] = [MANIFEST_FILE, SIGNATURE_FILE, PROOF_FILE, OPENING_FILE];

/** What describes a package: each of them once. */
const DESCRIBING: ReadonlySet<string> = new Set([
  DICTIONARY_FILE,
  README_FILE,
  RISK_FILE,
  RISK_PAGE_FILE,
  DATAPACKAGE_FILE,
  CROISSANT_FILE,
  SCHEMA_FILE,
  QUALITY_FILE,
  PYTHON_FILE,
  R_FILE,
]);

/** More data files than R4 has resource types never happen. */
export const PACKAGE_FILES_MAX = 200;

/** Most bytes of a manifest, signature, receipt or opening that a reader takes into memory. */
export const SMALL_FILE_BYTES_MAX = 1_048_576;

const DATA_FILE = /^data\/([A-Z][A-Za-z]{1,63})\.ndjson$/;
/** Lower case: two names that differ in case alone are one file on some systems. */
const TABLE_FILE = /^tables\/[a-z][a-z0-9_]{0,62}\.parquet$/;

/** `data/Observation.ndjson` for the resource type Observation. */
export function dataFileOf(resourceType: string): string {
  return `data/${resourceType}.ndjson`;
}

/** The resource type that a data file holds; undefined for every other file. */
export function resourceTypeOf(file: string): string | undefined {
  return DATA_FILE.exec(file)?.[1];
}

/** `tables/person.parquet` for the table person. */
export function tableFileOf(table: string): string {
  return `tables/${table}.parquet`;
}

/** True for a table, whose rows are no lines. */
export function isTableFile(file: string): boolean {
  return TABLE_FILE.test(file);
}

/** True for the names that a manifest may list. */
export function isListedName(file: string): boolean {
  return DESCRIBING.has(file) || DATA_FILE.test(file) || TABLE_FILE.test(file);
}

/** True for every name that a package may hold at all; a path that leaves the folder is never one of them. */
export function isPackageName(file: string): boolean {
  return isListedName(file) || UNLISTED_FILES.includes(file);
}
