import { bytesOf, hexOf, replacingFees, type Fees } from './node';

const price = (gasPrice: bigint): Fees => ({ type: 'legacy', gasPrice });
const dynamic = (maxFeePerGas: bigint, maxPriorityFeePerGas: bigint): Fees => ({
  type: 'eip1559',
  maxFeePerGas,
  maxPriorityFeePerGas,
});

it.each([
  ['are those of now where nothing is replaced', dynamic(20n, 2n), undefined, dynamic(20n, 2n)],
  ['are those of now where they are high enough', dynamic(200n, 20n), dynamic(100n, 10n), dynamic(200n, 20n)],
  [
    'are an eighth more than the replaced ones, each by itself',
    dynamic(120n, 10n),
    dynamic(80n, 80n),
    dynamic(120n, 91n),
  ],
  ['outbid a transaction that has one price', dynamic(50n, 2n), price(80n), dynamic(91n, 91n)],
  ['outbid one price by one price', price(10n), price(80n), price(91n)],
  ['stay nothing, nearly, where transactions cost nothing', price(0n), price(0n), price(1n)],
])('fees %s', (_, now, replaced, expected) => {
  expect(replacingFees(now, replaced)).toEqual(expected);
});

it('writes bytes as chains do', () => {
  expect(hexOf(Uint8Array.of(0, 0xab))).toBe('0x00ab');
  expect(bytesOf('0x00AB')).toEqual(Uint8Array.of(0, 0xab));
});
