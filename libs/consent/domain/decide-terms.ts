import { canonicalJson, DomainError, hex, utf8, type Sha256 } from '@aceso/kernel';
import {
  checkStatement,
  digestClaim,
  uuidClaim,
  type CheckedStatement,
  type StatementContext,
} from '@aceso/identity/domain';
import { z } from 'zod';
import { askedRequest, contentTextHash } from './asked-content';
import { firstBindingFault, signerFault, type GrantContext, type GrantEvidence, type GrantRefusal } from './decide';
import type { DiseaseTree } from './disease-tree';
import { requestMismatch } from './grant-target';
import { matchPurpose } from './match-purpose';
import { STANDING_TERMS, type StandingTermsClaims } from './standing-terms';
import { RECORDS_UP_TO, type RecordHead } from './statement-kind';

/**
 * What the instance wrote down when it answered for a patient. It is no statement: it permits nothing beyond the signed terms that
 * it names, and its digest is what a revocation names. `diseaseTree` is the hash of the tree by which it matched.
 */
export const TERMS_ANSWER = z.strictObject({
  format: z.literal('aceso/terms-answer/v1'),
  terms: digestClaim,
  request: uuidClaim,
  version: z.int().min(1),
  contentHash: digestClaim,
  recordsUpTo: RECORDS_UP_TO,
  diseaseTree: digestClaim,
});
export type TermsAnswer = z.infer<typeof TERMS_ANSWER>;

/** Canonical JSON of an answer: what is stored, byte for byte. */
export function termsAnswerText(answer: TermsAnswer): string {
  return canonicalJson(TERMS_ANSWER.parse(answer));
}

/** SHA-256 of an answer's text, lower-case hexadecimal: stands where a grant's digest stands. */
export function termsAnswerDigest(text: string, sha256: Sha256): string {
  return hex.encode(sha256(utf8(text)));
}

/** Everything that speaks for or against using a person's records under an answer that its terms gave. */
export interface TermsEvidence extends Omit<GrantEvidence, 'grantText' | 'grantAcceptedAt'> {
  readonly termsText: string;
  /** When they were accepted, milliseconds since 1970-01-01T00:00:00Z. */
  readonly termsAcceptedAt: number;
  readonly answerText: string;
  /** Digest of the person's newest standing terms; null when there are none any more. */
  readonly newestTermsDigest: string | null;
}

/** What it is judged against: as a grant, and by the whole content of the request. */
export interface TermsContext extends GrantContext {
  /** Canonical JSON of the request's content. */
  readonly contentText: string;
  readonly tree: DiseaseTree;
}

export type TermsRefusal =
  | GrantRefusal
  | 'TERMS_INVALID'
  | 'TERMS_OTHER_ANSWER'
  | 'TERMS_REPLACED'
  | 'TERMS_EXPIRED'
  | 'TERMS_ASK_FIRST'
  | 'TERMS_DO_NOT_PERMIT';

export type TermsDecision =
  | { readonly permit: true; readonly recordsUpTo: readonly RecordHead[] }
  | { readonly permit: false; readonly reason: TermsRefusal; readonly why?: readonly string[] };

/**
 * The sibling of {@link decideGrant}: decides from the bytes of the signed terms, of the bindings and of the request's content
 * whether the answer holds. The terms verify, are the person's newest, answer by themselves and approve this request at this moment;
 * the answer says which records, none later than its heads. No means no.
 */
export function decideTerms(evidence: TermsEvidence, context: TermsContext): TermsDecision {
  if (evidence.revocationText !== null) return refuse('GRANT_REVOKED');
  const terms = termsOf(evidence.termsText, context);
  const answer = answerOf(evidence.answerText);
  if (!terms || !answer) return refuse('TERMS_INVALID');
  const unsigned = signerFault(terms, { ...evidence, acceptedAt: evidence.termsAcceptedAt }, context);
  if (unsigned) return refuse(unsigned);
  if (answer.terms !== terms.digest) return refuse('TERMS_OTHER_ANSWER');
  if (evidence.newestTermsDigest !== terms.digest) return refuse('TERMS_REPLACED');
  const mismatch = requestMismatch(answer, context.request) ?? contentMismatch(context);
  if (mismatch) return refuse(mismatch);
  const refused = refusalOfTerms(terms.claims, context);
  if (refused) return refused;
  const fault = firstBindingFault(answer.recordsUpTo, evidence, context);
  return fault ? refuse(fault) : { permit: true, recordsUpTo: answer.recordsUpTo };
}

/** What the terms themselves say to the request at this moment; null when they answer yes. */
export function refusalOfTerms(
  claims: StandingTermsClaims,
  { request, contentText, tree, at }: TermsContext,
): Extract<TermsDecision, { permit: false }> | null {
  if (claims.exp * 1000 <= at) return refuse('TERMS_EXPIRED');
  if (claims.mode !== 'answer-for-me') return refuse('TERMS_ASK_FIRST');
  const asked = askedRequest(request.requestId, contentText);
  if (!asked)
    return { permit: false, reason: 'TERMS_DO_NOT_PERMIT', why: ['the request does not state its use in codes'] };
  const { verdict, reasons } = matchPurpose(asked, claims, { tree, at });
  return verdict === 'approve' ? null : { permit: false, reason: 'TERMS_DO_NOT_PERMIT', why: reasons };
}

function contentMismatch({ contentText, request, sha256 }: TermsContext): 'GRANT_CONTENT_CHANGED' | null {
  return contentTextHash(contentText, sha256) === request.contentHash ? null : 'GRANT_CONTENT_CHANGED';
}

function refuse(reason: TermsRefusal): Extract<TermsDecision, { permit: false }> {
  return { permit: false, reason };
}

function termsOf(text: string, context: StatementContext): CheckedStatement<StandingTermsClaims> | null {
  try {
    return checkStatement(text, STANDING_TERMS, context);
  } catch (error) {
    if (error instanceof DomainError) return null;
    throw error;
  }
}

function answerOf(text: string): TermsAnswer | null {
  try {
    return TERMS_ANSWER.parse(JSON.parse(text));
  } catch {
    return null; // whatever it is, it names no records
  }
}
