import { BankDetails, Identifiers, IDENTIFIERS_MAX } from './vault-item';

// Examples of the IBAN registry (ISO 13616), published by SWIFT.
const IBANS = [
  'DE89370400440532013000',
  'GB29NWBK60161331926819',
  'NO9386011117947',
  'MT84MALT011000012345MTLCAST001S',
];

it.each(IBANS)('takes the IBAN %s, and none with a digit changed', (iban) => {
  expect(BankDetails.safeParse({ holder: 'A', iban }).success).toBe(true);
  for (let at = 2; at < iban.length; at += 1) {
    const other = iban[at] === '7' ? '8' : '7';
    const changed = iban.slice(0, at) + other + iban.slice(at + 1);
    expect(BankDetails.safeParse({ holder: 'A', iban: changed }).success).toBe(false);
  }
});

it.each([
  ['blanks', { holder: 'A', iban: 'DE89 3704 0044 0532 0130 00' }],
  ['no holder', { holder: ' ', iban: IBANS[0] }],
  ['a BIC of nine signs', { holder: 'A', iban: IBANS[0], bic: 'COBADEFFX' }],
  ['a member that nobody asked for', { holder: 'A', iban: IBANS[0], pin: '1' }],
])('takes no bank details with %s', (_, details) => {
  expect(BankDetails.safeParse(details).success).toBe(false);
});

it('takes identifiers up to a number', () => {
  const one = { country: 'DE', kind: 'tax', value: '12' };
  const of = (count: number) => Identifiers.safeParse({ identifiers: Array.from({ length: count }, () => one) });
  expect([of(0).success, of(IDENTIFIERS_MAX).success, of(IDENTIFIERS_MAX + 1).success]).toEqual([true, true, false]);
  expect(Identifiers.safeParse({ identifiers: [{ ...one, country: 'Germany' }] }).success).toBe(false);
});
