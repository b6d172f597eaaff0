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
/** Receipt of the release entry (C2SP tlog-proof) and what opens the entry. */
export const PROOF_FILE = 'receipts/release.tlog-proof';
export const OPENING_FILE = 'receipts/release.json';

/** Files that the manifest cannot list: itself, and what is made after it. */
export const UNLISTED_FILES: readonly string[] = [MANIFEST_FILE, SIGNATURE_FILE, PROOF_FILE, OPENING_FILE];

/** More data files than R4 has resource types never happen. */
export const PACKAGE_FILES_MAX = 200;

/** Most bytes of a manifest, signature, receipt or opening that a reader takes into memory. */
export const SMALL_FILE_BYTES_MAX = 1_048_576;

const DATA_FILE = /^data\/([A-Z][A-Za-z]{1,63})\.ndjson$/;

/** `data/Observation.ndjson` for the resource type Observation. */
export function dataFileOf(resourceType: string): string {
  return `data/${resourceType}.ndjson`;
}

/** The resource type that a data file holds; undefined for every other file. */
export function resourceTypeOf(file: string): string | undefined {
  return DATA_FILE.exec(file)?.[1];
}

const DESCRIPTIONS: readonly string[] = [DICTIONARY_FILE, README_FILE, RISK_FILE, RISK_PAGE_FILE];

/** True for the names that a manifest may list. */
export function isListedName(file: string): boolean {
  return DESCRIPTIONS.includes(file) || DATA_FILE.test(file);
}

/** True for every name that a package may hold at all; a path that leaves the folder is never one of them. */
export function isPackageName(file: string): boolean {
  return isListedName(file) || UNLISTED_FILES.includes(file);
}
