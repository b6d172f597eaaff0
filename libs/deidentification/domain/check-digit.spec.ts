import { holdsLuhn, holdsVerhoeff } from './check-digit';

describe('check digits', () => {
  it.each(['718-7', '8302-2', '55284-4', '4548-4', '2339-0'])('LOINC %s holds', (code) => {
    expect(holdsLuhn(code)).toBe(true);
  });

  it.each(['22298006', '44054006', '428191000124101', '72892002'])('SNOMED CT %s holds', (code) => {
    expect(holdsVerhoeff(code)).toBe(true);
  });

  it('refuses every single wrong digit and every swap of neighbours', () => {
    const code = '22298006';
    for (let at = 0; at < code.length; at += 1) {
      for (let digit = 0; digit <= 9; digit += 1) {
        const changed = code.slice(0, at) + digit + code.slice(at + 1);
        expect(holdsVerhoeff(changed)).toBe(changed === code);
      }
      const swapped = code.slice(0, at) + (code[at + 1] ?? '') + code[at] + code.slice(at + 2);
      if (swapped !== code && swapped.length === code.length) expect(holdsVerhoeff(swapped)).toBe(false);
    }
    expect(holdsLuhn('718-8')).toBe(false);
    expect(holdsLuhn('8302-3')).toBe(false);
  });
});
