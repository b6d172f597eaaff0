import { alternative } from '../testing';
import { DUO_MODIFIERS, DUO_PERMISSIONS } from './duo';
import { priceVerdict, type DraftedRequest } from './price-verdict';
import { SHIPPED_DISEASES as tree } from './shipped-diseases';
import type { Alternative, Modifier } from './standing-terms';

const SPLIT = 'c'.repeat(64);
const DID = 'did:key:z6MkehRgf7yJbgaGfYsdoAsKdBPE3dj2CYhowQdcjqSJgvVd';
const draft: DraftedRequest = {
  use: {
    version: 1,
    research: [DUO_PERMISSIONS.HMB],
    methods: false,
    diseases: [],
    topics: [],
    buyerKind: 'university',
    commercial: false,
    countries: ['AT'],
    pledges: ['no-reidentification'],
  },
  fields: ['Condition', 'Patient'],
  termMonths: 12,
  price: { currency: 'EUR', splitRule: SPLIT },
};
const from = (unitMinor: 500 | 1000 | 2000 | 5000, changes: Partial<Alternative> = {}) =>
  alternative({ minimumPrice: { unitMinor, currency: 'EUR' }, ...changes });
const under = (...alternatives: Alternative[]) =>
  priceVerdict(draft, { alternatives, splitRule: SPLIT }, { tree, at: Date.UTC(2026, 2, 14) });

it('is the least price at which one of the alternatives says yes', () => {
  expect(under(from(500))).toBe(500);
  expect(under(from(5000), from(2000))).toBe(2000);
  expect(under(from(500, { buyerKinds: ['charity'] }), from(5000))).toBe(5000);
});

it('is what is said at the highest price where none does', () => {
  const perhaps: Modifier = { code: DUO_MODIFIERS.COL, collaborator: 'the clinic' };
  expect(under(from(500, { buyerKinds: ['charity'] }))).toBe('deny');
  expect(under(from(500, { modifiers: [perhaps] }))).toBe('abstain');
  expect(under(from(500, { modifiers: [perhaps] }), from(2000))).toBe(2000);
  expect(under()).toBe('deny');
});

it.each<[string, Modifier]>([
  ['users', { code: DUO_MODIFIERS.US, users: [DID] }],
  ['institutions', { code: DUO_MODIFIERS.IS, institutions: [DID] }],
  ['requests', { code: DUO_MODIFIERS.PS, requests: ['0c3f1f0e-6a8b-4d5f-8f54-8a8f2f0e7a11'] }],
])('says no for terms that name %s: a draft is nobody in particular', (_, modifier) => {
  expect(under(from(500, { modifiers: [modifier] }))).toBe('deny');
});
