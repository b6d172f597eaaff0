import { canonicalJson, DomainError } from '@aceso/kernel';
import { z } from 'zod';
import { isListedName, PACKAGE_FILES_MAX } from './package-layout';

export const MANIFEST_FORMAT = 'aceso/package/v1';

const Sha256Hex = z.string().regex(/^[0-9a-f]{64}$/);
const Count = z.int().min(0);

const ManifestFile = z.strictObject({
  name: z.string().refine(isListedName, 'not a name that a package may hold'),
  bytes: Count,
  sha256: Sha256Hex,
  /** Lines of a data file, rows of a table; null where rows mean nothing. */
  rows: Count.nullable(),
});

/**
 * What a package holds and under which terms it was released. No personal data: `order` is known to the buyer, all else
 * is about the whole. The release entry of the ledger commits to the SHA-256 of this file's bytes.
 */
const Manifest = z.strictObject({
  format: z.literal(MANIFEST_FORMAT),
  order: z.uuid(),
  /** 1, and one more each time the package was emitted anew before it was fetched. */
  edition: z.int().min(1),
  request: z.strictObject({
    version: z.int().min(1),
    contentHash: Sha256Hex,
    purpose: z.string(),
    country: z.string(),
    termMonths: z.int().min(1),
  }),
  /** `label` is what may be said of the data, and nothing more. */
  policy: z.strictObject({ name: z.string(), hash: Sha256Hex, label: z.string() }),
  /** The date against which ages and cutoffs were judged. */
  recordDate: z.iso.date(),
  /** Quasi-identifier to the level that it was generalised to. */
  generalisation: z.record(z.string(), z.string()),
  k: z.strictObject({
    kFile: z.int().min(2),
    covers: z.array(z.string()),
    smallestClass: Count,
    classes: Count,
    /** What k covers and what it does not, in words. */
    statement: z.string(),
  }),
  risk: z.record(z.string(), z.json()),
  counts: z.strictObject({ persons: Count, rows: Count }),
  files: z.array(ManifestFile).max(PACKAGE_FILES_MAX),
  /** The log in which the release stands; a claim, not a proof: trust comes from the reader's own policy file. */
  log: z.strictObject({ verifierKey: z.string(), planCheckpoint: z.string().nullable() }),
  software: z.strictObject({ name: z.string(), version: z.string() }),
});

export type Manifest = z.infer<typeof Manifest>;
export type ManifestFile = z.infer<typeof ManifestFile>;

export type ManifestErrorCode = 'MANIFEST_MALFORMED';

export class ManifestError extends DomainError<ManifestErrorCode> {}

/** The text of `manifest.json`: files by name, members sorted, two spaces, so that one manifest has one text. */
export function manifestText(manifest: Manifest): string {
  const files = [...manifest.files].sort((a, b) => (a.name < b.name ? -1 : 1));
  return `${JSON.stringify(JSON.parse(canonicalJson(Manifest.parse({ ...manifest, files }))), null, 2)}\n`;
}

/** Reads `manifest.json`. Throws MANIFEST_MALFORMED for anything that {@link manifestText} would not have written. */
export function parseManifest(text: string): Manifest {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new ManifestError('MANIFEST_MALFORMED', 'manifest.json is not JSON', { cause });
  }
  const parsed = Manifest.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new ManifestError(
      'MANIFEST_MALFORMED',
      `manifest.json: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`,
    );
  }
  const names = new Set(parsed.data.files.map((file) => file.name));
  if (names.size !== parsed.data.files.length) {
    throw new ManifestError('MANIFEST_MALFORMED', 'manifest.json names a file twice');
  }
  if (manifestText(parsed.data) !== text) {
    throw new ManifestError('MANIFEST_MALFORMED', 'manifest.json is not in its canonical form');
  }
  return parsed.data;
}
