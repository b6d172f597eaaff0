import { randomBytes, randomUUID } from 'node:crypto';
import { shiftSpreadDays } from '@aceso/deidentification/domain';
import type { OrderId, PersonId } from '@aceso/kernel';
import { startTestDatabase, type TestDatabase } from '@aceso/platform/testing';
import { DateShifts } from './date-shifts';

const DAYS_MAX = 30;
const dates = { kind: 'shift', daysMax: DAYS_MAX } as const;
const person = randomUUID() as PersonId;
let test: TestDatabase;
let shifts: DateShifts;

beforeAll(async () => {
  test = await startTestDatabase();
  // Orders of this test stand in no marketplace: only the rule about shifts is looked at.
  await test.ownerQuery('alter table extraction.date_shift drop constraint date_shift_order_id_fkey');
  shifts = new DateShifts(test.custody);
});
afterAll(() => test.close());

async function shiftOf(sale: { orderId: OrderId; saleKey: Uint8Array }): Promise<number | undefined> {
  return test.database.transaction('worker', async (tx) => {
    await shifts.settle(tx, { ...sale, dates }, [person]);
    return (await shifts.of(tx, { ...sale, dates }, [person])).get(person);
  });
}

describe('the shifts of one person', () => {
  it('differ in every order until none is left, lie around one base, and stay as they are within an order', async () => {
    const sales = Array.from({ length: 2 * shiftSpreadDays(DAYS_MAX) }, () => ({
      orderId: randomUUID() as OrderId,
      saleKey: randomBytes(32),
    }));
    const first: number[] = [];
    for (const sale of sales) first.push((await shiftOf(sale)) ?? NaN);
    const [least, most] = [Math.min(...first), Math.max(...first)];
    expect(new Set(first).size).toBe(sales.length);
    expect(most - least).toBe(2 * shiftSpreadDays(DAYS_MAX));
    expect(Math.max(Math.abs(least), Math.abs(most))).toBeLessThanOrEqual(DAYS_MAX);
    expect(least * most).toBeGreaterThan(0);
    for (const [index, sale] of sales.entries()) expect(await shiftOf(sale)).toBe(first[index]);
    const one = { orderId: randomUUID() as OrderId, saleKey: randomBytes(32), dates };
    const left = await test.database.transaction('worker', (tx) => shifts.settle(tx, one, [person]));
    expect(left).toEqual([person]);
  });

  it('cannot be doubled in the database', async () => {
    const [row] = await test.ownerQuery<{ tag: Buffer }>('select tag from extraction.date_shift limit 1');
    await expect(
      test.database.transaction('worker', (tx) =>
        tx.execute('insert into extraction.date_shift (order_id, person_id, draw, tag) values ($1, $2, 0, $3)', [
          randomUUID(),
          person,
          row?.tag,
        ]),
      ),
    ).rejects.toMatchObject({ code: '23505' });
  });

  it('are none under a policy of years', async () => {
    const sale = { orderId: randomUUID() as OrderId, saleKey: randomBytes(32), dates: { kind: 'year' } as const };
    const days = await test.database.transaction('worker', async (tx) => {
      await shifts.settle(tx, sale, [person]);
      return shifts.of(tx, sale, [person]);
    });
    expect(days.get(person)).toBe(0);
  });
});
