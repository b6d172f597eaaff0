import type { Member } from '@aceso/identity/testing';
import { openExtractionKit, type Contributor, type ExtractionKit, type FundedSale, type SentRecord } from './testing';
import { samplePerson } from './testing/sample-person';

jest.setTimeout(180_000);

describe('who is in an order', () => {
  let kit: ExtractionKit;
  let provider: Member;
  let persons: Contributor[];
  beforeAll(async () => {
    kit = await openExtractionKit();
    provider = await kit.market.consent.identity.member('provider');
    persons = await kit.contributors(provider, 14);
  });
  afterAll(() => kit.test.close());

  const bornIn = (n: number, birthDate: string): SentRecord => ({
    patientId: `patient-${n}`,
    lines: samplePerson(n).map((line) =>
      (line as { resourceType: string }).resourceType === 'Patient' ? { ...line, birthDate } : line,
    ),
  });
  const released = async ({ orderId }: FundedSale): Promise<ReadonlySet<string>> =>
    new Set(
      (
        await kit.test.ownerQuery<{ person: string }>(
          `select m.person_id as person from extraction.member m join extraction.attempt a on a.id = m.attempt_id
            where a.order_id = $1 and m.state = 'released'`,
          [orderId],
        )
      ).map(({ person }) => person),
    );

  it('takes somebody whose birth is a year alone, as it counted and asked them', async () => {
    const born = await kit.contributor(provider, bornIn(9001, '1981'));
    const sale = await kit.sale([...persons, born]);
    expect(await kit.run(sale.orderId)).toBe(1);
    expect(await kit.orderState(sale.orderId)).toEqual({ state: 'released', reason: null });
    expect((await released(sale)).has(born.personId)).toBe(true);
    await kit.market.consent.setTerms(born, 'deny');
  });
});
