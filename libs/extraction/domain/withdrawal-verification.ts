import { verifyOpening, verifyReceipt, type TrustPolicy, type VerifierCrypto } from '@aceso/ledger/domain';
import { z } from 'zod';
import {
  claimedLog,
  describe,
  judgeOrigin,
  requireStrictProof,
  type ShownReceipt,
  type VerificationReport,
} from './verification';
import {
  listDigest,
  parseListFile,
  readListSignature,
  rootOfList,
  WITHDRAWAL_LIST_CODE,
  type WithdrawalList,
  type WithdrawalListFile,
} from './withdrawal-list';

/** What was found about a withdrawal list; the verdicts are those of packages. */
export interface WithdrawalReport extends Omit<VerificationReport, 'manifest'> {
  readonly list: Pick<WithdrawalList, 'order' | 'number' | 'madeOn' | 'manifest'> | null;
  /** Persons on the list; null when it cannot be read. */
  readonly persons: number | null;
  /** Single rows on it. */
  readonly rows: number | null;
  /** What an acknowledgement names. */
  readonly listSha256: string | null;
}

const EntryPayload = z.looseObject({
  code: z.literal(WITHDRAWAL_LIST_CODE),
  order: z.string(),
  list: z.string(),
  root: z.string(),
  releaseKey: z.string(),
});

/** Judges the text of a withdrawal list offline, as `judgePackage` does a package. */
export function judgeWithdrawalList(
  text: string,
  policy: TrustPolicy | null,
  crypto: VerifierCrypto,
): WithdrawalReport {
  const findings: { file: string; problem: string }[] = [];
  const report = (file: string, problem: string): void => void findings.push({ file, problem });
  const read = <Value>(file: string, take: () => Value): Value | undefined => {
    try {
      return take();
    } catch (error) {
      report(file, error instanceof Error ? error.message : 'cannot be read');
      return undefined;
    }
  };
  const file = read('list', () => parseListFile(text));
  const receipt = file && examine(file, crypto, { report, read });
  const common = {
    findings,
    checkpoint: receipt ? describe(receipt.shown) : null,
    list: file?.list ?? null,
    persons: file?.list.deleted.length ?? null,
    rows: file ? (file.list.retracted?.length ?? 0) : null,
    listSha256: file ? listDigest(file.list, crypto.sha256) : null,
  };
  if (findings.length > 0 || !receipt) return { ...common, verdict: 'broken', trust: null, reason: null };
  const origin = judgeOrigin(receipt, policy, crypto);
  return { ...common, verdict: origin.trust ? 'verified' : 'origin not proven', ...origin };
}

interface Notes {
  readonly report: (file: string, problem: string) => void;
  readonly read: <Value>(file: string, take: () => Value) => Value | undefined;
}

/** The receipt, when it can be read; whatever does not fit is reported. */
function examine(file: WithdrawalListFile, crypto: VerifierCrypto, { report, read }: Notes): ShownReceipt | undefined {
  const { list, entry, opening } = file;
  const digest = listDigest(list, crypto.sha256);
  const signed = read('signature', () => readListSignature(file.signature, crypto.verifyEd25519));
  if (signed && signed.claims.list !== digest) report('signature', 'signs another list');
  if (signed && signed.claims.order !== list.order) report('signature', 'was signed for another order');
  const proof = read('proof', () => requireStrictProof(file.proof));
  const claimed = read('list', () => claimedLog(list, crypto));
  if (!proof || !claimed) return undefined;
  const shown = read('proof', () => verifyReceipt({ proof, entry }, claimed, crypto));
  if (!shown) return undefined;
  const payload = read('opening', () => {
    if (shown.entry.form !== 'committed' || shown.entry.kind !== 'order') throw new TypeError('is not of an order');
    verifyOpening(opening, shown.entry.commitment, crypto.sha256);
    const parsed = EntryPayload.safeParse(JSON.parse(opening.payload));
    if (!parsed.success) throw new TypeError('the entry is not that of a withdrawal list');
    return parsed.data;
  });
  if (payload) {
    if (payload.order !== list.order) report('opening', 'is the entry of another order');
    if (payload.list !== digest) report('opening', 'commits to another list');
    if (payload.root !== rootOfList(list, crypto.sha256))
      report('list', 'its persons or rows are not those of the entry');
    if (signed && payload.releaseKey !== signed.releaseKey)
      report('signature', 'was signed by another key than the entry names');
  }
  if (signed && signed.claims.aud !== shown.checkpoint.origin) report('signature', 'was signed for another log');
  return { proof, entry, shown };
}
