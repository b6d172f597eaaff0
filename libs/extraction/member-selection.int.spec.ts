import type { Member } from '@aceso/identity/testing';
import { ndjson } from '@aceso/register/testing';
import {
  openExtractionKit,
  samplePerson,
  type Contributor,
  type ExtractionKit,
  type FundedSale,
  type SentRecord,
} from './testing';

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

  it('is read as far as the patient signed, whatever the row of the grant says', async () => {
    const sent = bornIn(9002, '1981-03-12');
    const patient = await kit.contributor(provider, sent);
    const sale = await kit.sale([...persons, patient]);
    const later = sent.lines
      .filter((line) => (line as { resourceType: string }).resourceType === 'Observation')
      .map((line) => ({ ...line, id: `${(line as { id: string }).id}-later` }));
    await kit.register.ingest(provider.actor.partyId, ndjson(...later));
    const heads = await kit.market.api((tx) => kit.register.sourceRecords.heads(tx, patient.personId));
    expect(heads[0]!.sequence).toBe(2);
    const forged = heads.map(({ sourceRecordId: sourceRecord, sequence, digest }) => ({
      sourceRecord,
      sequence,
      digest,
    }));
    await kit.test.ownerQuery('alter table consent.grant disable trigger user');
    await kit.test.ownerQuery(`update consent.grant set records_up_to = $2 where digest = decode($1, 'hex')`, [
      patient.grant,
      JSON.stringify(forged),
    ]);
    await kit.test.ownerQuery('alter table consent.grant enable trigger user');
    await kit.run(sale.orderId);
    expect((await released(sale)).has(patient.personId)).toBe(true);
    const [opened] = await kit.test.ownerQuery<{ rows: string }>(
      `select rows from extraction.disclosure d join extraction.package p on p.id = d.package_id
        where p.order_id = $1 and d.file = 'data/Observation.ndjson'`,
      [sale.orderId],
    );
    expect(opened).toEqual({ rows: String(2 * (persons.length + 1)) });
  });
});
