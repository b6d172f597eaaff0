import { DomainError } from '@aceso/kernel';
import {
  checkStatement,
  verifyBinding,
  type BindingFault,
  type BindingTexts,
  type StatementContext,
} from '@aceso/identity/domain';
import { requestMismatch, type GrantTarget } from './grant-target';
import { GRANT, type GrantClaims, type RecordHead } from './statement-kind';

/** One active binding of the person: its bytes, the record it joins and the keys of the provider that holds the record. */
export interface BoundRecord extends BindingTexts {
  readonly sourceRecordId: string;
  readonly providerDids: readonly string[];
}

/** Everything that speaks for or against using a person's records under one grant, as it was signed. */
export interface GrantEvidence {
  readonly grantText: string;
  /** The text of the revocation, when there is one: its presence alone refuses. */
  readonly revocationText: string | null;
  /** Registered keys of the person, past ones too: revoking a key does not undo what it signed before. */
  readonly patientDids: readonly string[];
  readonly bindings: readonly BoundRecord[];
}

/** What the evidence is judged against. */
export interface GrantContext extends StatementContext {
  readonly request: Pick<GrantTarget, 'requestId' | 'version' | 'contentHash'>;
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  readonly at: number;
}

/** Why a grant does not permit: for the patient. Requesters see {@link REQUESTER_REASON} only. */
export type GrantRefusal =
  | 'GRANT_REVOKED'
  | 'GRANT_INVALID'
  | 'GRANT_OTHER_KEY'
  | 'GRANT_OTHER_REQUEST'
  | 'GRANT_OTHER_VERSION'
  | 'GRANT_CONTENT_CHANGED'
  | 'GRANT_EXPIRED'
  | 'BINDING_MISSING'
  | BindingFault;

export type GrantDecision =
  | { readonly permit: true; readonly recordsUpTo: readonly RecordHead[] }
  | { readonly permit: false; readonly reason: GrantRefusal };

/** The one reason that a requester ever sees: the same as for a person about whom there is nothing. */
export const REQUESTER_REASON = 'NO_DATA';

/** A decision as a requester may see it. */
export function forRequester(decision: GrantDecision): { permit: boolean; reason: typeof REQUESTER_REASON | null } {
  return decision.permit ? { permit: true, reason: null } : { permit: false, reason: REQUESTER_REASON };
}

/**
 * Decides from the signed bytes alone whether a person's records may be used for one request version: the grant
 * verifies, is the person's, names this request and content, is neither expired nor revoked, and every source record
 * it names is joined to the same key by a binding that verifies too. No means no: there is no third answer.
 */
export function decideGrant(evidence: GrantEvidence, context: GrantContext): GrantDecision {
  if (evidence.revocationText !== null) return refuse('GRANT_REVOKED');
  const claims = grantClaims(evidence.grantText, context);
  if (!claims) return refuse('GRANT_INVALID');
  if (!evidence.patientDids.includes(claims.signer)) return refuse('GRANT_OTHER_KEY');
  const mismatch = requestMismatch(claims, context.request);
  if (mismatch) return refuse(mismatch);
  if (claims.exp * 1000 <= context.at) return refuse('GRANT_EXPIRED');
  const fault = firstBindingFault(claims.recordsUpTo, evidence, context);
  return fault ? refuse(fault) : { permit: true, recordsUpTo: claims.recordsUpTo };
}

function refuse(reason: GrantRefusal): GrantDecision {
  return { permit: false, reason };
}

function grantClaims(text: string, context: StatementContext): GrantClaims | null {
  try {
    return checkStatement(text, GRANT, context).claims;
  } catch (error) {
    if (error instanceof DomainError) return null;
    throw error;
  }
}

/** The first of the named records whose binding does not verify; null when all of them do. */
export function firstBindingFault(
  heads: readonly RecordHead[],
  { bindings, patientDids }: Pick<GrantEvidence, 'bindings' | 'patientDids'>,
  context: StatementContext,
): GrantRefusal | null {
  for (const { sourceRecord } of heads) {
    const bound = bindings.find((binding) => binding.sourceRecordId === sourceRecord);
    if (!bound) return 'BINDING_MISSING';
    const verdict = verifyBinding(
      bound,
      { sourceRecordId: sourceRecord, providerDids: bound.providerDids, patientDids },
      context,
    );
    if (!verdict.holds) return verdict.fault;
  }
  return null;
}
