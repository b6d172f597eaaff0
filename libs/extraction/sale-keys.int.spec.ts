import { openExtractionKit, type Contributor, type ExtractionKit } from './testing';

jest.setTimeout(180_000);

describe('the end of a sale key', () => {
  let kit: ExtractionKit;
  let persons: Contributor[];
  beforeAll(async () => {
    kit = await openExtractionKit();
    persons = await kit.contributors(await kit.market.consent.identity.member('provider'), 12);
  });
  afterAll(() => kit.test.close());

  const shiftsOf = async (orderId: string): Promise<number> =>
    (await kit.test.ownerQuery('select from extraction.date_shift where order_id = $1', [orderId])).length;

  it('takes the date shifts of its order with it, and no others', async () => {
    const [ended, living] = [await kit.sale(persons), await kit.sale(persons)];
    for (const { orderId } of [ended, living]) await kit.run(orderId);
    expect([await shiftsOf(ended.orderId), await shiftsOf(living.orderId)]).toEqual([12, 12]);
    await kit.test.ownerQuery('update extraction.sale_key set destroy_on = current_date where order_id = $1', [
      ended.orderId,
    ]);
    const destroy = () => kit.test.database.transaction('worker', (tx) => kit.saleKeys.destroyDue(tx));
    expect(await destroy()).toBe(1);
    expect([await shiftsOf(ended.orderId), await shiftsOf(living.orderId)]).toEqual([0, 12]);
    expect(await destroy()).toBe(0);
  });

  it('takes them too when nothing was released', async () => {
    const sale = await kit.sale(persons);
    const attempt = await kit.emit(sale.orderId);
    expect(await shiftsOf(sale.orderId)).toBe(12);
    for (const person of persons.slice(0, 2)) await kit.revoke(person);
    await kit.releases.release(sale.orderId, attempt!);
    await kit.run(sale.orderId);
    expect(await kit.orderState(sale.orderId)).toMatchObject({ state: 'refunded' });
    expect(await shiftsOf(sale.orderId)).toBe(0);
  });
});
