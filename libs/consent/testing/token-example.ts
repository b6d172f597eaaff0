import { canonicalJson, statementBytes, fromUtf8 } from '@aceso/kernel';
import { ATTESTATION, BINDING, codeHash, DAY_SECONDS } from '@aceso/identity/domain';
import { digestOf, lifeOf, TestParty } from '@aceso/identity/testing';
import { sha256 } from '@aceso/platform';
import {
  contentTextHash,
  DUO_MODIFIERS,
  DUO_PERMISSIONS,
  GRANT,
  SHIPPED_DISEASES,
  STANDING_TERMS,
  termsAnswerDigest,
  termsAnswerText,
  type ConsentBundle,
  type StandingTermsClaims,
} from '../domain';
import { standingTermsContent } from './answers';

/** 2026-01-01T00:00:00Z. */
export const EXAMPLE_AT_MS = 1_767_225_600_000;
const ORIGIN = 'ledger.example.org/aceso';
const RECORD = '6f1c2a52-8a3e-4a44-9d8e-0f6f4e9f3b10';
const REQUEST = '0c3f1f0e-6a8b-4d5f-8f54-8a8f2f0e7a11';
const SPLIT_RULE = 'c'.repeat(64);
const YEAR = 365 * DAY_SECONDS;

const seedFrom = (first: number): Uint8Array => Uint8Array.from({ length: 32 }, (_, at) => (first + at) % 256);
const jti = (last: number): string => `00000000-0000-4000-8000-0000000000${last}`;
const party = (first: number): TestParty =>
  new TestParty({ audience: ORIGIN, now: () => EXAMPLE_AT_MS, seed: seedFrom(first) });

const TERMS: Pick<StandingTermsClaims, 'mode' | 'alternatives'> = {
  mode: 'answer-for-me',
  alternatives: [
    {
      permission: { code: DUO_PERMISSIONS.DS, diseases: ['MONDO:0005015'] },
      modifiers: [{ code: DUO_MODIFIERS.GS, countries: ['AT', 'DE'] }, { code: DUO_MODIFIERS.NPU }],
      buyerKinds: ['hospital', 'university'],
      categories: ['Condition', 'Observation', 'Patient'],
      minimumPrice: { unitMinor: 1000, currency: 'EUR' },
      safeguards: ['no-onward-sharing', 'no-reidentification'],
    },
  ],
};

/** The content of a request, as far as consents look at it. */
function exampleContent(recipient: string): object {
  return {
    purpose: 'Does early treatment of type 2 diabetes change its course?',
    use: {
      version: 1,
      research: [DUO_PERMISSIONS.DS],
      methods: false,
      diseases: ['MONDO:0005148'],
      topics: [],
      buyerKind: 'university',
      commercial: false,
      countries: ['AT'],
      pledges: ['no-onward-sharing', 'no-reidentification'],
    },
    fields: ['Condition', 'Patient'],
    recipients: [{ did: recipient, ageKey: `age1${'q'.repeat(58)}` }],
    country: 'AT',
    termMonths: 12,
    price: { unitMinor: 1000, currency: 'EUR', splitRule: SPLIT_RULE },
  };
}

/** Fixed parties with everything that docs/reference/consent-token.md shows; each bundle verifies as it stands. */
export function tokenExample() {
  const [clinic, amina, center] = [party(0x20), party(0x00), party(0x40)];
  const own = {
    sourceRecord: RECORD,
    codeHash: codeHash('A1B2C-D3E4F-G5H6J-K7M8N-P9Q0R', sha256),
    evidence: 'in-person',
  } as const;
  const attestation = clinic.sign(ATTESTATION, own, { jti: jti(11), lifetimeSeconds: 30 * DAY_SECONDS });
  const binding = amina.signNext(
    BINDING,
    { attestation: digestOf(attestation), sourceRecord: RECORD },
    { jti: jti(12) },
  );
  const terms = amina.signNext(STANDING_TERMS, standingTermsContent({ ...TERMS, splitRule: SPLIT_RULE }), {
    jti: jti(13),
    lifetimeSeconds: YEAR,
  });
  const content = canonicalJson(exampleContent(center.did));
  const contentHash = contentTextHash(content, sha256);
  const recordsUpTo = [{ sourceRecord: RECORD, sequence: 3, digest: 'd'.repeat(64) }];
  const answer = termsAnswerText({
    format: 'aceso/terms-answer/v1',
    terms: digestOf(terms),
    request: REQUEST,
    version: 1,
    contentHash,
    recordsUpTo,
    diseaseTree: SHIPPED_DISEASES.hash(sha256),
  });
  const grantClaims = {
    request: REQUEST,
    version: 1,
    contentHash,
    recordsUpTo,
    notice: { hash: 'b'.repeat(64), language: 'en', payment: true as const },
    amount: { amountMinor: '700', currency: 'EUR' },
    splitRule: SPLIT_RULE,
  };
  const grant = amina.signNext(GRANT, grantClaims, { jti: jti(14), lifetimeSeconds: YEAR });
  const shared = {
    format: 'aceso/consent-bundle/v1',
    origin: ORIGIN,
    request: { id: REQUEST, version: 1 },
    content,
    relyingParty: { id: 'ledger.example.org', origins: ['https://ledger.example.org'] },
    patientKeys: [lifeOf(amina, { addedAt: EXAMPLE_AT_MS })],
    bindings: [
      {
        sourceRecord: RECORD,
        attestation,
        attestedAt: EXAMPLE_AT_MS,
        binding,
        boundAt: EXAMPLE_AT_MS,
        providerKeys: [lifeOf(clinic, { addedAt: EXAMPLE_AT_MS })],
      },
    ],
    revocation: null,
    receipts: [],
  } as const;
  const grantBundle = {
    ...shared,
    consent: { kind: 'grant', statement: grant, acceptedAt: EXAMPLE_AT_MS },
  } as unknown as ConsentBundle;
  const termsBundle = {
    ...shared,
    consent: { kind: 'terms', statement: terms, acceptedAt: EXAMPLE_AT_MS, answer, newestTerms: digestOf(terms) },
  } as unknown as ConsentBundle;
  return {
    amina,
    clinic,
    terms,
    answer,
    grant,
    grantBundle,
    termsBundle,
    answerDigest: termsAnswerDigest(answer, sha256),
  };
}

/** What docs/reference/consent-token.md shows, as the code makes it. */
export function tokenExampleLines(): string {
  const { terms, answer, answerDigest, termsBundle } = tokenExample();
  return [
    'bytes that the proof of the terms covers:',
    fromUtf8(statementBytes(JSON.parse(terms))),
    '',
    `terms, digest ${digestOf(terms)}:`,
    terms,
    '',
    `answer, digest ${answerDigest}:`,
    answer,
    '',
    'bundle:',
    canonicalJson(termsBundle),
  ].join('\n');
}
