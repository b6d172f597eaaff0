import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { personNo, providerNo } from '../testing/builders';
import { patientShare, providerShares, SPLIT_RULE, splitRuleHash, splitUnit } from './split-rule';

const sha256 = (...parts: readonly Uint8Array[]) => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest());
};

describe('the split of one included person', () => {
  it('gives 70 % to the patient, 20 % to the one provider, 10 % to the platform', () => {
    expect(splitUnit(2_000n, [providerNo(1)])).toEqual({
      patient: 1_400n,
      providers: [{ providerId: providerNo(1), amountMinor: 400n }],
      platform: 200n,
    });
  });

  it('divides the providers’ part equally and leaves the odd cent to the platform', () => {
    const shares = splitUnit(500n, [providerNo(1), providerNo(2), providerNo(3)]);
    expect(shares.providers.map(({ amountMinor }) => amountMinor)).toEqual([33n, 33n, 33n]);
    expect(shares).toMatchObject({ patient: 350n, platform: 51n });
  });

  it('counts a provider with two records of the person once', () => {
    expect(splitUnit(1_000n, [providerNo(1), providerNo(1)]).providers).toEqual([
      { providerId: providerNo(1), amountMinor: 200n },
    ]);
  });

  it('refuses a person without a provider and a price that is not positive', () => {
    expect(() => splitUnit(500n, [])).toThrow('bound through a provider');
    expect(() => splitUnit(0n, [providerNo(1)])).toThrow('price of a person is positive');
  });

  it('loses no cent, whatever the price and the number of providers', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: 10n ** 12n }), fc.integer({ min: 1, max: 40 }), (unit, count) => {
        const ids = Array.from({ length: count }, (_, index) => providerNo(index));
        const { patient, providers, platform } = splitUnit(unit, ids);
        const sum = providers.reduce((all, { amountMinor }) => all + amountMinor, patient + platform);
        expect(sum).toBe(unit);
        expect(new Set(providers.map(({ amountMinor }) => amountMinor)).size).toBe(1);
        expect([patient >= 0n, platform >= 0n, providers[0].amountMinor >= 0n]).toEqual([true, true, true]);
        expect(patient).toBe(patientShare(unit));
      }),
    );
  });
});

describe('the patients that a provider earns by', () => {
  it('are those whose share is not nothing', () => {
    const persons = [
      { personId: personNo(1), providerIds: [providerNo(1), providerNo(1)] },
      { personId: personNo(2), providerIds: [providerNo(1), providerNo(2)] },
    ];
    expect(providerShares(5n, persons)).toEqual([{ providerId: providerNo(1), personId: personNo(1) }]);
    expect(providerShares(500n, persons)).toHaveLength(3);
  });
});

describe('the split rule document', () => {
  it('has a hash that changes with every word of it', () => {
    expect(splitRuleHash(sha256)).toMatch(/^[0-9a-f]{64}$/);
    expect(splitRuleHash(sha256, { ...SPLIT_RULE, version: 2 })).not.toBe(splitRuleHash(sha256));
  });

  it('is the document that grants of version 1 name', () => {
    expect(splitRuleHash(sha256)).toMatchInlineSnapshot(
      `"8004c7cf3152923a748e4c2fffaf477b3a6b958ac783aed07aa24de5614054d3"`,
    );
  });
});
