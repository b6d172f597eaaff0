import type { AgeLimits, AuthorityEvidence, GuardianAuthority } from '@aceso/identity/domain';
import type { ConsentBundle } from './consent-bundle';

/** What made a guardian, as a bundle tells it. */
export type BundleGuardian = NonNullable<ConsentBundle['guardians']>[number];

/** On which side of majority somebody is, as far as the records say. */
export type WardAge = BundleGuardian['ageAtSigning'];

/**
 * Stand-ins for births: a bundle says on which side of majority the ward was, and not when it was born. Whoever is of no sure age counts
 * on neither side, as everywhere.
 */
const BORN: Readonly<Record<WardAge, string>> = { adult: '0001-01', unsure: '0002-01', minor: '0003-01' };

/** The limits that go with {@link bundleAuthority}. */
export const BUNDLE_AGES: AgeLimits = { adultUntil: BORN.adult, minorFrom: BORN.minor };

/** What a bundle tells about a guardian: `signing` and `now` are the limits of age when the consent was signed and when the bundle is made. */
export function toBundleGuardian(
  evidence: AuthorityEvidence,
  { signing, now }: { readonly signing: AgeLimits; readonly now: AgeLimits },
): BundleGuardian {
  const { appointmentText, appointedAt, appointerId, appointerRole, appointerKeys, ...rest } = evidence;
  const { confirmationText, confirmedAt, confirmerKeys, endedAt, guardianId, guardianKeys, wardId, deceased } = rest;
  return {
    appointment: appointmentText,
    appointedAt,
    appointer: {
      party: appointerId,
      role: appointerRole as BundleGuardian['appointer']['role'],
      keys: [...appointerKeys],
    },
    confirmation:
      confirmationText === null || confirmedAt === null || confirmerKeys === null
        ? null
        : { statement: confirmationText, acceptedAt: confirmedAt, keys: [...confirmerKeys] },
    endedAt,
    guardian: { party: guardianId, keys: [...guardianKeys] },
    ward: wardId,
    recordBound: rest.boundAt === appointerId,
    ageAtSigning: ageOf(evidence, signing),
    ageNow: ageOf(evidence, now),
    deceased,
  };
}

function ageOf({ bornFrom, bornUntil }: AuthorityEvidence, { adultUntil, minorFrom }: AgeLimits): WardAge {
  if (bornFrom !== null && bornFrom >= minorFrom) return 'minor';
  return bornUntil !== null && bornUntil <= adultUntil ? 'adult' : 'unsure';
}

/** The evidence as `authorityFault` judges it, of the moment of signing or of the bundle. */
export function bundleAuthority(told: BundleGuardian, moment: 'signing' | 'now'): AuthorityEvidence {
  const { appointer, confirmation, guardian, recordBound, ageAtSigning, ageNow } = told;
  const born = BORN[moment === 'signing' ? ageAtSigning : ageNow];
  return {
    appointmentText: told.appointment,
    appointedAt: told.appointedAt,
    appointerId: appointer.party,
    appointerRole: appointer.role,
    appointerKeys: appointer.keys,
    confirmationText: confirmation?.statement ?? null,
    confirmedAt: confirmation?.acceptedAt ?? null,
    confirmerKeys: confirmation?.keys ?? null,
    // What ended later stood when the consent was signed; that it is over is said of now.
    endedAt: moment === 'signing' ? null : told.endedAt,
    guardianId: guardian.party,
    guardianKeys: guardian.keys,
    wardId: told.ward,
    boundAt: recordBound ? appointer.party : null,
    unbound: false,
    bornFrom: born,
    bornUntil: born,
    deceased: moment === 'now' && told.deceased,
  };
}

/** On whose behalf a guardian signed a statement; null where the person signed. */
export function authorityOf(text: string): GuardianAuthority | null {
  const { payload } = parsed(text) as { payload?: { authority?: unknown } };
  const authority = payload?.authority;
  return typeof authority === 'object' ? (authority as GuardianAuthority | null) : null;
}

/** The value of a JSON text; an empty object for what is none. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text) ?? {};
  } catch {
    return {};
  }
}
