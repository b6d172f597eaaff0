import { z } from 'zod';
import { ExtractionError } from '../extraction.errors';

const TEXT_LENGTH_MAX = 5_000;
const LIST_MAX = 50;
const AGE_YEARS_MAX = 130;

const text = z.string().trim().min(1).max(TEXT_LENGTH_MAX);
const day = z.iso.date();
/** Without what no IRI has (RFC 3987), which URLs may be written with. */
const web = z.url({ protocol: /^https?$/ }).regex(/^[^\s<>"{}|\\^`]+$/);
const age = z.int().min(0).max(AGE_YEARS_MAX);
const period = z.strictObject({ start: day.optional(), end: day.optional() });
/** A code of an authority table of HealthDCAT-AP. */
const code = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/);
const agent = z.strictObject({ name: text, email: z.email(), page: web.optional() });

/** What only the operator knows of an instance: who publishes, who gives access, whom the records are of. */
const About = z.strictObject({
  /** BCP 47 language of the texts. */
  language: z.string().regex(/^[a-z]{2,3}(-[A-Z]{2})?$/),
  title: text,
  description: text,
  keywords: z.array(text).max(LIST_MAX).default([]),
  landingPage: web.optional(),
  publisher: agent,
  /** The health data access body that is responsible. */
  hdab: agent,
  /** The health data holder, where it is not the publisher. */
  custodian: agent.optional(),
  /** Codes of https://hdeu-dcat.data.health.europa.eu/resource/authority/healthcategories (Art. 51 EHDS). */
  healthCategories: z.array(code).min(1).max(LIST_MAX).default(['EHRS']),
  /** Codes of https://hdeu-dcat.data.health.europa.eu/resource/authority/health-theme. */
  healthThemes: z.array(code).max(LIST_MAX).default([]),
  populationCoverage: text.optional(),
  minTypicalAge: age.optional(),
  maxTypicalAge: age.optional(),
  /** IRIs of an EU authority table of countries or places. */
  spatial: z.array(web).max(LIST_MAX).default([]),
  temporal: period.optional(),
  retention: period.optional(),
  purpose: text.optional(),
  legalBasis: text.optional(),
});

export type CatalogueAbout = z.infer<typeof About>;

/** Reads the operator's file. Throws CATALOGUE_ABOUT_INVALID with the place of each fault. */
export function parseAbout(json: string): CatalogueAbout {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (cause) {
    throw invalid('it is not JSON', cause);
  }
  const read = About.safeParse(value);
  if (!read.success) {
    throw invalid(read.error.issues.map(({ path, message }) => `${path.join('.') || 'all'}: ${message}`).join('; '));
  }
  const { minTypicalAge, maxTypicalAge } = read.data;
  if (minTypicalAge !== undefined && maxTypicalAge !== undefined && minTypicalAge > maxTypicalAge)
    throw invalid('minTypicalAge: it is above maxTypicalAge');
  return read.data;
}

function invalid(why: string, cause?: unknown): ExtractionError {
  return new ExtractionError('CATALOGUE_ABOUT_INVALID', `mend the description of the instance: ${why}`, { cause });
}
