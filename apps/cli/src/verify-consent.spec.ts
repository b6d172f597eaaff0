import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ConsentBundle } from '@aceso/consent/domain';
import { EXAMPLE_AT_MS, signRevocation, tokenExample } from '@aceso/consent/testing';
import { digestOf } from '@aceso/identity/testing';
import { CONSENT_EXIT_CODES, verifyConsent } from './verify-consent';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'aceso-consent-'));
});
afterAll(() => rm(folder, { recursive: true }));

const { grant, grantBundle, termsBundle, amina } = tokenExample();

async function run(bundle: object | string, flags: object = {}, now = EXAMPLE_AT_MS) {
  const file = join(folder, 'consent.json');
  await writeFile(file, typeof bundle === 'string' ? bundle : JSON.stringify(bundle));
  let printed = '';
  const code = await verifyConsent(file, flags, (text) => (printed += text), now);
  return { code, printed };
}

it('says in words what a grant and what terms permit', async () => {
  const granted = await run(grantBundle);
  expect(granted.code).toBe(2);
  expect(granted.printed).toContain('agrees to request 0c3f1f0e-6a8b-4d5f-8f54-8a8f2f0e7a11, version 1');
  expect(granted.printed).toContain('intact, origin not proven');
  const terms = await run(termsBundle, { json: true });
  expect(JSON.parse(terms.printed)).toMatchObject({ verdict: 'origin not proven', fault: null });
});

it.each<[keyof typeof CONSENT_EXIT_CODES, object | string, object, number]>([
  ['MALFORMED', 'nothing', {}, EXAMPLE_AT_MS],
  [
    'ALTERED',
    {
      ...grantBundle,
      consent: { kind: 'grant', acceptedAt: EXAMPLE_AT_MS, statement: grant.replace('"700"', '"800"') },
    },
    {},
    EXAMPLE_AT_MS,
  ],
  ['OTHER_KEY', { ...grantBundle, patientKeys: grantBundle.bindings[0]!.providerKeys }, {}, EXAMPLE_AT_MS],
  ['OTHER_REQUEST', grantBundle, { request: '1c3f1f0e-6a8b-4d5f-8f54-8a8f2f0e7a11' }, EXAMPLE_AT_MS],
  ['EXPIRED', grantBundle, {}, EXAMPLE_AT_MS + 400 * 86_400_000],
  ['REVOKED', { ...grantBundle, revocation: signRevocation(amina, digestOf(grant)) }, {}, EXAMPLE_AT_MS],
  [
    'REPLACED',
    { ...termsBundle, consent: { ...termsBundle.consent, newestTerms: null } as ConsentBundle['consent'] },
    {},
    EXAMPLE_AT_MS,
  ],
  ['WIDER_SCOPE', { ...grantBundle, bindings: [] }, {}, EXAMPLE_AT_MS],
  ['REPLAYED', { ...grantBundle, origin: 'other.example.org' }, {}, EXAMPLE_AT_MS],
  ['RECEIPT_BROKEN', { ...grantBundle, receipts: ['no receipt'] }, {}, EXAMPLE_AT_MS],
])('exits with a code of its own for %s', async (fault, bundle, flags, now) => {
  const { code, printed } = await run(bundle, flags, now);
  expect(printed).toMatch(new RegExp(`^refused, ${fault}: `));
  expect(code).toBe(CONSENT_EXIT_CODES[fault]);
});

it('has a code for each fault that is no other, and none of verified, not proven or usage', () => {
  const codes = Object.values(CONSENT_EXIT_CODES);
  expect(new Set(codes).size).toBe(codes.length);
  for (const taken of [0, 1, 2, 64]) expect(codes).not.toContain(taken);
});

it('says that a file cannot be read without judging it', async () => {
  expect(await verifyConsent(join(folder, 'absent.json'), {}, () => undefined)).toBe(64);
  const { code } = await run(grantBundle, { diseases: join(folder, 'consent.json') });
  expect(code).toBe(64);
});
