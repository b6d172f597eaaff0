import { z } from 'zod';
import { DUO_PERMISSIONS, type DuoPermission } from './duo';

/** Codes of diseases in one statement or request, at most. */
export const DISEASES_MAX = 50;
export const COUNTRIES_MAX = 40;

/** What kind of organisation a research center is, by its registration. A clinic for profit is a company. */
export const BUYER_KINDS = ['university', 'hospital', 'public-body', 'charity', 'company'] as const;
export type BuyerKind = (typeof BUYER_KINDS)[number];

/** Topics on which no machine decides (DUOS V4): a person has to be asked. */
export const SENSITIVE_TOPICS = [
  'controls',
  'population',
  'gender',
  'pediatric',
  'vulnerable-populations',
  'illegal-behavior',
  'sexual-diseases',
  'psychological-traits',
  'not-health',
  'stigmatizing-diseases',
] as const;
export type SensitiveTopic = (typeof SENSITIVE_TOPICS)[number];

/** What a research center binds itself to with a request. The last two are conditions that DUO has no code for. */
export const PLEDGES = [
  'ethics-approval',
  'genetic-only',
  'publication',
  'return-of-results',
  'no-onward-sharing',
  'no-reidentification',
] as const;
export type Pledge = (typeof PLEDGES)[number];

/** The main axis of a request. NRES is a permission and no purpose. */
export const RESEARCH_CODES = [
  DUO_PERMISSIONS.GRU,
  DUO_PERMISSIONS.HMB,
  DUO_PERMISSIONS.DS,
  DUO_PERMISSIONS.POA,
] as const satisfies readonly DuoPermission[];
export type ResearchCode = (typeof RESEARCH_CODES)[number];

/** A code of a disease ontology, as `MONDO:0005148` or `DOID:162`. */
export const diseaseCode = z.string().regex(/^[A-Z][A-Z0-9]{1,15}:[A-Za-z0-9_-]{1,32}$/, 'a code like MONDO:0005148');

export const countryCode = z.string().regex(/^[A-Z]{2}$/, 'an ISO 3166-1 alpha-2 code');

export const calendarDate = z.iso.date();

/** A list in ascending order, each entry once: equal statements have equal bytes. */
export function sortedSet<Item extends z.ZodType<string>>(item: Item, { min = 0, max }: { min?: number; max: number }) {
  return z
    .array(item)
    .min(min)
    .max(max)
    .refine((list) => list.every((each, at) => at === 0 || list[at - 1] < each), 'in ascending order, each once');
}

/** What a request says about its use, in codes: part of the content that patients agree to. */
export const CODED_USE = z
  .strictObject({
    version: z.literal(1),
    research: sortedSet(z.enum(RESEARCH_CODES), { max: RESEARCH_CODES.length }),
    methods: z.boolean(),
    diseases: sortedSet(diseaseCode, { max: DISEASES_MAX }),
    topics: sortedSet(z.enum(SENSITIVE_TOPICS), { max: SENSITIVE_TOPICS.length }),
    buyerKind: z.enum([...BUYER_KINDS, 'unknown']),
    commercial: z.boolean(),
    countries: sortedSet(countryCode, { min: 1, max: COUNTRIES_MAX }),
    pledges: sortedSet(z.enum(PLEDGES), { max: PLEDGES.length }),
    publicationFrom: calendarDate.optional(),
  })
  .refine(({ research, methods }) => research.length > 0 || methods, 'at least one kind of research')
  .refine(
    ({ research, diseases }) => !research.includes(DUO_PERMISSIONS.DS) || diseases.length > 0,
    'disease-specific research names diseases',
  );

export type CodedUse = z.infer<typeof CODED_USE>;

/** Whether a kind of organisation is not for profit; undefined for one whose kind is not registered. */
export function isNonProfit(kind: CodedUse['buyerKind']): boolean | undefined {
  return kind === 'unknown' ? undefined : kind !== 'company';
}
