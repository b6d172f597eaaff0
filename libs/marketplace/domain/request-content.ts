import { canonicalJson, hex, utf8, type Sha256 } from '@aceso/kernel';
import { checkCriteria, criteriaHash, type Criteria } from '@aceso/cohort/domain';
import { UNIT_MENU_MINOR, type BuyerKind, type CodedUse } from '@aceso/consent/domain';
import type { OwnViewDocument } from '@aceso/deidentification/domain';
import { z } from 'zod';
import { MarketplaceError } from './marketplace.errors';
import { composeUse, type UseInput } from './research-use-input';

export const PURPOSE_LENGTH_MIN = 10;
export const PURPOSE_LENGTH_MAX = 2_000;
export const FIELDS_MAX = 40;
export const TERM_MONTHS_MAX = 60;
/** `kFile` of controlled access (privacy-and-keys section 6), and more than any order could reach in practice. */
export const K_MIN = 5;
export const K_MAX = 50;

/** Bech32 of an X25519 recipient, lower case (age-encryption.org/v1, "The X25519 recipient type"). */
const AGE_RECIPIENT = /^age1[02-9ac-hj-np-z]{58}$/;

/** What a research center writes; everything else of the content follows from it. */
export interface RequestInput {
  readonly purpose: string;
  /** The same in codes: what terms of patients are matched with. */
  readonly use: UseInput;
  readonly criteria: unknown;
  /** FHIR resource types wanted. */
  readonly fields: readonly string[];
  readonly policy: string;
  readonly k: number;
  readonly recipientAgeKey: string;
  /** ISO 3166-1 alpha-2 code of where the data will be. */
  readonly country: string;
  readonly termMonths: number;
  readonly unitMinor: number;
}

/** What the instance adds: who asks, and the documents that are named by hash. */
export interface ContentContext {
  readonly recipientDid: string;
  /** By its registration; undefined where none was stated. */
  readonly buyerKind: BuyerKind | undefined;
  readonly policy: { readonly name: string; readonly hash: string; readonly resourceTypes: readonly string[] };
  /** The center's own views, checked against what leaves, by name. */
  readonly views: readonly OwnViewDocument[];
  readonly currency: string;
  readonly splitRule: string;
  readonly notice: { readonly hash: string; readonly language: string };
  readonly sha256: Sha256;
}

/**
 * What patients agree to, byte for byte: its hash stands in every grant (privacy-and-keys section 4), so a change of
 * anything in it needs new grants. The form is documented in docs/reference/request-content.md.
 */
export interface RequestContent {
  readonly purpose: string;
  /** Absent in requests from before there was one: no terms answer them. */
  readonly use?: CodedUse;
  readonly cohort: Criteria;
  readonly cohortHash: string;
  readonly fields: readonly string[];
  /** Tables of the center's own beside the shipped ones; absent where there are none, so that older hashes stay. */
  readonly views?: readonly OwnViewDocument[];
  readonly policy: { readonly name: string; readonly hash: string };
  readonly k: number;
  readonly recipients: readonly { readonly did: string; readonly ageKey: string }[];
  readonly country: string;
  readonly termMonths: number;
  readonly deliveryMode: 'package';
  readonly price: { readonly unitMinor: number; readonly currency: string; readonly splitRule: string };
  readonly notice: { readonly hash: string; readonly language: string };
}

/** What is checked of a request as it is written; `resourceTypes` are those that its policy lets out. */
export const requestForm = (resourceTypes: readonly string[]) =>
  z.object({
    purpose: z
      .string()
      .trim()
      .min(PURPOSE_LENGTH_MIN)
      .max(PURPOSE_LENGTH_MAX)
      // Line breaks, but no other control characters: the text is shown to patients and stored as PostgreSQL text.
      .regex(/^(?:\n|[^\p{Cc}\p{Cs}])*$/u),
    fields: z
      .array(z.enum(resourceTypes as [string, ...string[]]))
      .min(1)
      .max(FIELDS_MAX),
    k: z.number().int().min(K_MIN).max(K_MAX),
    recipientAgeKey: z.string().regex(AGE_RECIPIENT),
    country: z.string().regex(/^[A-Z]{2}$/),
    termMonths: z.number().int().min(1).max(TERM_MONTHS_MAX),
    unitMinor: z.literal(UNIT_MENU_MINOR),
  });

/** What was written, in its form. Throws REQUEST_INVALID with the first wrong place. */
export function readForm<Form extends z.ZodType>(form: Form, input: unknown): z.output<Form> {
  const parsed = form.safeParse(input);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new MarketplaceError('REQUEST_INVALID', `request: ${issue!.path.map(String).join('.')} ${issue!.message}`);
}

/** The content of a request version. Throws REQUEST_INVALID with the first wrong place, or CRITERIA_INVALID. */
export function composeContent(input: RequestInput, context: ContentContext): RequestContent {
  const read = readForm(requestForm(context.policy.resourceTypes), input);
  const { purpose, fields, k, recipientAgeKey, country, termMonths, unitMinor } = read;
  const cohort = checkCriteria(input.criteria);
  return {
    purpose,
    use: composeUse(input.use, { country, buyerKind: context.buyerKind }),
    cohort,
    cohortHash: criteriaHash(cohort, context.sha256),
    fields: [...new Set(fields)].sort(),
    ...(context.views.length > 0 && { views: context.views }),
    policy: { name: context.policy.name, hash: context.policy.hash },
    k,
    recipients: [{ did: context.recipientDid, ageKey: recipientAgeKey }],
    country,
    termMonths,
    deliveryMode: 'package',
    price: { unitMinor, currency: context.currency, splitRule: context.splitRule },
    notice: { hash: context.notice.hash, language: context.notice.language },
  };
}

/** Hex SHA-256 over the canonical JSON (RFC 8785) of the content. */
export function contentHash(content: RequestContent, sha256: Sha256): string {
  return hex.encode(sha256(utf8(canonicalJson(content))));
}
