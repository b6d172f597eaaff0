import { DomainError } from '@aceso/kernel';
import { authenticityFault, type AuthorityEvidence } from './authority';
import { checkStatement, type CheckedStatement, type StatementContext } from './check-statement';
import { keyFault, type KeyFault, type KeyLife } from './key-life';
import { ATTESTATION, BINDING, type BindingClaims, type EvidenceLevel } from './statement-kind';

/** The bytes that join a patient's key to a source record, as they were signed, and when each was accepted (milliseconds). */
export interface BindingTexts {
  readonly attestationText: string;
  readonly attestedAt: number;
  readonly bindingText: string;
  readonly boundAt: number;
  /** What appointed the guardian who signed the binding; null or absent where the patient signed. */
  readonly guardian?: AuthorityEvidence | null;
}

/** Whom a binding has to join. */
export interface BindingParties {
  readonly sourceRecordId: string;
  /** Keys of the provider that holds the record, past ones too: what an old key signed stays signed. */
  readonly providerKeys: readonly KeyLife[];
  /** Keys of the patient, past ones too. */
  readonly patientKeys: readonly KeyLife[];
}

export type BindingFault =
  | 'ATTESTATION_INVALID'
  | 'ATTESTATION_OTHER_PROVIDER'
  | 'ATTESTATION_KEY_REVOKED'
  | 'ATTESTATION_OTHER_RECORD'
  | 'BINDING_INVALID'
  | 'BINDING_OTHER_KEY'
  | 'BINDING_KEY_REVOKED'
  | 'BINDING_OTHER_RECORD'
  | 'BINDING_OTHER_ATTESTATION';

const OF_ATTESTATION: Record<KeyFault, BindingFault> = {
  OTHER_KEY: 'ATTESTATION_OTHER_PROVIDER',
  KEY_REVOKED: 'ATTESTATION_KEY_REVOKED',
};

/**
 * Verifies both halves of a binding from their bytes alone. Neither half's `exp` is judged: it bounds when the half
 * could be handed in, not how long the binding lasts.
 */
export function verifyBinding(
  texts: BindingTexts,
  expected: BindingParties,
  context: StatementContext,
):
  { readonly holds: true; readonly evidence: EvidenceLevel } | { readonly holds: false; readonly fault: BindingFault } {
  const attestation = tryCheck(() => checkStatement(texts.attestationText, ATTESTATION, context));
  if (!attestation) return { holds: false, fault: 'ATTESTATION_INVALID' };
  const attester = keyFault(expected.providerKeys, attestation.statement, texts.attestedAt);
  if (attester) return { holds: false, fault: OF_ATTESTATION[attester] };
  if (attestation.claims.sourceRecord !== expected.sourceRecordId) {
    return { holds: false, fault: 'ATTESTATION_OTHER_RECORD' };
  }
  const binding = tryCheck(() => checkStatement(texts.bindingText, BINDING, context));
  if (!binding) return { holds: false, fault: 'BINDING_INVALID' };
  const binder = binderFault(binding, texts, expected, context);
  if (binder) return { holds: false, fault: `BINDING_${binder}` };
  if (binding.claims.sourceRecord !== expected.sourceRecordId) return { holds: false, fault: 'BINDING_OTHER_RECORD' };
  if (binding.claims.attestation !== attestation.digest) return { holds: false, fault: 'BINDING_OTHER_ATTESTATION' };
  return { holds: true, evidence: attestation.claims.evidence };
}

/** A guardian's binding says whose a record is: what became of the appointment later does not change that. */
function binderFault(
  { claims, statement }: CheckedStatement<BindingClaims>,
  { guardian, boundAt }: BindingTexts,
  { patientKeys }: BindingParties,
  context: StatementContext,
): KeyFault | null {
  const { authority } = claims;
  if (typeof authority !== 'object') return keyFault(patientKeys, statement, boundAt);
  if (!guardian) return 'OTHER_KEY';
  const made = authenticityFault(guardian, { authority, signed: statement, acceptedAt: boundAt }, context);
  return typeof made === 'string' ? 'OTHER_KEY' : null;
}

function tryCheck<Result>(check: () => Result): Result | null {
  try {
    return check();
  } catch (error) {
    if (error instanceof DomainError) return null; // the fault names the half; a gate needs no more
    throw error;
  }
}
