import { RESOURCE_TYPES } from '@aceso/fhir';
import { secondsClaim, uuidClaim } from '@aceso/identity/domain';
import { z } from 'zod';
import { SENSITIVITY_LABELS } from './sensitivity';

/** Most rules of one person; the longest statement may end earlier. */
export const PERMISSION_RULES_MAX = 100;
/** Most values that one part of a category names. */
export const CATEGORY_VALUES_MAX = 50;

export const LEVELS = ['none', 'read', 'write'] as const;
export const PURPOSES = ['treatment', 'emergency', 'research'] as const;

/** `write` is read and write. */
export type Level = (typeof LEVELS)[number];
export type Purpose = (typeof PURPOSES)[number];

const distinct = (values: readonly unknown[]): boolean => new Set(values).size === values.length;

const some = <Item extends z.ZodType>(item: Item) =>
  z.array(item).min(1).max(CATEGORY_VALUES_MAX).refine(distinct, 'each value once');

/** `system|code`, as FHIR search writes a token (FHIR R4 3.1.1.5.7). */
const codeClaim = z.string().regex(/^[^\s|\p{C}]{1,200}\|[^\s|\p{C}]{1,64}$/u, 'system|code');

const dayClaim = z.iso.date().refine((day) => day >= '1800-01-01', 'a day since 1800');

const daysClaim = z
  .strictObject({ from: dayClaim.optional(), to: dayClaim.optional() })
  .refine(({ from, to }) => from !== undefined || to !== undefined, 'a first or a last day')
  .refine(
    ({ from, to }) => from === undefined || to === undefined || from <= to,
    'the first day is not after the last',
  );

const categoryClaim = z.strictObject({
  types: some(z.string().refine((type) => RESOURCE_TYPES.has(type), 'a FHIR resource type')).optional(),
  codes: some(codeClaim).optional(),
  labels: some(z.enum(SENSITIVITY_LABELS)).optional(),
  providers: some(uuidClaim).optional(),
  devices: some(z.string().regex(/^[^\s\p{C}]{1,200}$/u, 'a reference without spaces')).optional(),
  days: daysClaim.optional(),
});

const subjectClaim = z.union([
  z.strictObject({ party: uuidClaim }),
  z.strictObject({ physiciansOf: uuidClaim }),
  z.strictObject({ class: z.enum(['physicians', 'research']) }),
]);

const periodClaim = z
  .strictObject({ from: secondsClaim.optional(), until: secondsClaim.optional() })
  .refine(({ from, until }) => from !== undefined || until !== undefined, 'a beginning or an end')
  .refine(({ from, until }) => from === undefined || until === undefined || from < until, 'ends after it begins');

/** One rule as a patient signs it: whom, what, how far, what for, when. */
export const ruleClaim = z.strictObject({
  subject: subjectClaim,
  /** All parts that are named must fit; `{}` is everything. */
  category: categoryClaim,
  level: z.enum(LEVELS),
  purpose: z.enum([...PURPOSES, 'any']),
  /** Seconds since 1970-01-01T00:00:00Z: in force from `from` on, until before `until`. */
  period: periodClaim.optional(),
});

export type PermissionRule = z.infer<typeof ruleClaim>;
export type RuleCategory = PermissionRule['category'];
export type RuleSubject = PermissionRule['subject'];

/** A rule with its place in the signed list, from 1: how people name it. */
export interface NumberedRule extends PermissionRule {
  readonly number: number;
}

/** The rules of a signed list with their numbers. */
export function numbered(rules: readonly PermissionRule[]): NumberedRule[] {
  return rules.map((rule, index) => ({ ...rule, number: index + 1 }));
}
