import { expectationOf, offersOf, termsCell, TERMS_CELLS } from './feasibility';
import { composeFeasibility, type FeasibilityInput } from './feasibility-draft';
import { requestInput } from '../testing/request-input';
import { sha256 } from '@aceso/platform';

const count = (approximate: number | null) => ({ approximate, suppressed: approximate === null });
const cells = (...numbers: (number | null)[]) => numbers.map(count);

describe('offers', () => {
  it('add up what is shown, and say where something is not', () => {
    expect(offersOf(cells(null, 20, null, 15, 100, null))).toEqual([
      { unitMinor: 500, approving: null, mayBeMore: true },
      { unitMinor: 1000, approving: 20, mayBeMore: true },
      { unitMinor: 2000, approving: 20, mayBeMore: true },
      { unitMinor: 5000, approving: 35, mayBeMore: true },
    ]);
    expect(offersOf(cells(15, 20, 10, null, null, 100)).map(({ mayBeMore }) => mayBeMore)).toEqual([
      false,
      false,
      false,
      true,
    ]);
  });
});

describe('what is expected', () => {
  const at = (unitMinor: number, total: number | null, ...numbers: (number | null)[]) => ({
    total: count(total),
    offers: offersOf(cells(...numbers)),
    unitMinor,
  });

  it('lies between those whose terms say yes and all who are asked, and costs what a quote says', () => {
    const expectation = expectationOf(at(1000, 150, 20, 25, null, null, 60, null), []);
    expect(expectation).toMatchObject({ least: 45, most: 150, expected: null, earlierRequests: 0 });
    expect(expectation.price?.least).toEqual({ personsMax: 45, unitMinor: 1000n, escrowMinor: 45_000n });
    expect(expectation.price?.most.escrowMinor).toBe(150_000n);
  });

  it('has no least where no cell is shown, and never more than the total where rounded cells add up to more', () => {
    const hidden = expectationOf(at(500, 80, null, 20, null, null, 60, null), []);
    expect(hidden.least).toBeNull();
    expect(hidden.price?.least.personsMax).toBe(15); // what any order is priced for
    expect(expectationOf(at(5000, 60, 15, 15, 15, 20, null, null), []).least).toBe(60);
  });

  it('is the share of three earlier orders or more, within its bounds', () => {
    const given = at(1000, 100, 20, 20, null, null, 40, null);
    const earlier = (personsMax: number) => ({ asked: 100, personsMax });
    expect(expectationOf(given, [earlier(60), earlier(60)])).toMatchObject({ expected: null, earlierRequests: 2 });
    expect(expectationOf(given, [earlier(60), earlier(80), earlier(70)])).toMatchObject({ expected: 70 });
    expect(expectationOf(given, [earlier(20), earlier(20), earlier(25)])).toMatchObject({ expected: 40 });
    expect(expectationOf(given, [earlier(105), earlier(100), earlier(100)])).toMatchObject({ expected: 100 });
  });

  it('is nothing where the total is not shown', () => {
    const nothing = { least: null, most: null, expected: null, price: null };
    expect(expectationOf(at(500, null, null, null, null, null, null, null), [])).toMatchObject(nothing);
  });
});

it('every verdict has a cell of its own', () => {
  const places = ([500, 1000, 2000, 5000, 'abstain', 'deny'] as const).map(termsCell);
  expect(places).toEqual(TERMS_CELLS.map((_, at) => at));
});

describe('a draft', () => {
  const { use, criteria, fields, policy, k, country, termMonths, unitMinor } = requestInput();
  const input = { use, criteria, fields, policy, k, country, termMonths, unitMinor };
  const compose = (changes: Partial<FeasibilityInput> = {}) =>
    composeFeasibility(
      { ...input, ...changes },
      {
        buyerKind: 'university',
        policy: { resourceTypes: ['Patient', 'Condition', 'Observation'] },
        currency: 'EUR',
        splitRule: 'c'.repeat(64),
        sha256,
      },
    );

  it('has one name for what terms look at, whatever is paid and in whatever order it is written', () => {
    const { termsHash } = compose();
    expect(
      compose({ unitMinor: 5000, k: 11, ageBandYears: 10, fields: ['Observation', 'Patient', 'Condition'] }).termsHash,
    ).toBe(termsHash);
    expect(compose({ criteria: { version: 1, all: [{ age: { min: 50 } }] } }).termsHash).toBe(termsHash);
    expect(compose({ termMonths: 13 }).termsHash).not.toBe(termsHash);
    expect(compose({ country: 'DE' }).termsHash).not.toBe(termsHash);
    expect(compose({ fields: ['Patient'] }).termsHash).not.toBe(termsHash);
  });

  it.each([
    ['a price that is not on the menu', { unitMinor: 1234 }, 'unitMinor'],
    ['a field that the policy keeps', { fields: ['Binary'] }, 'fields.0'],
    ['a width of bands that no file has', { ageBandYears: 7 }, 'ageBandYears'],
    ['no use', { use: { ...input.use, research: [] } }, 'use'],
  ])('is refused with %s', (_case, changes, place) => {
    expect(() => compose(changes)).toThrow(
      expect.objectContaining({ code: 'REQUEST_INVALID', message: expect.stringContaining(`request: ${place}`) }),
    );
  });
});
