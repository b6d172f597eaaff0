import { DomainError, type PasskeyChecks, type Statement, type Sha256, type VerifyEd25519 } from '@aceso/kernel';
import {
  ATTESTATION,
  authorityFault,
  BINDING,
  checkStatement,
  GUARDIAN_APPOINTMENT,
  GUARDIAN_CONFIRMATION,
  PROXY_APPOINTMENT,
  type AuthorityEvidence,
  type CheckedStatement,
  type CommonClaims,
  type StatementContext,
  type StatementKind,
} from '@aceso/identity/domain';
import type { ReceiptReport } from '@aceso/ledger/domain';
import { contentTextHash } from './asked-content';
import { FAULT_WORDS, faultOf, type BundleFault } from './bundle-faults';
import { authorityOf, BUNDLE_AGES, bundleAuthority, parsed, type BundleGuardian } from './bundle-guardians';
import { BUNDLE_LENGTH_MAX, CONSENT_BUNDLE, type ConsentBundle } from './consent-bundle';
import { contentInWords, grantInWords, termsInWords } from './consent-words';
import { decideGrant, type GrantContext } from './decide';
import { decideTerms, termsAnswerDigest, TERMS_ANSWER } from './decide-terms';
import type { DiseaseTree } from './disease-tree';
import { GRANT, REVOCATION } from './statement-kind';
import { STANDING_TERMS } from './standing-terms';

/** What the reader brings along; nothing of it comes from the bundle. */
export interface BundleQuestion {
  readonly bundleText: string;
  /** Origin of the ledger that the reader trusts; undefined without a policy: then the bundle's own is taken, and not proven. */
  readonly trustedOrigins?: readonly string[] | undefined;
  /** The request that the consent has to be for, where the reader names one. */
  readonly requestId?: string | undefined;
  /** The reader's clock in milliseconds: judges the end only where no witness time is proven. */
  readonly now: number;
  readonly tree: DiseaseTree;
  readonly sha256: Sha256;
  readonly verify: VerifyEd25519;
  readonly verifyP256: PasskeyChecks['verifyP256'];
  /** Judges one receipt by the reader's policy; {@link judgeReceipt} of the ledger. */
  readonly judge: (receipt: string) => ReceiptReport;
}

export interface BundleReport {
  readonly verdict: 'verified' | 'origin not proven' | 'refused';
  readonly fault: BundleFault | null;
  readonly reason: string | null;
  /** What is permitted, in words, a line each; empty when refused. */
  readonly says: readonly string[];
  /** When the consent was judged, in milliseconds, and by whose clock. */
  readonly judged: { readonly at: number; readonly by: 'witnesses' | 'own clock' } | null;
  readonly trust: ReceiptReport['trust'];
}

/** Ends the judgement with a fault; never leaves this file. */
class Refused extends DomainError<BundleFault> {}

/**
 * Judges a consent bundle offline, from its bytes: every statement verifies and was made for this ledger once, the consent is for this
 * request and content, by the key that the bindings join to the records, neither ended nor revoked nor replaced, and covers no more
 * than was signed. What a guardian signed holds by an appointment that stood then and stands now. Its end is judged by the witnesses of its receipt where the reader's policy proves one.
 */
export function verifyBundle(question: BundleQuestion): BundleReport {
  try {
    return judgeBundle(question);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return { verdict: 'refused', fault: error.code, reason: error.message, says: [], judged: null, trust: null };
  }
}

function judgeBundle(question: BundleQuestion): BundleReport {
  const bundle = readBundle(question.bundleText);
  const context = contextOf(bundle, question);
  const { digest, guardians } = checkStatements(bundle, context);
  checkRequest(bundle, question);
  const proven = provenTimes(bundle, digest, question);
  const at = proven?.at ?? question.now;
  decide(bundle, guardians, { ...context, at, tree: question.tree });
  return {
    verdict: proven ? 'verified' : 'origin not proven',
    fault: null,
    reason: proven ? null : 'no receipt of this consent is proven by a policy of yours',
    says: inWords(bundle, question.tree),
    judged: { at, by: proven?.at === undefined ? 'own clock' : 'witnesses' },
    trust: proven?.trust ?? null,
  };
}

function readBundle(text: string): ConsentBundle {
  if (text.length > BUNDLE_LENGTH_MAX) throw new Refused('MALFORMED', 'the file is longer than a bundle can be');
  try {
    return CONSENT_BUNDLE.parse(JSON.parse(text));
  } catch (cause) {
    throw new Refused('MALFORMED', 'the file is no consent bundle of version 1', { cause });
  }
}

function contextOf(
  { origin, relyingParty }: ConsentBundle,
  { trustedOrigins, sha256, verify, verifyP256 }: BundleQuestion,
): StatementContext {
  if (trustedOrigins && !trustedOrigins.includes(origin)) {
    throw new Refused('REPLAYED', 'the bundle is of another ledger than your policy trusts');
  }
  return { audience: origin, sha256, verify, passkeys: { relyingParty, sha256, verifyP256 } };
}

/** The guardians of a bundle by the digest of their appointment, lower-case hexadecimal. */
type Guardians = ReadonlyMap<string, BundleGuardian>;

/** Every statement by itself, each only once. The digest of the consent: of the grant, or of the answer that terms gave. */
function checkStatements(
  bundle: ConsentBundle,
  context: StatementContext,
): { readonly digest: string; readonly guardians: Guardians } {
  const seen = new Set<string>();
  const once = <Claims extends CommonClaims>(
    name: string,
    text: string,
    kind: StatementKind<Claims>,
  ): CheckedStatement<Claims> => {
    const checked = check(name, text, kind, context);
    const key = `${checked.claims.signer} ${checked.claims.jti}`;
    if (seen.has(key)) throw new Refused('REPLAYED', `the jti of the ${name} stands on two statements of the bundle`);
    seen.add(key);
    return checked;
  };
  const { consent } = bundle;
  const own =
    consent.kind === 'grant'
      ? once('grant', consent.statement, GRANT)
      : once('terms', consent.statement, STANDING_TERMS);
  for (const { attestation, binding } of bundle.bindings) {
    once('attestation', attestation, ATTESTATION);
    once('binding', binding, BINDING);
  }
  const guardians = new Map(
    (bundle.guardians ?? []).map((told) => {
      const kind = told.appointer.role === 'patient' ? PROXY_APPOINTMENT : GUARDIAN_APPOINTMENT;
      const { digest: appointment } = once<CommonClaims>('appointment', told.appointment, kind);
      if (told.confirmation) once('confirmation', told.confirmation.statement, GUARDIAN_CONFIRMATION);
      return [appointment, told];
    }),
  );
  const digest = consent.kind === 'grant' ? own.digest : termsAnswerDigest(consent.answer, context.sha256);
  if (bundle.revocation === null) return { digest, guardians };
  const { claims } = once('revocation', bundle.revocation, REVOCATION);
  if (claims.grant !== digest) throw new Refused('OTHER_REQUEST', 'the revocation is of another consent');
  const { authority } = claims;
  const revoker = typeof authority === 'object' ? guardians.get(authority.evidence)?.guardian.keys : bundle.patientKeys;
  if (!revoker?.some(({ did }) => did === claims.signer))
    throw new Refused('OTHER_KEY', 'another key than the person’s revoked');
  throw new Refused('REVOKED', 'the person took the consent back');
}

function check<Claims extends CommonClaims>(
  name: string,
  text: string,
  kind: StatementKind<Claims>,
  context: StatementContext,
): CheckedStatement<Claims> {
  try {
    return checkStatement(text, kind, context);
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    if (error.code === 'AUDIENCE_MISMATCH') throw new Refused('REPLAYED', `the ${name} was made for another ledger`);
    throw new Refused('ALTERED', `the ${name} does not verify: ${error.message}`);
  }
}

function checkRequest({ request, consent }: ConsentBundle, { requestId }: BundleQuestion): void {
  if (requestId !== undefined && request.id !== requestId)
    throw new Refused('OTHER_REQUEST', 'the consent is for another request');
  if (consent.kind === 'terms' && !TERMS_ANSWER.safeParse(parsed(consent.answer)).success) {
    throw new Refused('ALTERED', 'the answer of the terms is none');
  }
}

/**
 * The newest moment at which witnesses that the reader trusts saw this consent in the log (undefined where the policy asks for none);
 * null when no receipt of it is proven.
 */
function provenTimes(
  bundle: ConsentBundle,
  digest: string,
  { judge }: BundleQuestion,
): { readonly at: number | undefined; readonly trust: ReceiptReport['trust'] } | null {
  const own = bundle.receipts.map(judge).filter((report) => {
    if (report.verdict === 'broken') throw new Refused('RECEIPT_BROKEN', `a receipt is broken: ${report.reason ?? ''}`);
    return report.verdict === 'verified' && namesConsent(report.payload, digest);
  });
  const times = own.flatMap(({ witnessedAt }) => witnessedAt.map(({ time }) => Number(time) * 1000));
  const [first] = own;
  return first ? { at: times.length === 0 ? undefined : Math.max(...times), trust: first.trust } : null;
}

/** Entries of a person seal the digest of the grant (`statement`) or of the answer (`termsAnswer`) in their detail. */
function namesConsent(payload: string | null, digest: string): boolean {
  const { detail } = (payload === null ? {} : parsed(payload)) as {
    detail?: { statement?: unknown; termsAnswer?: unknown };
  };
  return detail?.statement === digest || detail?.termsAnswer === digest;
}

/** The decision of the gate over the same bytes. */
function decide(
  bundle: ConsentBundle,
  guardians: Guardians,
  context: Omit<GrantContext, 'request'> & { readonly tree: DiseaseTree },
): void {
  const { consent, request, content, patientKeys } = bundle;
  const guardian = standingGuardian(consent, guardians, context);
  const bindings = bundle.bindings.map(({ sourceRecord, attestation, binding, ...accepted }) => ({
    ...accepted,
    sourceRecordId: sourceRecord,
    attestationText: attestation,
    bindingText: binding,
    guardian: guardianOf(binding, guardians),
  }));
  const contentHash = contentTextHash(content, context.sha256);
  const evidence = { revocationText: null, patientKeys, bindings, guardian };
  const by = {
    ...context,
    ages: BUNDLE_AGES,
    request: { requestId: request.id, version: request.version, contentHash },
  };
  const decision =
    consent.kind === 'grant'
      ? decideGrant({ ...evidence, grantText: consent.statement, grantAcceptedAt: consent.acceptedAt }, by)
      : decideTerms(
          {
            ...evidence,
            termsText: consent.statement,
            termsAcceptedAt: consent.acceptedAt,
            answerText: consent.answer,
            newestTermsDigest: consent.newestTerms,
          },
          { ...by, contentText: content },
        );
  if (decision.permit) return;
  const fault = faultOf(decision.reason);
  const why = 'why' in decision && decision.why ? `: ${decision.why.join('; ')}` : '';
  throw new Refused(fault, `${FAULT_WORDS[fault]} (${decision.reason})${why}`);
}

/** The guardian who signed a statement, as the appointment stands now; null where the person signed, or nothing appoints it. */
function guardianOf(text: string, guardians: Guardians): AuthorityEvidence | null {
  const told = guardians.get(authorityOf(text)?.evidence ?? '');
  return told ? bundleAuthority(told, 'now') : null;
}

/** Refuses what a guardian signed without authority at that moment; whether it lasts, the decision of the gate says. */
function standingGuardian(
  { statement, acceptedAt }: ConsentBundle['consent'],
  guardians: Guardians,
  context: StatementContext,
): AuthorityEvidence | null {
  const authority = authorityOf(statement);
  const told = guardians.get(authority?.evidence ?? '');
  if (!authority || !told) return null;
  const { kid, alg } = parsed(statement) as Pick<Statement, 'kid' | 'alg'>;
  const need = {
    authority,
    signed: { kid, alg },
    acceptedAt,
    scope: 'research',
    binds: null,
    ages: BUNDLE_AGES,
  } as const;
  const reason = authorityFault(bundleAuthority(told, 'signing'), need, context, acceptedAt);
  if (reason) throw new Refused(faultOf(reason), `when it was signed: ${FAULT_WORDS[faultOf(reason)]} (${reason})`);
  return bundleAuthority(told, 'now');
}

function inWords({ consent, request, content }: ConsentBundle, tree: DiseaseTree): readonly string[] {
  const { payload } = parsed(consent.statement) as { payload: never };
  const guarded = authorityOf(consent.statement) ? ['signed by a guardian, for the person:'] : [];
  if (consent.kind === 'grant') return [...guarded, ...grantInWords(payload, content)];
  return [
    ...guarded,
    ...termsInWords(payload, tree),
    `answered request ${request.id}, version ${request.version}:`,
    ...contentInWords(request.id, content),
  ];
}
