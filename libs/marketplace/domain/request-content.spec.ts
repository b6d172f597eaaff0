import { canonicalJson, hex, utf8 } from '@aceso/kernel';
import { sha256 } from '@aceso/platform';
import { AGE_KEY, requestInput, useInput } from '../testing';
import { composeContent, contentHash, K_MAX, type ContentContext } from './request-content';
import { tablesInWords } from './request-words';

const context: ContentContext = {
  recipientDid: 'did:key:z6MkBuyer',
  buyerKind: 'university',
  policy: { name: 'expert-1', hash: 'a'.repeat(64), resourceTypes: ['Condition', 'Observation', 'Patient'] },
  views: [],
  currency: 'EUR',
  splitRule: 'b'.repeat(64),
  notice: { hash: 'c'.repeat(64), language: 'en' },
  sha256,
};

const VIEW = {
  name: 'systolic',
  resource: 'Observation',
  select: [{ column: [{ name: 'id', path: 'getResourceKey()' }] }],
};

describe('the content of a request', () => {
  it('holds what the research center wrote and what it follows from', () => {
    expect(composeContent(requestInput(), context)).toEqual({
      purpose: 'Does early treatment of type 2 diabetes change its course?',
      use: {
        version: 1,
        research: ['DUO:0000007'],
        methods: false,
        diseases: ['MONDO:0005148'],
        topics: [],
        buyerKind: 'university',
        commercial: false,
        countries: ['AT'],
        pledges: ['no-reidentification'],
      },
      cohort: { version: 1, all: [{ age: { min: 40 } }] },
      cohortHash: hex.encode(sha256(utf8(canonicalJson({ version: 1, all: [{ age: { min: 40 } }] })))),
      fields: ['Condition', 'Observation', 'Patient'],
      policy: { name: 'expert-1', hash: 'a'.repeat(64) },
      k: 5,
      recipients: [{ did: 'did:key:z6MkBuyer', ageKey: AGE_KEY }],
      country: 'AT',
      termMonths: 12,
      deliveryMode: 'package',
      price: { unitMinor: 1000, currency: 'EUR', splitRule: 'b'.repeat(64) },
      notice: { hash: 'c'.repeat(64), language: 'en' },
    });
  });

  it.each<[string, Parameters<typeof requestInput>[0]]>([
    ['a purpose of two words', { purpose: 'just so' }],
    ['a purpose with control characters', { purpose: 'long enough, but\u0007 ringing' }],
    ['a purpose with half a character', { purpose: 'long enough, but \ud800 broken' }],
    ['no kind of research', { use: useInput({ research: [] }) }],
    ['a code that DUO does not have', { use: useInput({ research: ['DUO:0000099'] }) }],
    ['disease-specific research without a disease', { use: useInput({ diseases: [] }) }],
    ['a disease without its ontology', { use: useInput({ diseases: ['44054006'] }) }],
    ['a pledge that nobody knows', { use: useInput({ pledges: ['be-kind'] }) }],
    ['a day that is none', { use: useInput({ publicationFrom: '2027-02-30' }) }],
    ['no fields', { fields: [] }],
    ['a field that the policy does not let out', { fields: ['Binary'] }],
    ['a k below five', { k: 4 }],
    ['a k that no order reaches', { k: K_MAX + 1 }],
    ['a recipient that is no age key', { recipientAgeKey: 'age1short' }],
    ['a secret key as recipient', { recipientAgeKey: `AGE-SECRET-KEY-1${'Q'.repeat(58)}` }],
    ['a country by name', { country: 'Austria' }],
    ['no term', { termMonths: 0 }],
    ['a term without end', { termMonths: 61 }],
    ['a price beside the menu', { unitMinor: 1001 }],
  ])('is refused with %s', (_, changes) => {
    expect(() => composeContent(requestInput(changes), context)).toThrow(
      expect.objectContaining({ code: 'REQUEST_INVALID' }),
    );
  });

  it('is refused with criteria that are none', () => {
    expect(() => composeContent(requestInput({ criteria: { all: [] } }), context)).toThrow(
      expect.objectContaining({ code: 'CRITERIA_INVALID' }),
    );
  });
});

describe('the hash of the content', () => {
  const hash = (changes = {}, other: Partial<ContentContext> = {}) =>
    contentHash(composeContent(requestInput(changes), { ...context, ...other }), sha256);

  it('does not change with the order in which things were written', () => {
    expect(hash({ fields: ['Observation', 'Patient', 'Condition', 'Patient'] })).toBe(hash());
  });

  it('is what it was before requests had views, where there are none', () => {
    expect(Object.keys(composeContent(requestInput(), context))).not.toContain('views');
    expect(hash()).toBe('ef735a3127276786c77bcd09696a138e445a0453976c6bc42af8208f011822c4');
  });

  it.each<[string, object, Partial<ContentContext>]>([
    ['views', {}, { views: [VIEW] }],
    ['purpose', { purpose: 'Something else entirely.' }, {}],
    ['cohort', { criteria: { version: 1, all: [{ age: { min: 41 } }] } }, {}],
    ['fields', { fields: ['Patient'] }, {}],
    ['k', { k: 6 }, {}],
    ['age key', { recipientAgeKey: `age1${'p'.repeat(58)}` }, {}],
    ['country', { country: 'DE' }, {}],
    ['term', { termMonths: 13 }, {}],
    ['price', { unitMinor: 2000 }, {}],
    ['recipient', {}, { recipientDid: 'did:key:z6MkOther' }],
    ['policy', {}, { policy: { ...context.policy, hash: 'd'.repeat(64) } }],
    ['policy name', {}, { policy: { ...context.policy, name: 'safe-harbor' } }],
    ['currency', {}, { currency: 'CHF' }],
    ['split rule', {}, { splitRule: 'd'.repeat(64) }],
    ['notice', {}, { notice: { hash: 'd'.repeat(64), language: 'en' } }],
    ['language of the notice', {}, { notice: { hash: 'c'.repeat(64), language: 'de' } }],
  ])('changes with the %s (threat T6)', (_, changes, other) => {
    expect(hash(changes, other)).not.toBe(hash());
  });

  it('changes with anything in a view', () => {
    const other = { ...VIEW, where: [{ path: "status = 'final'" }] };
    const hashes = [
      [VIEW],
      [other],
      [{ ...VIEW, title: 'Systolic' }],
      [{ ...VIEW, name: 'other' }],
      [VIEW, { ...VIEW, name: 'b' }],
    ];
    expect(new Set(hashes.map((views) => hash({}, { views }))).size).toBe(hashes.length);
  });
});

describe('the tables of a request', () => {
  it('are said in words to who is asked', () => {
    expect(tablesInWords(composeContent(requestInput(), context))).toEqual([]);
    expect(tablesInWords(composeContent(requestInput(), { ...context, views: [VIEW] }))).toEqual([
      expect.stringMatching(/^A table called systolic is made of the Observation records .* id \(id\)/),
    ]);
  });
});
