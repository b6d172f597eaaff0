import fc from 'fast-check';
import { UNIT_MENU_MINOR } from '@aceso/consent/domain';
import { quote } from './quote';

describe('a quote', () => {
  it.each([
    [0, 15],
    [14, 15],
    [15, 15],
    [16, 20],
    [20, 20],
    [263, 265],
  ])('for %i grants covers %i persons', (granted, personsMax) => {
    expect(quote(granted, 1000)).toEqual({ personsMax, unitMinor: 1000n, escrowMinor: BigInt(personsMax) * 1000n });
  });

  it('always covers everybody who agreed, in steps that hide the number', () => {
    fc.assert(
      fc.property(fc.nat({ max: 1_000_000 }), fc.constantFrom(...UNIT_MENU_MINOR), (granted, unitMinor) => {
        const { personsMax, escrowMinor } = quote(granted, unitMinor);
        expect(personsMax).toBeGreaterThanOrEqual(granted);
        expect(personsMax % 5).toBe(0);
        expect(escrowMinor).toBe(BigInt(personsMax) * BigInt(unitMinor));
        if (granted >= 15) expect(personsMax - granted).toBeLessThan(5);
      }),
    );
  });

  it('is refused for a price beside the menu or a number of grants that is none', () => {
    expect(() => quote(20, 999)).toThrow('on the menu');
    expect(() => quote(-1, 500)).toThrow('whole number');
    expect(() => quote(1.5, 500)).toThrow('whole number');
  });
});
