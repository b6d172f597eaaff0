import { checkGrantTarget, type GrantTarget } from './grant-target';
import { grantContent } from '../testing';
import type { GrantClaims } from './statement-kind';

const NOW = Date.UTC(2026, 2, 14);
const digest = (symbol: string) => symbol.repeat(64);
const FIRST = '6f1c2a52-8a3e-4a44-9d8e-0f6f4e9f3b10';
const SECOND = '7f1c2a52-8a3e-4a44-9d8e-0f6f4e9f3b10';

const target: GrantTarget = {
  requestId: '0c3f1f0e-6a8b-4d5f-8f54-8a8f2f0e7a11',
  version: 2,
  contentHash: digest('a'),
  notice: { hash: digest('b'), language: 'en' },
  amount: { amountMinor: 700n, currency: 'EUR' },
  splitRule: digest('c'),
  heads: [
    { sourceRecordId: FIRST, sequence: 3, digest: digest('d') },
    { sourceRecordId: SECOND, sequence: 1, digest: digest('e') },
  ],
  answerDeadline: NOW,
};
const [firstHead] = grantContent(target).recordsUpTo;
const claims = (changes: Partial<GrantClaims> = {}) => grantContent(target, changes) as unknown as GrantClaims;

describe('a grant for what was asked', () => {
  it.each([
    ['everything', {}],
    ['one of two source records', { recordsUpTo: [firstHead!] }],
  ])('is taken for %s', (_, changes) => {
    expect(() => checkGrantTarget(claims(changes), target, NOW)).not.toThrow();
  });

  it.each<[string, Partial<GrantClaims>, string]>([
    ['another request', { request: SECOND }, 'GRANT_OTHER_REQUEST'],
    ['an earlier version', { version: 1 }, 'GRANT_OTHER_VERSION'],
    ['other content', { contentHash: digest('f') }, 'GRANT_CONTENT_CHANGED'],
    ['another notice', { notice: { hash: digest('f'), language: 'en', payment: true } }, 'GRANT_NOTICE_MISMATCH'],
    [
      'a notice in another language',
      { notice: { ...target.notice, language: 'de', payment: true } },
      'GRANT_NOTICE_MISMATCH',
    ],
    ['more money', { amount: { amountMinor: '701', currency: 'EUR' } }, 'GRANT_AMOUNT_MISMATCH'],
    ['another currency', { amount: { amountMinor: '700', currency: 'USD' } }, 'GRANT_AMOUNT_MISMATCH'],
    ['another split', { splitRule: digest('f') }, 'GRANT_SPLIT_RULE_MISMATCH'],
    ['records to come', { recordsUpTo: [{ ...firstHead!, sequence: 4 }] }, 'GRANT_RECORDS_MISMATCH'],
    ['a head that is not there', { recordsUpTo: [{ ...firstHead!, digest: digest('f') }] }, 'GRANT_RECORDS_MISMATCH'],
    [
      "somebody else's record",
      { recordsUpTo: [{ ...firstHead!, sourceRecord: target.requestId }] },
      'GRANT_RECORDS_MISMATCH',
    ],
  ])('is refused for %s', (_, changes, code) => {
    expect(() => checkGrantTarget(claims(changes), target, NOW)).toThrow(expect.objectContaining({ code }));
  });

  it('is refused after the answer deadline, not at it', () => {
    expect(() => checkGrantTarget(claims(), target, NOW + 1)).toThrow(
      expect.objectContaining({ code: 'ANSWER_DEADLINE_PASSED' }),
    );
  });
});
