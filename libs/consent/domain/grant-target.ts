import type { Money } from '@aceso/kernel';
import { ConsentError, type GrantMismatch } from './consent.errors';
import type { GrantClaims } from './statement-kind';

/** What the patient was asked: the request version as the marketplace holds it, with the patient's own figures. */
export interface GrantTarget {
  readonly requestId: string;
  readonly version: number;
  /** SHA-256 of the request's canonical content, lower-case hexadecimal. */
  readonly contentHash: string;
  /** The notice that belongs to the request: digest of its text, and its language. */
  readonly notice: { readonly hash: string; readonly language: string };
  /** What this patient would receive, after all shares. */
  readonly amount: Money;
  /** Digest of the split rule, lower-case hexadecimal. */
  readonly splitRule: string;
  /** Newest segment of each of the person's bound source records. */
  readonly heads: readonly { readonly sourceRecordId: string; readonly sequence: number; readonly digest: string }[];
  /** Milliseconds since 1970-01-01T00:00:00Z; silence until then is a no. */
  readonly answerDeadline: number;
}

/**
 * Checks that a grant agrees to exactly what was asked. It may name fewer source records than there are, each up to its
 * present head. Throws a GrantMismatch, or ANSWER_DEADLINE_PASSED.
 */
export function checkGrantTarget(claims: GrantClaims, target: GrantTarget, atMilliseconds: number): void {
  if (atMilliseconds > target.answerDeadline) {
    throw new ConsentError('ANSWER_DEADLINE_PASSED', 'the time for an answer is over');
  }
  const mismatch = requestMismatch(claims, target) ?? offerMismatch(claims, target);
  if (mismatch) throw new ConsentError(mismatch, 'the grant does not agree to what was asked');
}

/** The first way in which a grant names another request than this; null when it names it. */
export function requestMismatch(
  claims: Pick<GrantClaims, 'request' | 'version' | 'contentHash'>,
  request: Pick<GrantTarget, 'requestId' | 'version' | 'contentHash'>,
): 'GRANT_OTHER_REQUEST' | 'GRANT_OTHER_VERSION' | 'GRANT_CONTENT_CHANGED' | null {
  if (claims.request !== request.requestId) return 'GRANT_OTHER_REQUEST';
  if (claims.version !== request.version) return 'GRANT_OTHER_VERSION';
  if (claims.contentHash !== request.contentHash) return 'GRANT_CONTENT_CHANGED';
  return null;
}

function offerMismatch(claims: GrantClaims, target: GrantTarget): GrantMismatch | null {
  const { notice, amount, splitRule, recordsUpTo } = claims;
  if (notice.hash !== target.notice.hash || notice.language !== target.notice.language) return 'GRANT_NOTICE_MISMATCH';
  if (BigInt(amount.amountMinor) !== target.amount.amountMinor || amount.currency !== target.amount.currency) {
    return 'GRANT_AMOUNT_MISMATCH';
  }
  if (splitRule !== target.splitRule) return 'GRANT_SPLIT_RULE_MISMATCH';
  const heads = new Map(target.heads.map((head) => [head.sourceRecordId, head]));
  const allCurrent = recordsUpTo.every(({ sourceRecord, sequence, digest }) => {
    const head = heads.get(sourceRecord);
    return head !== undefined && head.sequence === sequence && head.digest === digest;
  });
  return allCurrent ? null : 'GRANT_RECORDS_MISMATCH';
}
