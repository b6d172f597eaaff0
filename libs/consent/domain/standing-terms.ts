import { canonicalJson, hex, utf8, type Sha256 } from '@aceso/kernel';
import { chainedClaims, DECADE_SECONDS, didClaim, digestClaim, secondsClaim, uuidClaim } from '@aceso/identity/domain';
import { z } from 'zod';
import { DUO_MODIFIERS, DUO_PERMISSIONS } from './duo';
import { UNIT_MENU_MINOR } from './price-menu';
import {
  BUYER_KINDS,
  calendarDate,
  COUNTRIES_MAX,
  countryCode,
  diseaseCode,
  DISEASES_MAX,
  sortedSet,
} from './coded-use';

/** Alternatives of one statement of terms, at most: what fits the longest statement and is still read by a person. */
export const ALTERNATIVES_MAX = 8;
/** Resource types that one alternative names, at most. */
export const CATEGORIES_MAX = 40;
/** Parties, requests or institutions that one modifier names, at most. */
export const NAMED_MAX = 16;
export const TERM_MONTHS_LIMIT = 60;

const { DS, ...WITHOUT_DISEASES } = DUO_PERMISSIONS;
const { COL, GS, IS, MOR, PS, RS, TS, US, ...PLAIN } = DUO_MODIFIERS;
const shortText = z.string().regex(/^[^\p{Cc}\p{Cs}]{1,200}$/u, '1 to 200 characters in one line');

/** What may be done with the data: a DUO code, and the diseases where it asks for them. */
export const PERMISSION = z.discriminatedUnion('code', [
  z.strictObject({ code: z.enum(Object.values(WITHOUT_DISEASES)) }),
  z.strictObject({ code: z.literal(DS), diseases: sortedSet(diseaseCode, { min: 1, max: DISEASES_MAX }) }),
]);

/** Under which condition: a DUO code with the value that it carries. */
export const MODIFIER = z.discriminatedUnion('code', [
  z.strictObject({ code: z.enum(Object.values(PLAIN)) }),
  z.strictObject({ code: z.literal(RS), topic: shortText }),
  z.strictObject({ code: z.literal(COL), collaborator: shortText }),
  z.strictObject({ code: z.literal(GS), countries: sortedSet(countryCode, { min: 1, max: COUNTRIES_MAX }) }),
  z.strictObject({ code: z.literal(MOR), date: calendarDate }),
  z.strictObject({ code: z.literal(TS), months: z.int().min(1).max(TERM_MONTHS_LIMIT) }),
  z.strictObject({ code: z.literal(US), users: sortedSet(didClaim, { min: 1, max: NAMED_MAX }) }),
  z.strictObject({ code: z.literal(PS), requests: sortedSet(uuidClaim, { min: 1, max: NAMED_MAX }) }),
  z.strictObject({ code: z.literal(IS), institutions: sortedSet(didClaim, { min: 1, max: NAMED_MAX }) }),
]);

/** Conditions that DUO has no code for. */
export const SAFEGUARDS = ['no-onward-sharing', 'no-reidentification'] as const;

/** One thing that a patient permits; a request has to meet all of it. `from` and `until` are seconds. */
export const ALTERNATIVE = z.strictObject({
  permission: PERMISSION,
  modifiers: z
    .array(MODIFIER)
    .max(Object.keys(DUO_MODIFIERS).length)
    .refine(
      (list) => list.every(({ code }, at) => at === 0 || (list[at - 1]?.code ?? '') < code),
      'in ascending order of code, each once',
    ),
  buyerKinds: sortedSet(z.enum(BUYER_KINDS), { min: 1, max: BUYER_KINDS.length }),
  categories: sortedSet(z.string().regex(/^[A-Z][A-Za-z]{1,63}$/, 'a FHIR resource type'), {
    min: 1,
    max: CATEGORIES_MAX,
  }),
  minimumPrice: z.strictObject({
    unitMinor: z.literal(UNIT_MENU_MINOR),
    currency: z.string().regex(/^[A-Z]{3}$/, 'an ISO 4217 code'),
  }),
  safeguards: sortedSet(z.enum(SAFEGUARDS), { max: SAFEGUARDS.length }),
  from: secondsClaim.optional(),
  until: secondsClaim.optional(),
});

/**
 * What a patient permits ahead of requests. `answer-for-me`: a request that one alternative approves is answered at once; `ask-me`:
 * the patient answers each. The newest statement alone counts; without alternatives it takes everything back. With `withdraw`
 * it reaches what earlier terms answered and was fetched since: one signature gave it, and one takes it back (GDPR Art. 7(3)).
 */
export const STANDING_TERMS = {
  typ: 'aceso/standing-terms/v1',
  signers: ['patient'],
  lifetimeSecondsMax: DECADE_SECONDS,
  chained: true,
  guarded: 'research',
  claims: chainedClaims({
    mode: z.enum(['ask-me', 'answer-for-me']),
    alternatives: z.array(ALTERNATIVE).max(ALTERNATIVES_MAX),
    splitRule: digestClaim,
    notice: z.strictObject({
      hash: digestClaim,
      language: z.string().regex(/^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$/, 'a language tag (RFC 5646)'),
      payment: z.literal(true),
    }),
    withdraw: z.literal(true).optional(),
  }),
} as const;

export type StandingTermsClaims = z.infer<typeof STANDING_TERMS.claims>;
export type Alternative = z.infer<typeof ALTERNATIVE>;
export type Permission = z.infer<typeof PERMISSION>;
export type Modifier = z.infer<typeof MODIFIER>;

/** What decides on a request: equal for everybody who permits the same. Mode and end belong to the person. */
export type TermsSet = Pick<StandingTermsClaims, 'alternatives' | 'splitRule'>;

export const TERMS_SET = z.strictObject({
  alternatives: z.array(ALTERNATIVE).max(ALTERNATIVES_MAX),
  splitRule: digestClaim,
});

/** Names a set of terms: SHA-256 over its canonical JSON, lower-case hexadecimal. */
export function termsSetHash({ alternatives, splitRule }: TermsSet, sha256: Sha256): string {
  return hex.encode(sha256(utf8(canonicalJson({ alternatives, splitRule }))));
}
