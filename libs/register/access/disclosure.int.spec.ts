import type { Member } from '@aceso/identity/testing';
import type { SourceRecordId } from '@aceso/kernel';
import { AccessKit } from '../testing';
import { DISCLOSURE_DAYS } from './disclosure.service';

let kit: AccessKit;
let patient: Member;
let first: Member;
let second: Member;
let third: Member;
let record: SourceRecordId;

beforeAll(async () => {
  kit = await AccessKit.open();
  const { identity } = kit.consent;
  patient = await identity.member('patient');
  [first, second, third] = [
    await identity.member('officer'),
    await identity.member('officer'),
    await identity.member('officer'),
  ];
  record = await kit.bindRecord(patient, await identity.member('provider'), 'p1', [
    { resourceType: 'Patient', id: 'p1' },
    { resourceType: 'Condition', id: 'c', subject: { reference: 'Patient/p1' } },
  ]);
});
afterAll(() => kit.close());
afterEach(() => (kit.consent.identity.aheadMs = 0));

const propose = (types: readonly string[] | null = ['Condition'], reference = '7 Ob 12/26') =>
  kit.disclosures.propose(first.actor, { of: { sourceRecordId: record }, kind: 'court-order', reference, types });
const refusal = (code: string) => expect.objectContaining({ code });
async function fetched(id: string, who = first): Promise<string[]> {
  let text = '';
  for await (const chunk of await kit.disclosures.open(who.actor, id)) text += chunk;
  return (JSON.parse(text) as { entry: { resource: { id: string } }[] }).entry.map(({ resource }) => resource.id);
}

it('needs two officers, shows the patient each step, and hands over what was named', async () => {
  const { id } = await propose();
  await expect(fetched(id)).rejects.toEqual(refusal('DISCLOSURE_NOT_FOUND'));
  await expect(kit.disclosures.approve(first.actor, id)).rejects.toEqual(refusal('DISCLOSURE_NEEDS_ANOTHER'));
  await kit.disclosures.approve(second.actor, id);
  await kit.disclosures.approve(second.actor, id);
  expect(await fetched(id)).toEqual(['c']);
  expect(await fetched(id, second)).toEqual(['c']);
  await expect(fetched(id, third)).rejects.toEqual(refusal('DISCLOSURE_NOT_FOUND'));
  expect(await kit.disclosures.list(patient.actor, { limit: 10, after: null })).toEqual([
    expect.objectContaining({
      id,
      kind: 'court-order',
      proposedBy: first.actor.partyId,
      approvedBy: second.actor.partyId,
    }),
  ]);
  const events = await kit.consent.identity.test.ownerQuery(
    `select act, purpose, basis, ledger_entry_id is not null as logged from audit.access_event
      where subject_id = $1 and purpose = 'disclosure' order by seq`,
    [patient.actor.personId],
  );
  expect(events).toEqual(
    ['disclosure.proposed', 'disclosure.approved', 'record.disclosed', 'record.disclosed'].map((act) => ({
      act,
      purpose: 'disclosure',
      basis: 'court-order',
      logged: true,
    })),
  );
  kit.consent.identity.aheadMs = (DISCLOSURE_DAYS * 24 + 1) * 3_600_000;
  await expect(fetched(id)).rejects.toEqual(refusal('DISCLOSURE_NOT_FOUND'));
});

it('is refused without a reference that can be cited, and of nobody', async () => {
  await expect(propose(null, 'x')).rejects.toEqual(refusal('DISCLOSURE_REFUSED'));
  const of = { patientId: first.actor.partyId };
  const nobody = kit.disclosures.propose(first.actor, { of, kind: 'public-health', reference: 'IfSG 7', types: null });
  await expect(nobody).rejects.toEqual(refusal('DISCLOSURE_REFUSED'));
});

it('is held to two officers by the database, and to officers', async () => {
  const { id } = await propose(null);
  const { ownerQuery } = kit.consent.identity.test;
  const alone = ownerQuery(
    `insert into register.disclosure_approval (disclosure_id, approved_by, access_event_id)
     select id, proposed_by, access_event_id from register.disclosure where id = $1`,
    [id],
  );
  await expect(alone).rejects.toMatchObject({ constraint: 'disclosure_officers' });
  const physician = await kit.consent.identity.member('physician');
  await expect(kit.disclosures.approve(physician.actor, id)).rejects.toEqual(refusal('DISCLOSURE_NOT_FOUND'));
});
