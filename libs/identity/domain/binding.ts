import { DomainError } from '@aceso/kernel';
import type { StatementContext } from './check-statement';
import { checkStatement } from './check-statement';
import { ATTESTATION, BINDING, type EvidenceLevel } from './statement-kind';

/** The bytes that join a patient's key to a source record, as they were signed. */
export interface BindingTexts {
  readonly attestationText: string;
  readonly bindingText: string;
}

/** Whom a binding has to join. */
export interface BindingParties {
  readonly sourceRecordId: string;
  /** Keys of the provider that holds the record, past ones too: what an old key signed stays signed. */
  readonly providerDids: readonly string[];
  /** Keys of the patient, past ones too. */
  readonly patientDids: readonly string[];
}

export type BindingFault =
  | 'ATTESTATION_INVALID'
  | 'ATTESTATION_OTHER_PROVIDER'
  | 'ATTESTATION_OTHER_RECORD'
  | 'BINDING_INVALID'
  | 'BINDING_OTHER_KEY'
  | 'BINDING_OTHER_RECORD'
  | 'BINDING_OTHER_ATTESTATION';

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
  if (!expected.providerDids.includes(attestation.statement.kid))
    return { holds: false, fault: 'ATTESTATION_OTHER_PROVIDER' };
  if (attestation.claims.sourceRecord !== expected.sourceRecordId) {
    return { holds: false, fault: 'ATTESTATION_OTHER_RECORD' };
  }
  const binding = tryCheck(() => checkStatement(texts.bindingText, BINDING, context));
  if (!binding) return { holds: false, fault: 'BINDING_INVALID' };
  if (!expected.patientDids.includes(binding.statement.kid)) return { holds: false, fault: 'BINDING_OTHER_KEY' };
  if (binding.claims.sourceRecord !== expected.sourceRecordId) return { holds: false, fault: 'BINDING_OTHER_RECORD' };
  if (binding.claims.attestation !== attestation.digest) return { holds: false, fault: 'BINDING_OTHER_ATTESTATION' };
  return { holds: true, evidence: attestation.claims.evidence };
}

function tryCheck<Result>(check: () => Result): Result | null {
  try {
    return check();
  } catch (error) {
    if (error instanceof DomainError) return null; // the fault names the half; a gate needs no more
    throw error;
  }
}
