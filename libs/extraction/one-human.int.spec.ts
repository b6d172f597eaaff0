import type { Member } from '@aceso/identity/testing';
import { ndjson } from '@aceso/register/testing';
import { openExtractionKit, type Contributor, type ExtractionKit } from './testing';
import { samplePerson } from './testing/sample-person';

const typed = (code: string, value: string) => ({
  type: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0203', code }] },
  system: `urn:${code}`,
  value,
});

/** Two providers hold one human, who was handed a code by each and used two keys. */
describe('a human with two keys in a sale', () => {
  let kit: ExtractionKit;
  let providers: Member[];
  let many: Contributor[];
  beforeAll(async () => {
    kit = await openExtractionKit();
    const { identity } = kit.market.consent;
    providers = [await identity.member('provider'), await identity.member('provider')];
    many = await kit.contributors(providers[0]!, 15);
  }, 120_000);
  afterAll(() => kit.test.close());

  const patient = (human: number, codes: readonly string[]) => ({
    ...samplePerson(human)[0],
    birthDate: '1980-03-11',
    identifier: codes.map((code) => typed(code, `${code}-77-${human}`)),
  });
  const twin = (at: number, human: number, ...codes: string[]) =>
    kit.contributor(providers[at]!, {
      patientId: `patient-${human}`,
      lines: [patient(human, codes), ...samplePerson(human).slice(1)],
    });
  /** The second provider learns the number that it lacked. */
  const completed = (human: number) =>
    kit.register.ingest(providers[1]!.actor.partyId, ndjson(patient(human, ['SS', 'DL'])));
  const criteria = { version: 1, all: [] } as const;
  const found = async () => kit.market.cohorts.find(criteria as never);
  const paid = async (orderId: string, { personId }: Contributor) => {
    const rows = await kit.test.ownerQuery(
      `select 1 from settlement.transfer t join settlement.posting p on p.transfer_id = t.id
         join settlement.account a on a.id = p.account_id
        where t.order_id = $1 and t.kind = 'release' and a.owner_id = $2`,
      [orderId, personId],
    );
    return rows.length;
  };

  it('is counted and asked once', async () => {
    const [first, second] = [await twin(0, 9001, 'SS', 'DL'), await twin(1, 9001, 'SS', 'DL')];
    const persons = await found();
    expect(persons).toContain(first.personId);
    expect(persons).not.toContain(second.personId);
    await expect(kit.sale([...many, second])).rejects.toThrow('the patient was asked');
  });

  it('is in the files and paid once, though both keys had been asked before it showed', async () => {
    const [first, second] = [await twin(0, 9002, 'SS', 'DL'), await twin(1, 9002, 'SS')];
    const sale = await kit.sale([...many, first, second]);
    await completed(9002);
    await kit.run(sale.orderId);
    expect(await kit.orderState(sale.orderId)).toMatchObject({ state: 'released' });
    expect([await paid(sale.orderId, first), await paid(sale.orderId, second)]).toEqual([1, 0]);
  });

  it('leaves once when it shows between the emission and the release', async () => {
    const [first, second] = [await twin(0, 9003, 'SS', 'DL'), await twin(1, 9003, 'SS')];
    const sale = await kit.sale([...many, first, second]);
    const attempt = await kit.emit(sale.orderId);
    await completed(9003);
    await kit.releases.release(sale.orderId, attempt!);
    await kit.run(sale.orderId);
    expect(await kit.orderState(sale.orderId)).toMatchObject({ state: 'released' });
    expect([await paid(sale.orderId, first), await paid(sale.orderId, second)]).toEqual([1, 0]);
  });
});
