import { randomBytes, randomUUID } from 'node:crypto';
import { asId, encodeDidKey, type PartyId } from '@aceso/kernel';
import { Runtime } from '@aceso/platform';
import type { Actor } from '@aceso/platform/graphql';
import { startTestDatabase, type TestDatabase } from '@aceso/platform/testing';
import { AuditExport, EXPORT_PAGE_ROWS } from './audit-export';
import type { AuditService } from './audit.service';
import type { ToldEvent } from './domain';
import { createAudit } from './testing';

const OFFICER = actor('officer');
const BUYER = actor('researcher');
const PATIENT = { ...actor('patient'), personId: asId<'Person'>(randomUUID()) };
/** Half a day ahead, so that what is written now is past. */
const AHEAD_MS = 43_200_000;
const RANGE = {
  since: new Date(Date.now() - AHEAD_MS).toISOString(),
  until: new Date(Date.now() + AHEAD_MS / 2).toISOString(),
  reason: 'inspection',
};

let test: TestDatabase;
let audit: AuditService;
let exports: AuditExport;

function actor(role: Actor['role']): Actor {
  return { partyId: asId<'Party'>(randomUUID()), role, did: encodeDidKey(randomBytes(32)) };
}

beforeAll(async () => {
  test = await startTestDatabase();
  ({ audit } = createAudit(test));
  exports = new AuditExport(test.database, audit, new Runtime({ clock: () => Date.now() + AHEAD_MS }));
  for (const { partyId, did, role } of [OFFICER, BUYER, PATIENT]) {
    await test.ownerQuery('insert into identity.party (id, did, role, registered_at) values ($1, $2, $3, now())', [
      partyId,
      did,
      role,
    ]);
  }
  await test.ownerQuery('insert into identity.patient (party_id, person_id) values ($1, $2)', [
    PATIENT.partyId,
    PATIENT.personId,
  ]);
}, 120_000);
afterAll(() => test.close());

const open = (officer: Actor, change: object = {}) => exports.open(officer, { ...RANGE, ...change });
async function all(officer: Actor, change: object = {}): Promise<{ count: number; events: ToldEvent[] }> {
  const { count, events } = await open(officer, change);
  const told: ToldEvent[] = [];
  for await (const page of events) told.push(...page);
  return { count, events: told };
}
const record = (events: Parameters<AuditService['recordMany']>[1]) =>
  test.database.transaction('worker', (tx) => audit.recordMany(tx, events));
const refusal = (code: string) => expect.objectContaining({ code });

it('is complete and in order over several pages, and goes on after any event', async () => {
  const acts = Array.from({ length: 2 * EXPORT_PAGE_ROWS + 500 }, (_, n) => ({
    act: `read.n${n}`,
    actorId: BUYER.partyId,
    outcome: 'permitted' as const,
  }));
  await record(acts);
  const { count, events } = await all(OFFICER);
  expect(events).toHaveLength(count);
  const read = events.filter(({ act }) => act.startsWith('read.'));
  expect(read.map(({ act }) => act)).toEqual(acts.map(({ act }) => act));
  const times = events.map(({ occurredAt }) => occurredAt.getTime());
  expect(times).toEqual([...times].sort((a, b) => a - b));
  for (const cut of [0, EXPORT_PAGE_ROWS - 1, EXPORT_PAGE_ROWS, count - 1]) {
    const rest = await all(OFFICER, { after: events[cut]!.id });
    expect(rest.events.slice(0, count - cut - 1)).toEqual(events.slice(cut + 1));
    expect(rest.events).toHaveLength(rest.count);
  }
});

it('takes what lies in the range, its end excluded', async () => {
  const [middle] = await test.ownerQuery<{ at: Date }>(
    `select date_trunc('milliseconds', percentile_disc(0.5) within group (order by occurred_at)) as at from audit.access_event`,
  );
  const early = await all(OFFICER, { until: middle!.at.toISOString() });
  const late = await all(OFFICER, { since: middle!.at.toISOString() });
  const [{ count }] = (await test.ownerQuery(
    `select count(*)::int as count from audit.access_event where act like 'read.%'`,
  )) as [{ count: number }];
  const read = (of: { events: ToldEvent[] }) => of.events.filter(({ act }) => act.startsWith('read.')).length;
  expect([read(early) > 0, read(late) > 0, read(early) + read(late)]).toEqual([true, true, count]);
});

it('waits for an act that began before it, so that nothing of the range is missed', async () => {
  let release: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  const act = test.database.transaction('worker', async (tx) => {
    await audit.record(tx, { act: 'record.late', actorId: BUYER.partyId, outcome: 'permitted' });
    await held;
  });
  const exported = all(OFFICER);
  await record([{ act: 'record.later', actorId: BUYER.partyId, outcome: 'permitted' }]);
  release();
  await act;
  expect((await exported).events.map((event) => event.act)).toContain('record.late');
});

it('leaves an access event with range and reason, before anything is read', async () => {
  const { events } = await open(OFFICER);
  const rows = await test.ownerQuery(
    `select actor_id, purpose, detail from audit.access_event where act = 'audit.exported' order by seq desc limit 1`,
  );
  const { since, until } = RANGE;
  expect(rows).toEqual([{ actor_id: OFFICER.partyId, purpose: 'inspection', detail: { since, until } }]);
  await events.return(undefined);
});

it('says of a patient neither who it is nor which events are of the same', async () => {
  const person = PATIENT.personId;
  await record([
    { act: 'record.opened', actorId: BUYER.partyId, subjectId: person, outcome: 'permitted' },
    { act: 'record.opened', actorId: BUYER.partyId, subjectId: person, outcome: 'permitted' },
    { act: 'session.opened', actorId: PATIENT.partyId, outcome: 'permitted' },
    ...(['contact', 'party'] as const).map((objectType) => ({
      act: 'contact.read',
      actorId: OFFICER.partyId,
      objectType,
      objectId: PATIENT.partyId,
      outcome: 'permitted' as const,
    })),
  ]);
  const { events } = await all(OFFICER);
  const text = JSON.stringify(events);
  for (const id of [PATIENT.partyId, person]) expect(text).not.toContain(id);
  expect(text).toContain(BUYER.partyId);
  const opened = events.filter(({ act }) => act === 'record.opened');
  expect(opened).toHaveLength(2);
  for (const { id, subjectId, ledgerEntryId } of opened) {
    expect({ subjectId, ledgerEntryId }).toEqual({ subjectId: id, ledgerEntryId: null });
  }
});

it.each([
  ['that is no id', 'x'],
  ['of nothing', randomUUID()],
])('refuses a cursor %s', async (_, after) => {
  await expect(open(OFFICER, { after })).rejects.toEqual(refusal('AUDIT_CURSOR_INVALID'));
});

describe('in the database', () => {
  const read = (party: PartyId, event: string) =>
    test.database.transaction('api', async (tx) => {
      await tx.actAs(party);
      return tx.query('select from audit.exported_events($1, null, 10)', [event]);
    });
  const exportedBy = async ({ partyId }: Actor, detail: Record<string, string> = RANGE) => {
    const [id] = await record([{ act: 'audit.exported', actorId: partyId, outcome: 'permitted', detail }]);
    return id as string;
  };

  it('an officer reads the range of an own event only', async () => {
    const event = await exportedBy(OFFICER);
    expect((await read(OFFICER.partyId, event)).length).toBe(10);
    const second = actor('officer');
    await test.ownerQuery('insert into identity.party (id, did, role, registered_at) values ($1, $2, $3, now())', [
      second.partyId,
      second.did,
      second.role,
    ]);
    expect(await read(second.partyId, event)).toEqual([]);
    expect(await read(OFFICER.partyId, randomUUID())).toEqual([]);
  });

  it('nobody else reads any, whatever it writes down first', async () => {
    expect(await read(BUYER.partyId, await exportedBy(BUYER))).toEqual([]);
    expect(await read(PATIENT.partyId, await exportedBy(PATIENT))).toEqual([]);
  });

  it('an event of the same transaction opens nothing, as it may still roll back', async () => {
    const rows = await test.database.transaction('api', async (tx) => {
      await tx.actAs(OFFICER.partyId);
      const event = { act: 'audit.exported', actorId: OFFICER.partyId, outcome: 'permitted', detail: RANGE } as const;
      const id = await audit.record(tx, event);
      return tx.query('select from audit.exported_events($1, null, 10)', [id]);
    });
    expect(rows).toEqual([]);
  });

  it.each(['worker', 'vault', 'index'] as const)('the role %s has no export', async (role) => {
    const exported = test.database.query(role, 'select audit.exported_count(null, null)');
    await expect(exported).rejects.toThrow('permission denied');
  });
});
