import { publicNumber } from './public-number';

it.each([
  [0, null],
  [10, null],
  [997, null],
  [998, 1_000],
  [1_099, 1_100],
  [1_097, 1_000],
  [123_456, 123_400],
])('says of %i persons to everybody: %p', (persons, said) => {
  expect(publicNumber(persons)).toBe(said);
});
