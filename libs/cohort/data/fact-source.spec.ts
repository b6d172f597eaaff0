import { NO_DAY } from '@aceso/register/domain';
import { columnsOf } from './fact-source';

it('writes rows, which come in no order, as columns in the order of places', () => {
  const row = (slot: number, day: number | null, value: number | null) => ({ slot, day, value });
  const columns = columnsOf([row(65_536 + 9, 3, 0.5), row(65_536 + 2, null, null), row(65_536 + 9, 1, 2)]);
  expect(columns.n).toBe(3);
  expect([...columns.slots]).toEqual([2, 9, 9]);
  expect([...columns.days]).toEqual([NO_DAY, 3, 1]);
  expect([...columns.values!]).toEqual([NaN, 0.5, 2]);
});
