import { DomainError } from '@aceso/kernel';
import { checkStatement, type StatementContext } from './check-statement';
import { keyFault, type KeyLife } from './key-life';
import { RECOVERY_ATTESTATION } from './recovery-statement';

/** One signed word for a new key, and what is known now of who gave it. Times in milliseconds since 1970-01-01T00:00:00Z. */
export interface RecoveryVoucher {
  readonly text: string;
  readonly attestedAt: number;
  readonly attesterId: string;
  readonly attesterRole: string;
  /** False for a suspended party. */
  readonly attesterActive: boolean;
  readonly attesterKeys: readonly KeyLife[];
  /** The attester with everyone who belongs together with it. */
  readonly groupIds: readonly string[];
  /** The provider that holds the named record, and the person bound to it now; null when nobody is. */
  readonly holderId: string | null;
  readonly personId: string | null;
}

/** Everything that speaks for or against finishing a recovery. */
export interface RecoveryEvidence {
  readonly personId: string;
  /** The new key. */
  readonly did: string;
  /** Digest of the attestation that the recovery names. */
  readonly attestation: string;
  /** All attestations that name the new key. */
  readonly vouchers: readonly RecoveryVoucher[];
  readonly waitsUntil: number;
  readonly expiresAt: number;
  readonly vetoed: boolean;
  /** Whether another key waits for the same person. */
  readonly contested: boolean;
  /** Whether the person has money, or may get some under what stands. */
  readonly earns: boolean;
  /** Providers that the person's records are bound at. */
  readonly providers: readonly string[];
}

/** Why a recovery does not give the key; each is an error code of docs/reference/statements.md. */
export type RecoveryRefusal =
  | 'RECOVERY_VETOED'
  | 'RECOVERY_EXPIRED'
  | 'RECOVERY_WAITING'
  | 'RECOVERY_CONTESTED'
  | 'RECOVERY_NOT_ATTESTED'
  | 'RECOVERY_SECOND_ATTESTER';

/**
 * Decides at `at` (milliseconds) whether a recovery may be finished; null when it may. What was attested is verified again,
 * from its bytes: a provider whose key turned out to be stolen, or whose record is no longer bound, vouches for nobody.
 * Two keys that wait for one person stop each other until one of them is vetoed or lapses.
 */
export function recoveryRefusal(
  evidence: RecoveryEvidence,
  context: StatementContext,
  at: number,
): RecoveryRefusal | null {
  if (evidence.vetoed) return 'RECOVERY_VETOED';
  if (at >= evidence.expiresAt) return 'RECOVERY_EXPIRED';
  if (at < evidence.waitsUntil) return 'RECOVERY_WAITING';
  if (evidence.contested) return 'RECOVERY_CONTESTED';
  const first = firstVoucher(evidence, context);
  if (!first) return 'RECOVERY_NOT_ATTESTED';
  return evidence.earns && !hasSecondVoucher(evidence, first, context) ? 'RECOVERY_SECOND_ATTESTER' : null;
}

/** The voucher that the recovery names, if it holds: of a provider for a record that it holds and the person is bound to. */
export function firstVoucher(
  evidence: Pick<RecoveryEvidence, 'personId' | 'did' | 'attestation' | 'vouchers'>,
  context: StatementContext,
): RecoveryVoucher | null {
  const { attestation } = evidence;
  return (
    evidence.vouchers.find(
      (voucher) => isProviderOfRecord(voucher) && digestIfValid(voucher, evidence, context) === attestation,
    ) ?? null
  );
}

/**
 * Another provider of the person, which does not belong together with the first; an officer where there is no such provider.
 * So nobody takes a person's money with the help of one institution alone.
 */
function hasSecondVoucher(evidence: RecoveryEvidence, first: RecoveryVoucher, context: StatementContext): boolean {
  const { vouchers, providers } = evidence;
  const elsewhere = providers.some((provider) => !first.groupIds.includes(provider));
  return vouchers.some((voucher) => {
    const apart = !first.groupIds.includes(voucher.attesterId);
    const qualified = elsewhere ? isProviderOfRecord(voucher) : voucher.attesterRole === 'officer';
    return apart && qualified && digestIfValid(voucher, evidence, context) !== null;
  });
}

function isProviderOfRecord({ attesterRole, attesterId, holderId }: RecoveryVoucher): boolean {
  return attesterRole === 'provider' && holderId === attesterId;
}

/** The digest of an attestation that verifies, is of a key that stands, and names this key and this person; else null. */
function digestIfValid(
  voucher: RecoveryVoucher,
  { personId, did }: Pick<RecoveryEvidence, 'personId' | 'did'>,
  context: StatementContext,
): string | null {
  if (voucher.personId !== personId || !voucher.attesterActive) return null;
  try {
    const { claims, statement, digest } = checkStatement(voucher.text, RECOVERY_ATTESTATION, context);
    if (claims.key !== did || keyFault(voucher.attesterKeys, statement, voucher.attestedAt)) return null;
    return digest;
  } catch (error) {
    if (error instanceof DomainError) return null; // an attestation that does not verify vouches for nobody
    throw error;
  }
}
