import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { concat } from '@aceso/kernel';
import { LinkagePrints, valueLinkage, type PackagePrints } from './linkage-prints';

const key = new Uint8Array(32).fill(1);
const hmacSha256 = (k: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array => hmac(sha256, k, concat(...parts));

/** Persons with visits; one sale shifts their days and renames them. */
function prints(
  sale: { readonly shift: number; readonly rename: (n: number) => string },
  persons: readonly number[],
): PackagePrints {
  const collected = new LinkagePrints();
  for (const n of persons) {
    const subject = { reference: `Patient/${sale.rename(n)}` };
    const day = (offset: number): string =>
      new Date(Date.UTC(2020, 0, 1 + sale.shift + offset)).toISOString().slice(0, 10);
    collected.add({ resourceType: 'Patient', id: sale.rename(n) });
    collected.add({
      resourceType: 'Condition',
      id: 'c',
      subject,
      code: { coding: [{ system: 's', code: `d${n % 2}` }] },
      onsetDateTime: day(0),
    });
    for (let visit = 0; visit < 3; visit += 1) {
      const code = { coding: [{ system: 's', code: 'height' }] };
      const effectiveDateTime = day(visit * (n + 7));
      collected.add({
        resourceType: 'Observation',
        subject,
        code,
        effectiveDateTime,
        valueQuantity: { value: 100 + n },
      });
    }
  }
  return collected.prints(key, hmacSha256);
}

describe('linkage prints', () => {
  const all = Array.from({ length: 12 }, (_, n) => n);
  const first = prints({ shift: 10, rename: (n) => `a${n}` }, all);

  it('join the same persons of two sales by values, whatever their names, order and shift', () => {
    const second = prints({ shift: -90, rename: (n) => `b${n}` }, [...all].reverse());
    expect(valueLinkage(second, 12, [first])).toEqual({
      earlierPackages: 1,
      highestShare: { diagnoses: 0, codes: 0, intervals: 1, numbers: 1 },
    });
  });

  it('join nobody to a package of others', () => {
    const others = prints(
      { shift: 3, rename: (n) => `c${n}` },
      all.map((n) => n + 100),
    );
    expect(valueLinkage(others, 12, [first]).highestShare).toEqual({
      diagnoses: 0,
      codes: 0,
      intervals: 0,
      numbers: 0,
    });
    expect(valueLinkage(first, 12, [])).toMatchObject({ earlierPackages: 0 });
  });

  it('stand once each, in no order that says anything', () => {
    expect(first.intervals).toHaveLength(12);
    expect(new Set(first.intervals).size).toBe(12);
    expect([...first.intervals].sort()).toEqual(first.intervals);
  });
});
