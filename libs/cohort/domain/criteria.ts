import { canonicalJson, hex, utf8, type Sha256 } from '@aceso/kernel';
import { z } from 'zod';
import { CohortError } from './cohort.errors';

/** Limits of one criteria document. */
export const RULES_MAX = 10;
export const CODES_MAX = 100;
export const CRITERIA_LENGTH_MAX = 16_384;
const CODE_LENGTH_MAX = 64;
const SYSTEM_LENGTH_MAX = 200;
const UNIT_LENGTH_MAX = 40;
const AGE_YEARS_MAX = 130;

/** FHIR R4 administrative gender. */
const SEXES = ['female', 'male', 'other', 'unknown'] as const;

const ageYears = z.number().int().min(0).max(AGE_YEARS_MAX);
// No control characters: PostgreSQL text cannot hold U+0000, and no code system uses the others.
const text = (lengthMax: number) =>
  z
    .string()
    .min(1)
    .max(lengthMax)
    .regex(/^[^\p{Cc}\p{Cs}]*$/u);
const codes = z.array(text(CODE_LENGTH_MAX)).min(1).max(CODES_MAX);
const concept = z.strictObject({ system: text(SYSTEM_LENGTH_MAX).optional(), codes });

const ordered = ({ min, max }: { min?: number; max?: number }) => min === undefined || max === undefined || min <= max;
const limited = ({ min, max }: { min?: number; max?: number }) => min !== undefined || max !== undefined;

const valueRange = z
  .strictObject({ min: z.number().optional(), max: z.number().optional(), unit: text(UNIT_LENGTH_MAX).optional() })
  .refine(limited, 'min or max is given')
  .refine(ordered, 'min is at most max');

const rule = z.union([
  z.strictObject({
    age: z
      .strictObject({ min: ageYears.optional(), max: ageYears.optional() })
      .refine(limited, 'min or max is given')
      .refine(ordered, 'min is at most max'),
  }),
  z.strictObject({ sex: z.array(z.enum(SEXES)).min(1).max(SEXES.length) }),
  z.strictObject({ condition: concept }),
  z.strictObject({ medication: concept }),
  z.strictObject({ observation: concept.extend({ value: valueRange.optional() }) }),
]);

const criteria = z.strictObject({ version: z.literal(1), all: z.array(rule).max(RULES_MAX) });

/** One rule; a cohort is the persons for whom all rules hold. Ages in full years at the record date. */
export type Rule = z.infer<typeof rule>;
export type Criteria = z.infer<typeof criteria>;

/** Parses criteria that came as JSON text. Throws CRITERIA_INVALID with the place of the first mistake. */
export function parseCriteria(json: string): Criteria {
  if (json.length > CRITERIA_LENGTH_MAX) {
    throw new CohortError('CRITERIA_INVALID', `criteria are at most ${CRITERIA_LENGTH_MAX} characters of JSON`);
  }
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (cause) {
    throw new CohortError('CRITERIA_INVALID', 'criteria are JSON', { cause });
  }
  return checkCriteria(value);
}

/** Criteria in their one canonical form: lists sorted and without repeats, rules in a fixed order. */
export function checkCriteria(value: unknown): Criteria {
  const parsed = criteria.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new CohortError('CRITERIA_INVALID', `criteria: /${issue.path.map(String).join('/')} ${issue.message}`);
  }
  const rules = new Map(parsed.data.all.map(canonicalRule).map((each) => [canonicalJson(each), each]));
  const all = [...rules].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, each]) => each);
  return { version: parsed.data.version, all };
}

/** Hex SHA-256 over the canonical JSON of canonical criteria: equal cohorts have equal hashes. */
export function criteriaHash(canonical: Criteria, sha256: Sha256): string {
  return hex.encode(sha256(utf8(canonicalJson(canonical))));
}

function canonicalRule(each: Rule): Rule {
  if ('sex' in each) return { sex: sorted(each.sex) };
  if ('condition' in each) return { condition: { ...each.condition, codes: sorted(each.condition.codes) } };
  if ('medication' in each) return { medication: { ...each.medication, codes: sorted(each.medication.codes) } };
  if ('observation' in each) return { observation: { ...each.observation, codes: sorted(each.observation.codes) } };
  return each;
}

function sorted<T extends string>(values: readonly T[]): T[] {
  return [...new Set(values)].sort();
}
