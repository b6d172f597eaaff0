import { estimatedSeconds, toldOrders } from './delivery-estimate';

it.each([
  [0, 0.4, 0],
  [1, 0.01, 1],
  [20, 0.4, 8],
  [205, 0.4, 90],
  [250, 0.4, 100],
  [3000, 0.4013, 2000],
])('a package of %d persons at %d seconds each takes about %d seconds', (persons, secondsAPerson, seconds) => {
  expect(estimatedSeconds(persons, { orders: 11, secondsAPerson })).toBe(seconds);
});

it('tells orders in steps of five', () => {
  expect([11, 14, 15, 199].map((orders) => toldOrders({ orders, secondsAPerson: 1 }))).toEqual([10, 10, 15, 195]);
});
