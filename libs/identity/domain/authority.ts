import { DomainError, type KeyKind } from '@aceso/kernel';
import { checkStatement, type CheckedStatement, type StatementContext } from './check-statement';
import type { CommonClaims, GuardianAuthority, GuardianScope } from './claims';
import {
  GUARDIAN_APPOINTMENT,
  GUARDIAN_CONFIRMATION,
  PROXY_APPOINTMENT,
  type GuardianAppointmentClaims,
  type GuardianKind,
} from './guardian-statement';
import { keyFault, type KeyLife } from './key-life';
import type { AgeLimits } from './majority';

/**
 * Everything that speaks for or against a guardian's authority: the bytes that made it, and what is known now. Times in
 * milliseconds since 1970-01-01T00:00:00Z.
 */
export interface AuthorityEvidence {
  readonly appointmentText: string;
  readonly appointedAt: number;
  readonly appointerId: string;
  readonly appointerRole: string;
  readonly appointerKeys: readonly KeyLife[];
  /** An officer's confirmation, where there is one. */
  readonly confirmationText: string | null;
  readonly confirmedAt: number | null;
  readonly confirmerKeys: readonly KeyLife[] | null;
  /** When somebody ended it; null while nobody did. */
  readonly endedAt: number | null;
  readonly guardianId: string;
  readonly guardianKeys: readonly KeyLife[];
  readonly wardId: string;
  /** The provider whose record, the named one, is bound to the ward now; null when it is not. */
  readonly boundAt: string | null;
  /** True while no record at all is bound to the ward. */
  readonly unbound: boolean;
  /** Earliest month (YYYY-MM) in which the ward may be born, as the records say; null when they do not. */
  readonly bornFrom: string | null;
  /** Latest such month. */
  readonly bornUntil: string | null;
  readonly deceased: boolean;
}

/** What a guardian's authority is needed for. */
export interface AuthorityNeed {
  /** The `authority` claim of the statement. */
  readonly authority: GuardianAuthority;
  /** The key of the statement; null where the guardian is logged in and signs nothing. */
  readonly signed: { readonly kid: string; readonly alg: KeyKind } | null;
  readonly acceptedAt: number;
  /** What the appointment has to cover; `both` where it is about reading and research. */
  readonly scope: GuardianScope;
  /** The source record that the statement binds; null when it does something else. */
  readonly binds: string | null;
  readonly ages: AgeLimits;
}

/** What an appointment says, whoever made it. */
type Appointed = Pick<GuardianAppointmentClaims, 'ward' | 'guardian' | 'kind' | 'scope' | 'until'>;

/** Why a guardian's word does not count; each is an error code of docs/reference/statements.md. */
export type AuthorityFault =
  | 'AUTHORITY_INVALID'
  | 'AUTHORITY_OTHER_KEY'
  | 'AUTHORITY_UNCONFIRMED'
  | 'AUTHORITY_NOT_BOUND'
  | 'AUTHORITY_ENDED'
  | 'AUTHORITY_MAJORITY'
  | 'AUTHORITY_WARD_MINOR'
  | 'AUTHORITY_WARD_DECEASED'
  | 'AUTHORITY_SCOPE';

/**
 * Decides whether a guardian may act for the ward at `at` (milliseconds), from the signed bytes; null when it may. A parent's
 * authority ends in the first month in which the ward may be of age; who is not surely of age has no proxy;
 * death ends every authority.
 */
export function authorityFault(
  evidence: AuthorityEvidence,
  need: AuthorityNeed,
  context: StatementContext,
  at: number,
): AuthorityFault | null {
  const made = authenticityFault(evidence, need, context);
  if (typeof made === 'string') return made;
  if (isUnproven(evidence, need)) return 'AUTHORITY_NOT_BOUND';
  if (evidence.endedAt !== null || made.until * 1000 <= at) return 'AUTHORITY_ENDED';
  if (evidence.deceased) return 'AUTHORITY_WARD_DECEASED';
  if (made.kind === 'parent' && mayBeOfAge(evidence, need)) return 'AUTHORITY_MAJORITY';
  if (made.kind === 'proxy' && mayBeMinor(evidence, need)) return 'AUTHORITY_WARD_MINOR';
  return made.scope === 'both' || made.scope === need.scope ? null : 'AUTHORITY_SCOPE';
}

/**
 * Whether a guardian was appointed for the ward and signed with a key of its own, whatever came of it later: enough for a binding,
 * which says whose a record is, and for rules, which stay until others take their place. What the appointment says, or what is wrong.
 */
export function authenticityFault(
  evidence: AuthorityEvidence,
  { authority, signed, acceptedAt }: Pick<AuthorityNeed, 'authority' | 'signed' | 'acceptedAt'>,
  context: StatementContext,
): Appointed | AuthorityFault {
  const appointment = tryCheck(() => checkAppointment(evidence, context));
  if (!appointment || appointment.digest !== authority.evidence) return 'AUTHORITY_INVALID';
  if (keyFault(evidence.appointerKeys, appointment.statement, evidence.appointedAt)) return 'AUTHORITY_INVALID';
  const { ward, guardian } = appointment.appointed;
  if (ward !== authority.guardianFor || ward !== evidence.wardId) return 'AUTHORITY_INVALID';
  if (guardian !== evidence.guardianId) return 'AUTHORITY_OTHER_KEY';
  if (signed && keyFault(evidence.guardianKeys, signed, acceptedAt)) return 'AUTHORITY_OTHER_KEY';
  const alone = standsAlone(evidence.appointerRole, appointment.appointed.kind);
  if (!alone && !isConfirmed(evidence, appointment.digest, context)) {
    return 'AUTHORITY_UNCONFIRMED';
  }
  return appointment.appointed;
}

/**
 * Whether an appointment needs no officer's confirmation: of a proxy by the ward itself, and of a parent by a provider, as that ends with
 * majority. Else one provider could open what an adult has anywhere to a party of its own making. The database says the same.
 */
function standsAlone(appointerRole: string, kind: GuardianKind): boolean {
  return appointerRole === 'patient' || (appointerRole === 'provider' && kind === 'parent');
}

/** The bytes of an appointment: of a provider or officer, or of the ward itself, who is then whose key signed. */
function checkAppointment(
  { appointmentText, appointerRole, appointerId }: AuthorityEvidence,
  context: StatementContext,
): Pick<CheckedStatement<CommonClaims>, 'digest' | 'statement'> & { readonly appointed: Appointed } {
  if (appointerRole !== 'patient') {
    const { claims, ...checked } = checkStatement(appointmentText, GUARDIAN_APPOINTMENT, context);
    return { ...checked, appointed: claims };
  }
  const { claims, ...checked } = checkStatement(appointmentText, PROXY_APPOINTMENT, context);
  return { ...checked, appointed: { ...claims, ward: appointerId, kind: 'proxy' } };
}

function isConfirmed(evidence: AuthorityEvidence, appointment: string, context: StatementContext): boolean {
  const { confirmationText, confirmedAt, confirmerKeys, appointerKeys } = evidence;
  if (confirmationText === null || confirmedAt === null || confirmerKeys === null) return false;
  const confirmation = tryCheck(() => checkStatement(confirmationText, GUARDIAN_CONFIRMATION, context));
  if (confirmation?.claims.appointment !== appointment) return false;
  const sameOfficer = appointerKeys.some(({ did }) => did === confirmation.statement.kid);
  return !sameOfficer && keyFault(confirmerKeys, confirmation.statement, confirmedAt) === null;
}

/**
 * A provider knows its own patients only: its word counts while its record is bound to the ward. For the first record of
 * a ward somebody has to be able to bind it.
 */
function isUnproven(
  { appointerRole, appointerId, boundAt, unbound }: AuthorityEvidence,
  { binds }: AuthorityNeed,
): boolean {
  if (appointerRole !== 'provider' || boundAt === appointerId) return false;
  return !(unbound && binds !== null);
}

/** Before the first record is bound nobody knows the birth. */
function mayBeOfAge({ bornFrom, unbound }: AuthorityEvidence, { ages, binds }: AuthorityNeed): boolean {
  if (bornFrom === null) return !(unbound && binds !== null);
  return bornFrom < ages.minorFrom;
}

/** A proxy is somebody's own choice: of one who is surely of age, as the records say. */
export function mayBeMinor(
  { bornUntil, unbound }: AuthorityEvidence,
  { ages, binds }: Pick<AuthorityNeed, 'ages' | 'binds'>,
): boolean {
  if (bornUntil === null) return !(unbound && binds !== null);
  return bornUntil > ages.adultUntil;
}

function tryCheck<Result>(check: () => Result): Result | null {
  try {
    return check();
  } catch (error) {
    if (error instanceof DomainError) return null; // bytes that do not verify give nobody authority
    throw error;
  }
}
