import { GUARDIAN_END } from '@aceso/identity/domain';
import type { Member } from '@aceso/identity/testing';
import type { SourceRecordId } from '@aceso/kernel';
import { AccessKit } from '../testing';

let kit: AccessKit;
let clinic: Member;
let child: Member;
let parent: Member;
let record: SourceRecordId;

const born = `${new Date().getUTCFullYear() - 9}-05-01`;
const wish = { limit: 10, after: null, filter: {} };
const code = (expected: string) => expect.objectContaining({ code: expected });

beforeAll(async () => {
  kit = await AccessKit.open();
  const { identity } = kit.consent;
  [clinic, child, parent] = [
    await identity.member('provider'),
    await identity.member('patient'),
    await identity.member('patient'),
  ];
  record = await kit.bindRecord(child, clinic, 'c1', [{ resourceType: 'Patient', id: 'c1', birthDate: born }]);
  await kit.register.index.rebuild(child.actor.personId!);
});
afterAll(() => kit.close());

const appoint = (guardian: Member, scope: 'read' | 'research' | 'both') =>
  kit.consent.identity.appointGuardian(
    clinic,
    { guardian, ward: child, sourceRecord: record },
    { kind: 'parent', scope },
  );
const end = (guardian: Member, appointment: string) => {
  const { guardians } = kit.consent.identity;
  const text = guardian.client.sign(GUARDIAN_END, { appointment });
  return kit.consent.api((tx) => guardians.end(tx, guardian.actor, text));
};
const timeline = async (guardian: Member) => {
  const { rows } = await kit.own.timeline(guardian.actor, { ...wish, ward: child.actor.partyId });
  return rows.map(({ resource }) => resource.id);
};
const exported = async (guardian: Member, format: 'fhir' | 'csv') => {
  let text = '';
  for await (const chunk of await kit.own.export(guardian.actor, format, { ward: child.actor.partyId })) text += chunk;
  return text;
};
const becomes = (change: string) =>
  kit.consent.identity.test.ownerQuery(
    `update facts.person set ${change}
      where index_no = (select index_no from register.person_index where person_id = $1)`,
    [child.actor.personId],
  );
const seenBy = ({ actor }: Member) =>
  kit.consent.identity.test.ownerQuery<{ act: string; outcome: string; reason: string | null; basis: string }>(
    `select act, outcome, reason, basis from audit.access_event
      where subject_id = $1 and actor_id = $2 and act not like 'guardian.%' order by seq`,
    [child.actor.personId, actor.partyId],
  );

it('shows a guardian with the scope to read what its ward would see, and the ward who looked', async () => {
  const appointment = await appoint(parent, 'read');
  expect(await timeline(parent)).toEqual(['c1']);
  expect(JSON.parse(await exported(parent, 'fhir'))).toMatchObject({ entry: [{ resource: { id: 'c1' } }] });
  expect(await exported(parent, 'csv')).toContain('c1');
  const { rows } = await kit.own.timeline(parent.actor, wish);
  expect(rows).toEqual([]); // its own record is another one
  const by = { outcome: 'permitted', reason: null, basis: 'guardian' };
  expect(await seenBy(parent)).toEqual([
    { act: 'record.opened', ...by },
    { act: 'record.exported', ...by },
    { act: 'record.exported', ...by },
  ]);
  await end(parent, appointment);
  await expect(timeline(parent)).rejects.toEqual(code('AUTHORITY_ENDED'));
  expect((await seenBy(parent)).at(-1)).toEqual({
    act: 'ward.read',
    outcome: 'refused',
    reason: 'AUTHORITY_ENDED',
    basis: 'guardian',
  });
});

it('shows nothing to one who may decide and not read, to nobody’s guardian, and of a stranger', async () => {
  const { identity } = kit.consent;
  const decides = await identity.member('patient');
  await appoint(decides, 'research');
  await expect(timeline(decides)).rejects.toEqual(code('AUTHORITY_SCOPE'));
  await expect(exported(decides, 'csv')).rejects.toEqual(code('AUTHORITY_SCOPE'));
  const stranger = await identity.member('patient');
  await expect(timeline(stranger)).rejects.toEqual(code('AUTHORITY_INVALID'));
  expect(await seenBy(stranger)).toEqual([]);
});

it('ends on the first day of the month in which the ward may come of age, and with its death', async () => {
  const guardian = await kit.consent.identity.member('patient');
  await appoint(guardian, 'both');
  const month = (months: number) =>
    `to_char(current_date - interval '18 years' + interval '${months} months', 'YYYY-MM')`;
  await becomes(`birth_month = ${month(1)}`);
  expect(await timeline(guardian)).toEqual(['c1']);
  for (const birth of [month(0), month(-1), `to_char(current_date - interval '18 years', 'YYYY')`, 'null']) {
    await becomes(`birth_month = ${birth}`);
    await expect(timeline(guardian)).rejects.toEqual(code('AUTHORITY_MAJORITY'));
  }
  await becomes(`birth_month = '${born.slice(0, 7)}', deceased = true`);
  await expect(exported(guardian, 'fhir')).rejects.toEqual(code('AUTHORITY_WARD_DECEASED'));
  await becomes('deceased = false');
});

it('stops with the guardian: one whose party is frozen reads no ward', async () => {
  const { identity } = kit.consent;
  const guardian = await identity.member('patient');
  await appoint(guardian, 'read');
  await identity.freeze(guardian, await identity.member('officer'));
  await expect(timeline(guardian)).rejects.toEqual(code('PARTY_NOT_ACTIVE'));
});

it('is what the database asks for too', async () => {
  const stranger = await kit.consent.identity.member('patient');
  const opening = kit.consent.api(async (tx) => {
    await tx.actAs(stranger.actor.partyId);
    const items = [{ sourceRecordId: record, personId: child.actor.personId!, upToSequence: 1 }];
    await kit.register.reader.prepare(tx, items, {
      purpose: 'own',
      basis: 'guardian',
      actorId: stranger.actor.partyId,
    });
  });
  await expect(opening).rejects.toMatchObject({ constraint: 'record_opening_bound' });
});
