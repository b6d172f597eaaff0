import type { PermissionRule, RuleCategory } from './rule';

/**
 * What a decision is about: one resource, or a kind of resources. A part that is absent may be anything; a part that is
 * there is known, also when it is empty (no label, no device, no day).
 */
export interface AskedCategory {
  readonly type?: string;
  /** `system|code` of every coding in the resource. */
  readonly codes?: readonly string[];
  readonly labels?: readonly string[];
  /** The provider that wrote it. */
  readonly provider?: string;
  /** Reference of the device as the provider wrote it; null where no device took part. */
  readonly device?: string | null;
  /** Day (YYYY-MM-DD) on which it began; null for a resource without one. */
  readonly day?: string | null;
}

/** How a rule's category lies to what is asked: over all of it, over a part, or nowhere. */
export type Fit = 'whole' | 'part' | 'none';

const WHOLE = 2;
const PART = 1;
const NONE = 0;

/**
 * Fits a category to what is asked. A resource without a day is met by every rule that denies, whatever its days, and by
 * no rule that permits some days only: in doubt no.
 */
export function fit(category: RuleCategory, asked: AskedCategory, denies: boolean): Fit {
  const { types, codes, labels, providers, devices, days } = category;
  let least = WHOLE;
  if (types) least = Math.min(least, one(types, asked.type));
  if (providers && least) least = Math.min(least, one(providers, asked.provider));
  if (labels && least) least = Math.min(least, any(labels, asked.labels));
  if (devices && least) least = Math.min(least, one(devices, asked.device));
  if (days && least) least = Math.min(least, within(days, asked.day, denies));
  // Last, as codes are many and long.
  if (codes && least) least = Math.min(least, any(codes, asked.codes));
  return least === WHOLE ? 'whole' : least === PART ? 'part' : 'none';
}

function one(named: readonly string[], asked: string | null | undefined): number {
  if (asked === undefined) return PART;
  return asked !== null && named.includes(asked) ? WHOLE : NONE;
}

function any(named: readonly string[], asked: readonly string[] | undefined): number {
  if (asked === undefined) return PART;
  return asked.some((value) => named.includes(value)) ? WHOLE : NONE;
}

function within(
  { from = '0000', to = '9999' }: NonNullable<RuleCategory['days']>,
  asked: string | null | undefined,
  denies: boolean,
): number {
  if (asked === undefined) return PART;
  if (asked === null) return denies ? WHOLE : NONE;
  return from <= asked && asked <= to ? WHOLE : NONE;
}

/** Parts of a category from the most to the least specific. Which are named counts, not how many values they name. */
const PARTS = ['codes', 'labels', 'devices', 'providers', 'types', 'days'] as const;

/**
 * How specific a rule is; the higher number decides. Subject first (one party, then physicians of one provider, then a
 * class), then category (by the most specific part in which two rules differ), then purpose (a named one over `any`).
 */
export function specificity({ subject, category, purpose }: PermissionRule): number {
  const subjectRank = 'party' in subject ? 3 : 'physiciansOf' in subject ? 2 : 1;
  let categoryRank = 0;
  for (const part of PARTS) categoryRank = categoryRank * 2 + (category[part] === undefined ? 0 : 1);
  return (subjectRank * 2 ** PARTS.length + categoryRank) * 2 + (purpose === 'any' ? 0 : 1);
}
