import { DomainError } from '@aceso/kernel';
import {
  authorityFault,
  checkStatement,
  keyFault,
  verifyBinding,
  type AgeLimits,
  type AuthorityEvidence,
  type AuthorityFault,
  type BindingFault,
  type BindingTexts,
  type CheckedStatement,
  type CommonClaims,
  type KeyLife,
  type StatementContext,
} from '@aceso/identity/domain';
import { requestMismatch, type GrantTarget } from './grant-target';
import { GRANT, type GrantClaims, type RecordHead } from './statement-kind';

/** One active binding of the person: its bytes, the record it joins and the keys of the provider that holds the record. */
export interface BoundRecord extends BindingTexts {
  readonly sourceRecordId: string;
  readonly providerKeys: readonly KeyLife[];
}

/** Everything that speaks for or against using a person's records under one grant, as it was signed. */
export interface GrantEvidence {
  readonly grantText: string;
  /** When it was accepted, milliseconds since 1970-01-01T00:00:00Z: what its key was then counts, not what it is now. */
  readonly grantAcceptedAt: number;
  /** The text of the revocation, when there is one: its presence alone refuses. */
  readonly revocationText: string | null;
  /** Registered keys of the person, past ones too: revoking a key does not undo what it signed before. */
  readonly patientKeys: readonly KeyLife[];
  readonly bindings: readonly BoundRecord[];
  /** What appointed the guardian who signed the grant; null or absent where the patient signed. */
  readonly guardian?: AuthorityEvidence | null;
}

/** What the evidence is judged against. */
export interface GrantContext extends StatementContext {
  readonly request: Pick<GrantTarget, 'requestId' | 'version' | 'contentHash'>;
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  readonly at: number;
  /** Who is of age at that moment; without it no guardian permits anything. */
  readonly ages?: AgeLimits;
}

/** Why a grant does not permit: for the patient. Requesters see {@link REQUESTER_REASON} only. */
export type GrantRefusal =
  | 'GRANT_REVOKED'
  | 'GRANT_INVALID'
  | 'GRANT_OTHER_KEY'
  | 'GRANT_KEY_REVOKED'
  | 'GRANT_OTHER_REQUEST'
  | 'GRANT_OTHER_VERSION'
  | 'GRANT_CONTENT_CHANGED'
  | 'GRANT_EXPIRED'
  | 'BINDING_MISSING'
  | AuthorityFault
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
 * verifies, is of a key that the person had when it was accepted, or of a guardian whose authority stands now, names this request and content, is neither expired nor revoked, and every source record
 * it names is joined to a key of the person by a binding that verifies too. No means no: there is no third answer.
 */
export function decideGrant(evidence: GrantEvidence, context: GrantContext): GrantDecision {
  if (evidence.revocationText !== null) return refuse('GRANT_REVOKED');
  const checked = checkGrant(evidence.grantText, context);
  if (!checked) return refuse('GRANT_INVALID');
  const { claims } = checked;
  const fault = signerFault(checked, { ...evidence, acceptedAt: evidence.grantAcceptedAt }, context);
  if (fault) return refuse(fault);
  const mismatch = requestMismatch(claims, context.request);
  if (mismatch) return refuse(mismatch);
  if (claims.exp * 1000 <= context.at) return refuse('GRANT_EXPIRED');
  const unbound = firstBindingFault(claims.recordsUpTo, evidence, context);
  return unbound ? refuse(unbound) : { permit: true, recordsUpTo: claims.recordsUpTo };
}

function refuse(reason: GrantRefusal): GrantDecision {
  return { permit: false, reason };
}

/** Of the patient a key that stood when the statement was accepted; of a guardian also an authority that stands now. */
export function signerFault(
  { claims, statement }: CheckedStatement<CommonClaims>,
  {
    patientKeys,
    guardian,
    acceptedAt,
  }: Pick<GrantEvidence, 'patientKeys' | 'guardian'> & { readonly acceptedAt: number },
  context: GrantContext,
): GrantRefusal | null {
  const { authority } = claims;
  if (typeof authority !== 'object') {
    const fault = keyFault(patientKeys, statement, acceptedAt);
    return fault && `GRANT_${fault}`;
  }
  const { ages } = context;
  if (!guardian || !ages) return 'AUTHORITY_INVALID';
  const need = { authority, signed: statement, acceptedAt, scope: 'research', binds: null, ages } as const;
  return authorityFault(guardian, need, context, context.at);
}

function checkGrant(text: string, context: StatementContext): CheckedStatement<GrantClaims> | null {
  try {
    return checkStatement(text, GRANT, context);
  } catch (error) {
    if (error instanceof DomainError) return null;
    throw error;
  }
}

/** The first of the named records whose binding does not verify; null when all of them do. */
export function firstBindingFault(
  heads: readonly RecordHead[],
  { bindings, patientKeys }: Pick<GrantEvidence, 'bindings' | 'patientKeys'>,
  context: StatementContext,
): GrantRefusal | null {
  for (const { sourceRecord } of heads) {
    const bound = bindings.find((binding) => binding.sourceRecordId === sourceRecord);
    if (!bound) return 'BINDING_MISSING';
    const verdict = verifyBinding(
      bound,
      { sourceRecordId: sourceRecord, providerKeys: bound.providerKeys, patientKeys },
      context,
    );
    if (!verdict.holds) return verdict.fault;
  }
  return null;
}
