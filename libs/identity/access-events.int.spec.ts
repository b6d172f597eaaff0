import type { SourceRecordId } from '@aceso/kernel';
import type { Tx } from '@aceso/platform';
import { openIdentityKit, type IdentityKit, type Member } from './testing';

let kit: IdentityKit;
let amina: Member;
let record: SourceRecordId;

beforeAll(async () => {
  kit = await openIdentityKit();
  const clinic = await kit.member('provider');
  amina = await kit.member('patient');
  record = await kit.bind(amina, clinic);
});
afterAll(() => kit.test.close());

/** Acts under role api as a party. */
const as = <Result>({ actor }: Member, use: (tx: Tx) => Promise<Result>): Promise<Result> =>
  kit.test.database.transaction('api', async (tx) => {
    await tx.actAs(actor.partyId);
    return use(tx);
  });

const openedRecord = (subjectId: string) =>
  kit.test.database.transaction('worker', (tx) =>
    kit.logs.audit.record(tx, { act: 'record.opened', actorId: null, subjectId, outcome: 'permitted' }),
  );
const seen = async (tx: Tx) =>
  (await tx.query<{ id: string }>(`select id from audit.access_event where act = 'record.opened' order by seq`)).map(
    ({ id }) => id,
  );

it('events of a person and of its bound records show to its party, and to no other', async () => {
  const events = [await openedRecord(amina.actor.personId!), await openedRecord(record)];
  expect(await as(amina, seen)).toEqual(events);
  for (const role of ['patient', 'provider', 'researcher', 'officer', 'physician'] as const) {
    const other = await kit.member(role);
    expect(await as(other, seen)).toEqual([]);
    const subjects = [amina.actor.personId!, record];
    expect(await as(other, (tx) => kit.logs.audit.eventsOf(tx, subjects, { limit: 9 }))).toEqual([]);
  }
  expect(await kit.test.database.transaction('api', seen)).toEqual([]);
});

it('events of a record show no more once its binding has ended', async () => {
  const other = await kit.member('patient');
  const clinic = await kit.member('provider');
  const id = await kit.bind(other, clinic);
  await openedRecord(id);
  expect(await as(other, seen)).toHaveLength(1);
  await kit.test.ownerQuery('update identity.binding set ended_at = now() where source_record_id = $1', [id]);
  expect(await as(other, seen)).toEqual([]);
});
