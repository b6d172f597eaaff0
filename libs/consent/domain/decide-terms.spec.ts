import { randomUUID } from 'node:crypto';
import { digestOf, lifeOf, TestParty } from '@aceso/identity/testing';
import { sha256, verifyEd25519 } from '@aceso/platform';
import { alternative, EXAMPLE_AT_MS, signRevocation, signStandingTerms, tokenExample } from '../testing';
import { contentTextHash } from './asked-content';
import { decideTerms, termsAnswerText, type TermsContext, type TermsEvidence } from './decide-terms';
import { DUO_PERMISSIONS } from './duo';
import { SHIPPED_DISEASES } from './shipped-diseases';

const { amina, clinic, terms: termsText, answer: answerText, termsBundle, answerDigest } = tokenExample();
const [{ sourceRecord, attestation, binding }] = termsBundle.bindings as [(typeof termsBundle.bindings)[number]];
const bound = {
  sourceRecordId: sourceRecord,
  attestationText: attestation,
  bindingText: binding,
  attestedAt: EXAMPLE_AT_MS,
  boundAt: EXAMPLE_AT_MS,
  providerKeys: [lifeOf(clinic)],
};
const evidence: TermsEvidence = {
  termsText,
  answerText,
  newestTermsDigest: digestOf(termsText),
  revocationText: null,
  patientKeys: [lifeOf(amina)],
  termsAcceptedAt: EXAMPLE_AT_MS,
  bindings: [bound],
};
const contentText = termsBundle.content;
const context: TermsContext = {
  audience: termsBundle.origin,
  verify: verifyEd25519,
  sha256,
  request: {
    requestId: termsBundle.request.id,
    version: 1,
    contentHash: contentTextHash(contentText, sha256),
  },
  contentText,
  tree: SHIPPED_DISEASES,
  at: EXAMPLE_AT_MS,
};
const answer = JSON.parse(answerText);

/** Other terms of the same person, with an answer that names them. */
function withTerms(changes: Parameters<typeof signStandingTerms>[1], by: TestParty = amina): Partial<TermsEvidence> {
  const text = signStandingTerms(by, changes);
  const digest = digestOf(text);
  return { termsText: text, newestTermsDigest: digest, answerText: termsAnswerText({ ...answer, terms: digest }) };
}

const stranger = new TestParty({ audience: termsBundle.origin, now: () => EXAMPLE_AT_MS });
const abroad = new TestParty({ audience: 'other.example.org', now: () => EXAMPLE_AT_MS });
const PERMITS = {
  alternatives: [alternative({ permission: { code: DUO_PERMISSIONS.GRU }, categories: ['Condition', 'Patient'] })],
  splitRule: 'c'.repeat(64),
};

describe('an answer of terms', () => {
  it('permits the records up to the heads that it names, and no others', () => {
    expect(decideTerms(evidence, context)).toEqual({ permit: true, recordsUpTo: answer.recordsUpTo });
    expect(decideTerms({ ...evidence, ...withTerms(PERMITS) }, context).permit).toBe(true);
  });

  const noUse = JSON.stringify({ ...JSON.parse(contentText), use: undefined });
  const later = JSON.stringify({ ...JSON.parse(contentText), termMonths: 13 });
  const end = (JSON.parse(termsText).payload.exp as number) * 1000;
  it.each<[string, Partial<TermsEvidence>, Partial<TermsContext>, string]>([
    ['is revoked', { revocationText: signRevocation(amina, answerDigest) }, {}, 'GRANT_REVOKED'],
    ['has a revocation that does not even verify', { revocationText: '{}' }, {}, 'GRANT_REVOKED'],
    ['rests on a statement of another kind', { termsText: binding }, {}, 'TERMS_INVALID'],
    ['rests on terms for another ledger', withTerms(PERMITS, abroad), {}, 'TERMS_INVALID'],
    ['is no answer', { answerText: '{}' }, {}, 'TERMS_INVALID'],
    ['is not even JSON', { answerText: '{' }, {}, 'TERMS_INVALID'],
    ['rests on terms of another key', withTerms(PERMITS, stranger), {}, 'GRANT_OTHER_KEY'],
    [
      'was given by terms of a key that had been revoked',
      { patientKeys: [lifeOf(amina, { until: EXAMPLE_AT_MS - 1 })] },
      {},
      'GRANT_KEY_REVOKED',
    ],
    [
      'names other terms',
      { answerText: termsAnswerText({ ...answer, terms: 'e'.repeat(64) }) },
      {},
      'TERMS_OTHER_ANSWER',
    ],
    ['rests on terms that newer ones replaced', { newestTermsDigest: 'e'.repeat(64) }, {}, 'TERMS_REPLACED'],
    ['rests on terms that are gone', { newestTermsDigest: null }, {}, 'TERMS_REPLACED'],
    ['is for another request', {}, { request: { ...context.request, requestId: randomUUID() } }, 'GRANT_OTHER_REQUEST'],
    ['is for another version', {}, { request: { ...context.request, version: 2 } }, 'GRANT_OTHER_VERSION'],
    [
      'is for other content',
      {},
      { contentText: later, request: { ...context.request, contentHash: contentTextHash(later, sha256) } },
      'GRANT_CONTENT_CHANGED',
    ],
    ['is judged with other content than the hash names', {}, { contentText: later }, 'GRANT_CONTENT_CHANGED'],
    ['rests on terms that end at this very moment', {}, { at: end }, 'TERMS_EXPIRED'],
    ['rests on terms that ask first', withTerms({ ...PERMITS, mode: 'ask-me' }), {}, 'TERMS_ASK_FIRST'],
    [
      'is for less than the terms ask',
      withTerms({
        ...PERMITS,
        alternatives: [alternative({ minimumPrice: { unitMinor: 2000, currency: 'EUR' } })],
      }),
      {},
      'TERMS_DO_NOT_PERMIT',
    ],
    ['names a record that is not bound', { bindings: [] }, {}, 'BINDING_MISSING'],
    ['rests on an altered binding', { bindings: [{ ...bound, bindingText: `${binding} x` }] }, {}, 'BINDING_INVALID'],
  ])('does not permit when it %s', (_, changed, by, reason) => {
    expect(decideTerms({ ...evidence, ...changed }, { ...context, ...by })).toMatchObject({ permit: false, reason });
  });

  it('does not permit a request that states no use in codes, and says so', () => {
    for (const content of [noUse, '{', '{"use":1}']) {
      const contentHash = contentTextHash(content, sha256);
      const changed = { ...evidence, answerText: termsAnswerText({ ...answer, contentHash }) };
      const by = { ...context, contentText: content, request: { ...context.request, contentHash } };
      expect(decideTerms(changed, by)).toEqual({
        permit: false,
        reason: 'TERMS_DO_NOT_PERMIT',
        why: ['the request does not state its use in codes'],
      });
    }
  });

  it('lets a fault of ours through instead of calling it a refusal', () => {
    const broken = () => {
      throw new TypeError('no hash function');
    };
    expect(() => decideTerms(evidence, { ...context, sha256: broken })).toThrow(TypeError);
  });

  it('never permits with any one byte of the terms flipped, each once', () => {
    const bytes = Buffer.from(termsText, 'utf8');
    for (let at = 0; at < bytes.length; at += 1) {
      const flipped = Buffer.from(bytes);
      flipped[at] = flipped[at]! ^ (1 << (at % 8));
      const decision = decideTerms({ ...evidence, termsText: flipped.toString('latin1') }, context);
      expect([at, decision.permit]).toEqual([at, false]);
    }
  });
});
