import { minorFrom, type GuardianKind } from '@aceso/identity/domain';
import { surelyReached } from './age';

/** Why a person cannot be asked. The person is told; nobody else. */
export type IneligibleReason = 'NOT_INDEXED' | 'DECEASED' | 'UNKNOWN_BIRTH' | 'MINOR' | 'NOT_DISCOVERABLE';

export type Eligibility = { readonly eligible: true } | { readonly eligible: false; readonly reason: IneligibleReason };

/** What the index knows of a person; `null` when there is no bound record yet. */
export interface IndexedPerson {
  /** YYYY-MM, or YYYY where the month is not known. */
  readonly birthMonth: string | null;
  readonly deceased: boolean;
}

/**
 * Only living adults who permit discovery are asked, and those for whom somebody with authority does (privacy-and-keys section 5).
 * `day` is the record date; `care` the kind of guardian that permits discovery, null where the person does or nobody.
 */
export function judgeEligibility(
  person: IndexedPerson | null,
  context: {
    readonly discoverable: boolean;
    readonly care: GuardianKind | null;
    readonly day: string;
    readonly adultAgeYears: number;
  },
): Eligibility {
  if (!person) return { eligible: false, reason: 'NOT_INDEXED' };
  if (person.deceased) return { eligible: false, reason: 'DECEASED' };
  if (context.care === 'court') return { eligible: true };
  if (person.birthMonth === null) return { eligible: false, reason: 'UNKNOWN_BIRTH' };
  const { day, adultAgeYears } = context;
  const adult = surelyReached(person.birthMonth, day, adultAgeYears);
  const child = `${person.birthMonth}-01`.slice(0, 'YYYY-MM'.length) >= minorFrom(Date.parse(day), adultAgeYears);
  if (context.care === 'parent' && child) return { eligible: true };
  if (!adult) return { eligible: false, reason: 'MINOR' };
  // What a parent permitted fell with its authority.
  if (!context.discoverable || context.care === 'parent') return { eligible: false, reason: 'NOT_DISCOVERABLE' };
  return { eligible: true };
}
