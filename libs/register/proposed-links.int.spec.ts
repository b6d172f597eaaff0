import { openIdentityKit, type IdentityKit, type Member } from '@aceso/identity/testing';
import type { SourceRecordId } from '@aceso/kernel';

import { RegisteredSourceRecords } from './source-record-directory';
import { ndjson, RegisterKit } from './testing';

const typed = (code: string, value: string) => ({
  type: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0203', code }] },
  system: `urn:${code}`,
  value,
});
const patient = {
  resourceType: 'Patient',
  id: 'a',
  birthDate: '1980-02-29',
  identifier: [typed('SS', '987-65-4320'), typed('DL', 'S99930817')],
};

/** One patient whom two providers hold; the register has matched the two records. */
describe('a proposed link', () => {
  let identity: IdentityKit;
  let kit: RegisterKit;
  let providers: Member[];
  let records: SourceRecordId[];
  let amina: Member;
  beforeAll(async () => {
    identity = await openIdentityKit();
    kit = new RegisterKit(identity.test);
    providers = [await identity.member('provider'), await identity.member('provider')];
    records = [];
    for (const { actor } of providers) {
      await kit.ingest(actor.partyId, ndjson(patient));
      const id = await kit.sourceRecord(actor.partyId, 'a');
      identity.records.holders.set(id, actor.partyId);
      records.push(id);
    }
    expect(await identity.test.ownerQuery('select 1 from register.link')).toHaveLength(1);
  });
  afterAll(() => identity.test.close());
  beforeEach(async () => {
    await identity.test.ownerQuery('update identity.binding set ended_at = now() where ended_at is null');
    amina = await identity.member('patient');
  });

  async function bind(member: Member, at: number): Promise<void> {
    const [provider, record] = [providers[at]!, records[at]!];
    const code = `CODE-${identity.test.runtime.uuid()}`;
    const attestation = await identity.attest(provider, record, code);
    await identity.bindings.bind(member.actor, member.client.binding(record, attestation), code);
  }
  const seenBy = ({ actor }: Member) =>
    identity.test.database.transaction('api', async (tx) => {
      await tx.actAs(actor.partyId);
      const [first, second] = [...records].sort() as [SourceRecordId, SourceRecordId];
      return {
        proposed: await kit.sourceRecords.proposedLinks(tx, actor.personId!),
        rows: await tx.query('select * from register.link'),
        isConfirmable: await new RegisteredSourceRecords().isLinkProposed(tx, first, second),
      };
    });
  const nothing = { proposed: [], rows: [], isConfirmable: false };

  it('tells whoever binds one record nothing of the other', async () => {
    await bind(amina, 0);
    expect(await seenBy(amina)).toEqual(nothing);
  });

  it('tells nothing to two persons who hold one record each', async () => {
    const other = await identity.member('patient');
    await bind(amina, 0);
    await bind(other, 1);
    expect(await seenBy(amina)).toEqual(nothing);
    expect(await seenBy(other)).toEqual(nothing);
  });

  it('shows once both records are bound to one person, to that person', async () => {
    await bind(amina, 0);
    await bind(amina, 1);
    const { proposed, rows, isConfirmable } = await seenBy(amina);
    const [first, second] = [...records].sort();
    const holder = (record: unknown) => providers[records.indexOf(record as SourceRecordId)]?.actor.partyId;
    expect(proposed).toEqual([
      {
        first,
        second,
        firstProviderId: holder(first),
        secondProviderId: holder(second),
        state: 'linked',
        evidence: { strong: 2, weak: 0, birthDate: true },
      },
    ]);
    expect([rows.length, isConfirmable]).toEqual([1, true]);
    expect(await seenBy(await identity.member('patient'))).toEqual(nothing);
  });

  it('shows no more once a binding has ended', async () => {
    await bind(amina, 0);
    await bind(amina, 1);
    await identity.test.ownerQuery('update identity.binding set ended_at = now() where source_record_id = $1', [
      records[1],
    ]);
    expect(await seenBy(amina)).toEqual(nothing);
  });
});
