import { asId } from '@aceso/kernel';
import {
  decideVisa,
  readVisa,
  VISA_ASSERTED_SECONDS_MAX,
  VISA_LIFETIME_SECONDS,
  VISAS_LIVE_MAX,
  type VisaFacts,
  type VisaFrame,
} from '.';

const NOW = 1_800_000_000;
const ORDER = asId<'Order'>('00000000-0000-4000-8000-000000000001');
const AFFILIATE = asId<'Party'>('00000000-0000-4000-8000-000000000002');
const frame: VisaFrame = {
  issuer: 'https://data.example.org',
  subject: asId<'Party'>('00000000-0000-4000-8000-000000000003'),
  jti: '00000000-0000-4000-8000-000000000004',
  now: NOW,
  live: 0,
};
const at = (seconds: number): Date => new Date(seconds * 1000);
const grant = (grantedAt: number, endsAt: number): VisaFacts => ({
  type: 'ControlledAccessGrants',
  permit: { orderId: ORDER, grantedAt: at(grantedAt), endsAt: at(endsAt) },
});

it.each<[VisaFacts, object]>([
  [
    { type: 'ResearcherStatus' },
    { value: 'https://data.example.org/docs/visas.md#researcher-status', by: 'system', asserted: NOW },
  ],
  [
    { type: 'AffiliationAndRole', affiliation: { id: 'x', with: AFFILIATE } },
    { value: `affiliate@${AFFILIATE}.data.example.org`, by: 'system', asserted: NOW },
  ],
  [
    grant(NOW - 500, NOW + 86_400),
    { value: `https://data.example.org/orders/${ORDER}`, by: 'dac', asserted: NOW - 500 },
  ],
])('says $type in a form that a verifier reads', (facts, said) => {
  const claims = decideVisa(facts, frame);
  expect(claims.ga4gh_visa_v1).toMatchObject({ ...said, type: facts.type, source: frame.issuer });
  expect(claims).toMatchObject({ iat: NOW, exp: NOW + VISA_LIFETIME_SECONDS, jti: frame.jti, sub: frame.subject });
  expect(readVisa(claims, { now: NOW, assertedSecondsMax: VISA_ASSERTED_SECONDS_MAX }).type).toBe(facts.type);
});

it('ends with the permit, and a year after the release', () => {
  expect(decideVisa(grant(NOW - 500, NOW + 60), frame).exp).toBe(NOW + 60);
  expect(decideVisa(grant(NOW - VISA_ASSERTED_SECONDS_MAX + 9, NOW + 86_400), frame).exp).toBe(NOW + 9);
});

it.each<[string, VisaFacts, Partial<VisaFrame>, string]>([
  ['no affiliation', { type: 'AffiliationAndRole', affiliation: null }, {}, 'VISA_NOT_DUE'],
  ['no permit', { type: 'ControlledAccessGrants', permit: null }, {}, 'VISA_NOT_DUE'],
  ['a permit that ends now', grant(NOW - 500, NOW), {}, 'VISA_NOT_DUE'],
  ['a release of a year ago', grant(NOW - VISA_ASSERTED_SECONDS_MAX, NOW + 99), {}, 'VISA_ASSERTED_TOO_OLD'],
  ['too many that live', { type: 'ResearcherStatus' }, { live: VISAS_LIVE_MAX }, 'VISA_LIMIT_REACHED'],
])('refuses one with %s', (_, facts, change, code) => {
  expect(() => decideVisa(facts, { ...frame, ...change })).toThrow(expect.objectContaining({ code }));
});
