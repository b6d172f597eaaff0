import { randomUUID } from 'node:crypto';
import type { ReceiptReport } from '@aceso/ledger/domain';
import { digestOf, lifeOf, TestParty } from '@aceso/identity/testing';
import { sha256, verifyEd25519, verifyP256 } from '@aceso/platform';
import {
  EXAMPLE_AT_MS,
  type grantContent,
  signRevocation,
  signStandingTerms,
  standingTermsContent,
  tokenExample,
} from '../testing';
import { BUNDLE_LENGTH_MAX, type ConsentBundle } from './consent-bundle';
import { SHIPPED_DISEASES } from './shipped-diseases';
import { GRANT, REVOCATION } from './statement-kind';
import { STANDING_TERMS } from './standing-terms';
import { verifyBundle, type BundleQuestion } from './verify-bundle';

const DAY_MS = 86_400_000;
const example = tokenExample();
const { grantBundle, termsBundle, amina, clinic } = example;
const grantDigest = digestOf(example.grant);
const origin = grantBundle.origin;

const report = (changes: Partial<ReceiptReport>): ReceiptReport => ({
  verdict: 'verified',
  step: null,
  reason: null,
  trust: 'witnesses',
  witnessedAt: [],
  index: '1',
  kind: null,
  checkpoint: null,
  payload: null,
  member: null,
  consistent: null,
  ...changes,
});
const witnessed = (digest: string, ...days: number[]): ReceiptReport =>
  report({
    payload: JSON.stringify({ detail: { statement: digest } }),
    witnessedAt: days.map((day) => ({ witness: 'w', time: BigInt((EXAMPLE_AT_MS + day * DAY_MS) / 1000) })),
  });

function judge(bundle: ConsentBundle | string, more: Partial<BundleQuestion> = {}) {
  return verifyBundle({
    bundleText: typeof bundle === 'string' ? bundle : JSON.stringify(bundle),
    now: EXAMPLE_AT_MS,
    tree: SHIPPED_DISEASES,
    sha256,
    verify: verifyEd25519,
    verifyP256,
    judge: () => report({ verdict: 'origin not proven' }),
    ...more,
  });
}
const receipted = { ...grantBundle, receipts: ['receipt'] };

describe('a consent bundle', () => {
  it('of a grant says what is permitted, without a receipt by the own clock', () => {
    const found = judge(grantBundle);
    expect(found).toMatchObject({
      verdict: 'origin not proven',
      fault: null,
      judged: { at: EXAMPLE_AT_MS, by: 'own clock' },
    });
    expect(found.says.join('\n')).toContain('agrees to request 0c3f1f0e-6a8b-4d5f-8f54-8a8f2f0e7a11, version 1');
    expect(found.says.join('\n')).toContain('compensation: 700 minor units of EUR');
  });

  it('of terms says what they permit and what they answered', () => {
    const { says } = judge(termsBundle);
    expect(says).toContain('(1) use: research into named diseases: diabetes mellitus (MONDO:0005015) (DUO:0000007)');
    expect(says).toContain('(1) condition: in named countries only: AT, DE (DUO:0000022)');
    expect(says.join('\n')).toContain('answered request');
  });

  it('with a receipt that a policy proves is judged by its witnesses, the latest of them', () => {
    const now = EXAMPLE_AT_MS + 400 * DAY_MS; // the grant has ended by now
    expect(judge(receipted, { now }).fault).toBe('EXPIRED');
    const proven = judge(receipted, { now, judge: () => witnessed(grantDigest, 1, 3, 2) });
    expect(proven).toMatchObject({
      verdict: 'verified',
      trust: 'witnesses',
      judged: { at: EXAMPLE_AT_MS + 3 * DAY_MS, by: 'witnesses' },
    });
    expect(judge(receipted, { judge: () => witnessed(grantDigest, 366) }).fault).toBe('EXPIRED');
  });

  it('is verified by a policy without witnesses, by the own clock and on the word of the operator', () => {
    const found = judge(receipted, { judge: () => ({ ...witnessed(grantDigest), trust: 'operator only' }) });
    expect(found).toMatchObject({
      verdict: 'verified',
      trust: 'operator only',
      judged: { at: EXAMPLE_AT_MS, by: 'own clock' },
    });
  });

  it('is proven by no receipt of something else', () => {
    const other = judge(receipted, { judge: () => witnessed('e'.repeat(64), 1) });
    expect(other).toMatchObject({ verdict: 'origin not proven', judged: { by: 'own clock' } });
    expect(judge(receipted, { judge: () => report({ verdict: 'broken', reason: 'cut' }) }).fault).toBe(
      'RECEIPT_BROKEN',
    );
  });

  const stranger = new TestParty({ audience: origin, now: () => EXAMPLE_AT_MS });
  const abroad = new TestParty({ audience: 'other.example.org', now: () => EXAMPLE_AT_MS });
  const { payload } = JSON.parse(example.grant);
  const target = { ...grantContentOf(payload) };
  const signed = (by: TestParty, changes: object = {}) =>
    ({
      kind: 'grant',
      acceptedAt: EXAMPLE_AT_MS,
      statement: by.sign(GRANT, { ...target, seq: 3, prev: 'f'.repeat(64), ...changes }, { lifetimeSeconds: 3600 }),
    }) as const;
  const [binding] = grantBundle.bindings as [ConsentBundle['bindings'][number]];
  const terms = termsBundle.consent as Extract<ConsentBundle['consent'], { kind: 'terms' }>;
  const askFirst = amina.sign(
    STANDING_TERMS,
    { ...standingTermsContent({ mode: 'ask-me' }), seq: 9, prev: 'f'.repeat(64) },
    {},
  );

  it.each<[string, ConsentBundle | string, Partial<BundleQuestion>, string]>([
    ['that is none', '{}', {}, 'MALFORMED'],
    ['that is not JSON', 'consent', {}, 'MALFORMED'],
    ['that is too long', ' '.repeat(BUNDLE_LENGTH_MAX + 1), {}, 'MALFORMED'],
    [
      'with an altered amount',
      {
        ...grantBundle,
        consent: { kind: 'grant', acceptedAt: EXAMPLE_AT_MS, statement: example.grant.replace('"700"', '"701"') },
      },
      {},
      'ALTERED',
    ],
    [
      'with an altered binding',
      { ...grantBundle, bindings: [{ ...binding, binding: `${binding.binding} x` }] },
      {},
      'ALTERED',
    ],
    ['with an answer that is none', { ...termsBundle, consent: { ...terms, answer: '{}' } }, {}, 'ALTERED'],
    ['of a consent that another key signed', { ...grantBundle, consent: signed(stranger) }, {}, 'OTHER_KEY'],
    [
      'of a provider that does not hold the record',
      { ...grantBundle, bindings: [{ ...binding, providerKeys: [lifeOf(stranger)] }] },
      {},
      'OTHER_KEY',
    ],
    ['for another request than the reader asks about', grantBundle, { requestId: randomUUID() }, 'OTHER_REQUEST'],
    [
      'for another request than it says',
      { ...grantBundle, request: { ...grantBundle.request, id: randomUUID() } },
      {},
      'OTHER_REQUEST',
    ],
    ['for another version', { ...grantBundle, request: { ...grantBundle.request, version: 2 } }, {}, 'OTHER_REQUEST'],
    [
      'with other content',
      { ...grantBundle, content: grantBundle.content.replace('"termMonths":12', '"termMonths":24') },
      {},
      'OTHER_REQUEST',
    ],
    [
      'with the answer of other terms',
      { ...termsBundle, consent: { ...terms, statement: askFirst } },
      {},
      'OTHER_REQUEST',
    ],
    ['that has ended', grantBundle, { now: EXAMPLE_AT_MS + 366 * DAY_MS }, 'EXPIRED'],
    ['of terms that have ended', termsBundle, { now: EXAMPLE_AT_MS + 366 * DAY_MS }, 'EXPIRED'],
    ['that was revoked', { ...grantBundle, revocation: signRevocation(amina, grantDigest) }, {}, 'REVOKED'],
    [
      'of terms whose answer was revoked',
      { ...termsBundle, revocation: signRevocation(amina, example.answerDigest) },
      {},
      'REVOKED',
    ],
    [
      'with the revocation of something else',
      { ...grantBundle, revocation: signRevocation(amina, 'e'.repeat(64)) },
      {},
      'OTHER_REQUEST',
    ],
    [
      'with a revocation by somebody else',
      { ...grantBundle, revocation: signRevocation(stranger, grantDigest) },
      {},
      'OTHER_KEY',
    ],
    ['of terms that newer ones replaced', { ...termsBundle, consent: { ...terms, newestTerms: null } }, {}, 'REPLACED'],
    ['of a record that is not bound', { ...grantBundle, bindings: [] }, {}, 'WIDER_SCOPE'],
    [
      'of more records than were bound',
      {
        ...grantBundle,
        consent: signed(amina, {
          recordsUpTo: [...payload.recordsUpTo, { ...payload.recordsUpTo[0], sourceRecord: randomUUID() }],
        }),
      },
      {},
      'WIDER_SCOPE',
    ],
    ['of another ledger than the policy trusts', grantBundle, { trustedOrigins: ['other.example.org'] }, 'REPLAYED'],
    ['with a statement for another ledger', { ...grantBundle, consent: signed(abroad) }, {}, 'REPLAYED'],
    ['that holds one statement twice', { ...grantBundle, bindings: [binding, binding] }, {}, 'REPLAYED'],
    [
      'with two statements of one jti',
      {
        ...grantBundle,
        revocation: amina.sign(REVOCATION, { grant: grantDigest, seq: 4, prev: null }, { jti: payload.jti }),
      },
      {},
      'REPLAYED',
    ],
  ])('%s is refused', (_, bundle, more, fault) => {
    const found = judge(bundle, more);
    expect(found).toMatchObject({ verdict: 'refused', fault, says: [] });
    expect(found.reason).not.toBe('');
  });

  it('for more than the terms permit is refused, and says what', () => {
    const wider = signStandingTerms(amina, { alternatives: [], splitRule: 'c'.repeat(64), mode: 'ask-me' });
    const answer = JSON.stringify({ ...JSON.parse(terms.answer), terms: digestOf(wider) });
    const found = judge({
      ...termsBundle,
      consent: { ...terms, statement: wider, answer, newestTerms: digestOf(wider) },
    });
    expect(found).toMatchObject({ fault: 'WIDER_SCOPE', reason: expect.stringContaining('TERMS_ASK_FIRST') });
  });

  it.each([
    ['grant', grantBundle],
    ['terms', termsBundle],
  ] as const)('never holds with any one byte of the %s flipped, each once', (_, bundle) => {
    const bytes = Buffer.from(bundle.consent.statement, 'utf8');
    for (let at = 0; at < bytes.length; at += 1) {
      const flipped = Buffer.from(bytes);
      flipped[at] = flipped[at]! ^ (1 << (at % 7)); // stays ASCII, so the bundle itself stays readable
      const consent = { ...bundle.consent, statement: flipped.toString('latin1') } as ConsentBundle['consent'];
      expect([at, judge({ ...bundle, consent }).fault]).toEqual([at, 'ALTERED']);
    }
  });

  it('lets a fault of ours through instead of calling it a refusal', () => {
    const broken = () => {
      throw new TypeError('no hash function');
    };
    expect(() => judge(grantBundle, { sha256: broken })).toThrow(TypeError);
    expect(clinic.did).not.toBe(amina.did);
  });
});

function grantContentOf({
  request,
  version,
  contentHash,
  recordsUpTo,
  notice,
  amount,
  splitRule,
}: ReturnType<typeof grantContent>) {
  return { request, version, contentHash, recordsUpTo, notice, amount, splitRule };
}
