import fc from 'fast-check';
import { alternative } from '../testing';
import type { AskedRequest } from './asked-content';
import { DUO_MODIFIERS, DUO_PERMISSIONS } from './duo';
import { matchPurpose } from './match-purpose';
import type { CodedUse } from './coded-use';
import { SHIPPED_DISEASES as tree } from './shipped-diseases';
import type { Alternative, Modifier } from './standing-terms';

const SPLIT = 'c'.repeat(64);
const AT = Date.UTC(2026, 2, 14);
const DID = 'did:key:z6MkehRgf7yJbgaGfYsdoAsKdBPE3dj2CYhowQdcjqSJgvVd';
const REQUEST = '0c3f1f0e-6a8b-4d5f-8f54-8a8f2f0e7a11';
const context = { tree, at: AT };

const use: CodedUse = {
  version: 1,
  research: [DUO_PERMISSIONS.DS],
  methods: false,
  diseases: ['MONDO:0005148'],
  topics: [],
  buyerKind: 'university',
  commercial: false,
  countries: ['AT'],
  pledges: ['no-reidentification'],
};
const request = (changes: Partial<CodedUse> = {}, more: Partial<AskedRequest> = {}): AskedRequest => ({
  requestId: REQUEST,
  use: { ...use, ...changes },
  fields: ['Condition', 'Patient'],
  recipients: [DID],
  termMonths: 12,
  price: { unitMinor: 1000, currency: 'EUR', splitRule: SPLIT },
  ...more,
});
const terms = (...alternatives: Alternative[]) => ({ alternatives, splitRule: SPLIT });
const match = (asked: AskedRequest, ...alternatives: Alternative[]) =>
  matchPurpose(asked, terms(...alternatives), context);
const with_ = (modifier: Modifier) => alternative({ modifiers: [modifier] });

describe('terms and a request', () => {
  it('approve without a reason, by the alternative that lasts longest', () => {
    const until = AT / 1000 + 100;
    expect(match(request(), alternative())).toEqual({ verdict: 'approve', reasons: [], alternative: 0, until: null });
    expect(match(request(), alternative({ until }))).toMatchObject({ verdict: 'approve', until });
    expect(match(request(), alternative({ until }), alternative({ until: until + 1 }))).toMatchObject({
      alternative: 1,
    });
    expect(match(request(), alternative({ until }), alternative())).toMatchObject({ alternative: 1, until: null });
  });

  it('take one alternative that approves before one that leaves it to a person, and that before a no', () => {
    const no = alternative({ buyerKinds: ['charity'] });
    const perhaps = with_({ code: DUO_MODIFIERS.COL, collaborator: 'the clinic' });
    expect(match(request(), no, perhaps, alternative()).verdict).toBe('approve');
    expect(match(request(), no, perhaps)).toMatchObject({ verdict: 'abstain', alternative: 1 });
    expect(
      match(request(), alternative({ buyerKinds: ['charity'], safeguards: ['no-onward-sharing'] }), no),
    ).toMatchObject({
      verdict: 'deny',
      alternative: 1,
      reasons: ['research centers of kind university are not permitted'],
    });
  });

  it('say "GRU after a moment, or DS now" (DUO #109)', () => {
    const later = alternative({ permission: { code: DUO_PERMISSIONS.GRU }, from: AT / 1000 + 1 });
    const now = alternative({ permission: { code: DUO_PERMISSIONS.DS, diseases: ['MONDO:0005015'] } });
    const general = request({ research: [DUO_PERMISSIONS.GRU], diseases: [] });
    expect(match(general, later, now).verdict).toBe('deny');
    expect(matchPurpose(general, terms(later, now), { tree, at: AT + 1000 }).verdict).toBe('approve');
    expect(match(request(), later, now).verdict).toBe('approve');
  });

  it('permit nothing without alternatives, or when the price is shared by another rule', () => {
    expect(match(request())).toMatchObject({ verdict: 'deny', reasons: ['the terms permit nothing'] });
    expect(
      matchPurpose(request(), { alternatives: [alternative()], splitRule: 'd'.repeat(64) }, context),
    ).toMatchObject({
      verdict: 'deny',
      alternative: null,
    });
  });

  it.each<[string, AskedRequest, Partial<Alternative>, RegExp]>([
    ['a price below the least', request(), { minimumPrice: { unitMinor: 2000, currency: 'EUR' } }, /price/],
    ['another currency', request(), { minimumPrice: { unitMinor: 500, currency: 'CHF' } }, /price/],
    ['wider kinds of data', request({}, { fields: ['Condition', 'Immunization'] }), {}, /Immunization/],
    ['a missing pledge', request({ pledges: [] }), {}, /no-reidentification/],
    ['a center of unknown kind', request({ buyerKind: 'unknown' }), {}, /unknown/],
    ['an alternative that ends now', request(), { until: AT / 1000 }, /ended/],
  ])('refuse %s', (_, asked, changes, reason) => {
    const found = match(asked, alternative(changes));
    expect(found.verdict).toBe('deny');
    expect(found.reasons.join()).toMatch(reason);
  });

  const M = DUO_MODIFIERS;
  it.each<[string, Modifier, AskedRequest, AskedRequest | null]>([
    ['NPU', { code: M.NPU }, request(), request({ buyerKind: 'company' })],
    ['NCU', { code: M.NCU }, request(), request({ commercial: true })],
    ['NPUNCU by its use', { code: M.NPUNCU }, request(), request({ commercial: true })],
    ['NPUNCU by its center', { code: M.NPUNCU }, request(), request({ buyerKind: 'company' })],
    ['NMDS', { code: M.NMDS }, request(), request({ methods: true })],
    ['NPOA', { code: M.NPOA }, request(), request({ research: [DUO_PERMISSIONS.DS, DUO_PERMISSIONS.POA] })],
    ['GSO', { code: M.GSO }, request({ pledges: ['genetic-only', 'no-reidentification'] }), request()],
    ['IRB', { code: M.IRB }, request({ pledges: ['ethics-approval', 'no-reidentification'] }), request()],
    ['PUB', { code: M.PUB }, request({ pledges: ['no-reidentification', 'publication'] }), request()],
    ['RTN', { code: M.RTN }, request({ pledges: ['no-reidentification', 'return-of-results'] }), request()],
    ['GS', { code: M.GS, countries: ['AT', 'DE'] }, request(), request({ countries: ['AT', 'US'] })],
    ['TS', { code: M.TS, months: 12 }, request(), request({}, { termMonths: 13 })],
    [
      'MOR',
      { code: M.MOR, date: '2027-01-01' },
      request({ publicationFrom: '2027-01-01' }),
      request({ publicationFrom: '2026-12-31' }),
    ],
    [
      'MOR that is not stated',
      { code: M.MOR, date: '2027-01-01' },
      request({ publicationFrom: '2027-06-01' }),
      request(),
    ],
    ['US', { code: M.US, users: [DID] }, request(), request({}, { recipients: [DID, `${DID}x`] })],
    ['IS', { code: M.IS, institutions: [DID] }, request(), request({}, { recipients: [`${DID}x`] })],
    [
      'PS',
      { code: M.PS, requests: [REQUEST] },
      request(),
      request({}, { requestId: '1c3f1f0e-6a8b-4d5f-8f54-8a8f2f0e7a11' }),
    ],
    ['CC', { code: M.CC }, request(), null],
  ])('keep %s', (_, modifier, within, beyond) => {
    const wide = {
      ...with_(modifier),
      buyerKinds: ['company', 'university'] as const,
      permission: { code: DUO_PERMISSIONS.GRU },
    };
    const alternative_ = { ...wide, buyerKinds: [...wide.buyerKinds] } as Alternative;
    expect(match(within, alternative_)).toMatchObject({ verdict: 'approve', reasons: [] });
    if (beyond) expect(match(beyond, alternative_).verdict).toBe('deny');
  });

  it('leave a type of research and a collaboration to a person', () => {
    expect(match(request(), with_({ code: M.RS, topic: 'sleep' })).verdict).toBe('abstain');
    expect(match(request(), with_({ code: M.COL, collaborator: 'the clinic' })).verdict).toBe('abstain');
  });

  it('permit methods under NMDS for a disease that matches', () => {
    const diabetes = alternative({
      permission: { code: DUO_PERMISSIONS.DS, diseases: ['MONDO:0005015'] },
      modifiers: [{ code: M.NMDS }],
    });
    expect(match(request({ methods: true }), diabetes).verdict).toBe('approve');
    expect(match(request({ methods: true, diseases: ['MONDO:0004979'] }), diabetes).verdict).toBe('deny');
  });

  it('leave a disease that the tree does not know to a person, unless it is named itself', () => {
    const rare = alternative({ permission: { code: DUO_PERMISSIONS.DS, diseases: ['MONDO:0999999'] } });
    expect(match(request({ diseases: ['MONDO:0999998'] }), rare)).toMatchObject({ verdict: 'abstain' });
    expect(match(request({ diseases: ['MONDO:0999999'] }), rare)).toMatchObject({ verdict: 'approve' });
    expect(match(request({ diseases: ['MONDO:0005015'] }), rare).reasons).toEqual([
      'diabetes mellitus (MONDO:0005015) is none of the permitted diseases and no kind of one: MONDO:0999999',
    ]);
  });

  it('never permit less with one alternative more, nor more with one modifier more', () => {
    const modifier = fc.constantFrom<Modifier>(
      { code: M.NPU },
      { code: M.NCU },
      { code: M.NMDS },
      { code: M.GS, countries: ['DE'] },
      { code: M.TS, months: 6 },
      { code: M.IRB },
    );
    const any = fc
      .record({
        permission: fc.constantFrom<Alternative['permission']>(
          { code: DUO_PERMISSIONS.GRU },
          { code: DUO_PERMISSIONS.HMB },
          { code: DUO_PERMISSIONS.POA },
          { code: DUO_PERMISSIONS.DS, diseases: ['MONDO:0005015'] },
        ),
        modifiers: fc.array(modifier, { maxLength: 3 }),
      })
      .map((changes) => alternative(changes));
    const asked = fc
      .record({
        research: fc.subarray([DUO_PERMISSIONS.HMB, DUO_PERMISSIONS.DS, DUO_PERMISSIONS.POA], { minLength: 1 }),
        methods: fc.boolean(),
        commercial: fc.boolean(),
        countries: fc.constantFrom<string[]>(['AT'], ['DE']),
        buyerKind: fc.constantFrom('university' as const, 'company' as const),
      })
      .map((changes) => request(changes));
    const rank = { approve: 2, abstain: 1, deny: 0 };
    fc.assert(
      fc.property(asked, fc.array(any, { maxLength: 3 }), any, modifier, (one, list, more, narrower) => {
        const before = rank[match(one, ...list).verdict];
        expect(rank[match(one, ...list, more).verdict]).toBeGreaterThanOrEqual(before);
        const narrowed = { ...more, modifiers: [...more.modifiers, narrower] };
        expect(rank[match(one, narrowed).verdict]).toBeLessThanOrEqual(rank[match(one, more).verdict]);
      }),
    );
  });
});
